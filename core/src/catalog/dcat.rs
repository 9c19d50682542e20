//! A catalog as DCAT-AP 3 in JSON-LD, for portals that harvest one.
//!
//! Data that is not opened is there as metadata alone: without a distribution, `NON_PUBLIC`. The instrument is named by
//! its number and title; an IRI of it, and of the datasets, there is only where the host gives one. This file must never
//! name a place at which data can be had.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Body, Catalog, DataFormat, Entry, Office, UpdateFrequency};
use crate::policy::Policy;
use crate::terms::{Openness, Text, Word};

const ACCESS_RIGHT: &str = "http://publications.europa.eu/resource/authority/access-right/";
const FREQUENCY: &str = "http://publications.europa.eu/resource/authority/frequency/";
const MEDIA_TYPE: &str = "https://www.iana.org/assignments/media-types/";

/// What a host says of the published catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Publication {
    /// Before an id, it makes the IRI of a dataset's page: `https://data.xa.example/dataset/`. None: IRIs are relative
    /// to the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The instrument that the opening rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legislation: Option<Legislation>,
}

/// An instrument, as a catalog cites it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Legislation {
    /// Its number: 西规〔2022〕013.
    pub number: String,
    /// Its title.
    pub title: Text,
    /// Its IRI, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iri: Option<String>,
}

impl Legislation {
    /// The instrument of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        Legislation { number: policy.document_number().to_owned(), title: policy.title().clone(), iri: None }
    }
}

/// The catalog as DCAT-AP 3, JSON-LD.
///
/// ```
/// use kaifang::catalog::{Catalog, Publication, to_dcat};
/// let catalog = Catalog::from_json(r#"{"v": 1, "id": "xa", "level": "municipal", "entries": [
///     {"v": 1, "id": "parks", "name": "公园名录", "openness": "conditional", "access_ways": ["api"]}]}"#)?;
/// let document = to_dcat(&catalog, &Publication::default());
/// let rights = "http://publications.europa.eu/resource/authority/access-right/RESTRICTED";
/// assert_eq!(document["dcat:dataset"][0]["dct:accessRights"]["@id"], rights);
/// # Ok::<(), kaifang::catalog::CatalogError>(())
/// ```
#[must_use]
pub fn to_dcat(catalog: &Catalog, publication: &Publication) -> Value {
    let name = catalog.name.as_deref().unwrap_or(&catalog.id);
    let datasets: Vec<Value> = catalog.entries.iter().map(|entry| dataset(entry, publication)).collect();
    node(
        "dcat:Catalog",
        [
            ("@context", Some(context())),
            ("@id", Some(iri(&catalog.id, publication))),
            ("dct:identifier", Some(json!(catalog.id))),
            ("dct:title", Some(chinese(name))),
            ("dct:description", Some(chinese(name))),
            ("dct:publisher", catalog.authority.as_ref().map(agent)),
            ("dct:modified", catalog.compiled.map(|date| day(&date))),
            ("dcatap:applicableLegislation", publication.legislation.as_ref().map(legislation)),
            ("dcat:dataset", Some(Value::Array(datasets))),
        ],
    )
}

fn context() -> Value {
    json!({
        "adms": "http://www.w3.org/ns/adms#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcatap": "http://data.europa.eu/r5r/",
        "dct": "http://purl.org/dc/terms/",
        "eli": "http://data.europa.eu/eli/ontology#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#"
    })
}

fn dataset(entry: &Entry, publication: &Publication) -> Value {
    let name = entry.name.as_deref().unwrap_or(&entry.id);
    let metadata = entry.metadata.clone().unwrap_or_default();
    let keywords: Vec<Value> = metadata.keywords.iter().map(|word| chinese(word)).collect();
    let themes: Vec<Value> =
        [metadata.subject, metadata.domain].into_iter().flatten().map(|theme| concept(&theme)).collect();
    let code = metadata.code.map(|code| json!({ "@type": "adms:Identifier", "skos:notation": code }));
    let period = metadata.period.map(|period| {
        let until = period.until.map(|date| day(&date));
        node("dct:PeriodOfTime", [("dcat:startDate", Some(day(&period.from))), ("dcat:endDate", until)])
    });
    // Each way by which it is opened is a distribution; the entry's page tells where.
    let ways = entry.access_ways.iter().filter(|_| entry.is_opened());
    let distributions: Vec<Value> = ways.map(|way| distribution(entry, &way.text(), publication)).collect();
    node(
        "dcat:Dataset",
        [
            ("@id", Some(iri(&entry.id, publication))),
            ("dct:identifier", Some(json!(entry.id))),
            ("dct:title", Some(chinese(name))),
            ("dct:description", Some(chinese(entry.summary.as_deref().unwrap_or(name)))),
            ("adms:identifier", code),
            ("dct:publisher", entry.body.as_ref().map(agent)),
            ("dcat:contactPoint", entry.responsible.contact.as_ref().map(contact)),
            ("dcat:keyword", several(keywords)),
            ("dcat:theme", several(themes)),
            ("dct:temporal", period),
            ("dct:issued", metadata.first_published.map(|date| day(&date))),
            ("dct:modified", entry.updated.map(|date| day(&date))),
            ("dct:accrualPeriodicity", entry.update_frequency.map(|every| id(FREQUENCY, frequency(every)))),
            ("dct:accessRights", Some(id(ACCESS_RIGHT, access_right(entry.openness)))),
            ("dcatap:applicableLegislation", publication.legislation.as_ref().map(legislation)),
            ("dcat:distribution", several(distributions)),
        ],
    )
}

fn distribution(entry: &Entry, way: &Text, publication: &Publication) -> Value {
    let both = json!([{ "@language": "zh", "@value": way.zh }, { "@language": "en", "@value": way.en }]);
    let legislation = publication.legislation.as_ref().map(legislation);
    node(
        "dcat:Distribution",
        [
            ("dct:title", Some(both)),
            ("dcat:accessURL", Some(json!({ "@id": iri(&entry.id, publication) }))),
            ("dct:format", entry.format.map(|format| label("dct:MediaTypeOrExtent", format.en()))),
            ("dcat:mediaType", entry.format.and_then(DataFormat::media_type).map(|media| id(MEDIA_TYPE, media))),
            ("dcatap:applicableLegislation", legislation),
        ],
    )
}

/// A node of a type, with the properties that there are.
fn node<const N: usize>(of: &str, properties: [(&str, Option<Value>); N]) -> Value {
    let filled = properties.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let mut node: Map<String, Value> = filled.collect();
    node.insert("@type".to_owned(), json!(of));
    Value::Object(node)
}

fn several(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then_some(Value::Array(values))
}

fn iri(of: &str, publication: &Publication) -> Value {
    json!(publication.base.as_ref().map_or_else(|| format!("#{of}"), |base| format!("{base}{of}")))
}

fn id(vocabulary: &str, term: &str) -> Value {
    json!({ "@id": format!("{vocabulary}{term}") })
}

fn chinese(text: &str) -> Value {
    json!({ "@language": "zh", "@value": text })
}

fn day(date: &jiff::civil::Date) -> Value {
    json!({ "@type": "xsd:date", "@value": date.to_string() })
}

fn concept(name: &str) -> Value {
    json!({ "@type": "skos:Concept", "skos:prefLabel": chinese(name) })
}

fn label(of: &str, text: &str) -> Value {
    json!({ "@type": of, "rdfs:label": text })
}

fn agent(body: &Body) -> Value {
    json!({ "@type": "foaf:Agent", "foaf:name": chinese(&body.name), "dct:identifier": body.id })
}

fn contact(office: &Office) -> Value {
    let mailbox = office.contact.contains('@');
    let (property, scheme) = if mailbox { ("vcard:hasEmail", "mailto:") } else { ("vcard:hasTelephone", "tel:") };
    // An IRI holds no spaces, and what is neither a mailbox nor a number is no IRI at all.
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '+' | '-' | '_');
    let reached = (!office.contact.is_empty() && office.contact.chars().all(sound))
        .then(|| json!({ "@id": format!("{scheme}{}", office.contact) }));
    let text = reached.is_none().then(|| json!(office.contact));
    node("vcard:Organization", [("vcard:fn", Some(chinese(&office.role))), (property, reached), ("vcard:note", text)])
}

fn legislation(instrument: &Legislation) -> Value {
    let Legislation { number, title, iri } = instrument;
    let title = json!([
        { "@language": "zh", "@value": format!("{} {number}", title.zh) },
        { "@language": "en", "@value": format!("{} {number}", title.en) },
    ]);
    node("eli:LegalResource", [("@id", iri.as_ref().map(|iri| json!(iri))), ("dct:title", Some(title))])
}

fn access_right(openness: Option<Openness>) -> &'static str {
    match openness {
        Some(Openness::Unconditional) => "PUBLIC",
        Some(Openness::Conditional) => "RESTRICTED",
        Some(Openness::Withheld) | None => "NON_PUBLIC",
    }
}

fn frequency(frequency: UpdateFrequency) -> &'static str {
    match frequency {
        UpdateFrequency::Realtime => "UPDATE_CONT",
        UpdateFrequency::Daily => "DAILY",
        UpdateFrequency::Weekly => "WEEKLY",
        UpdateFrequency::Monthly => "MONTHLY",
        UpdateFrequency::Quarterly => "QUARTERLY",
        UpdateFrequency::HalfYearly => "ANNUAL_2",
        UpdateFrequency::Yearly => "ANNUAL",
        UpdateFrequency::Irregular => "IRREG",
        UpdateFrequency::Never => "NEVER",
    }
}

impl DataFormat {
    /// The media type that is registered for it; none where a format has several, or none.
    #[must_use]
    pub fn media_type(self) -> Option<&'static str> {
        match self {
            DataFormat::Csv => Some("text/csv"),
            DataFormat::Json => Some("application/json"),
            DataFormat::Xml => Some("application/xml"),
            DataFormat::Xlsx => Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            DataFormat::Xls => Some("application/vnd.ms-excel"),
            DataFormat::Parquet => Some("application/vnd.apache.parquet"),
            DataFormat::Arrow => Some("application/vnd.apache.arrow.file"),
            DataFormat::Geojson => Some("application/geo+json"),
            DataFormat::Shapefile => Some("application/vnd.shp"),
            DataFormat::Text => Some("text/plain"),
            DataFormat::Pdf => Some("application/pdf"),
            DataFormat::Rdf | DataFormat::Document | DataFormat::Image => None,
        }
    }
}
