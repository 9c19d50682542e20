//! A catalog as a Frictionless data package, version 2 (datapackage.org).
//!
//! A package describes files that anybody downloads, so it lists what is opened unconditionally by download (A22.1(1))
//! and nothing else. This file must never describe a file that may not be downloaded.

use serde_json::{Map, Value, json};

use super::{Catalog, CatalogError, DataFormat, DataType, Entry};
use crate::terms::{AccessWay, Openness, Word};

const PACKAGE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";
const RESOURCE: &str = "https://datapackage.org/profiles/2.0/dataresource.json";

/// The catalog as a data package. Each dataset is a file beside it, named by its id: `xa-parks.csv`.
///
/// ```
/// use kaifang::catalog::{Catalog, to_frictionless};
/// let catalog = Catalog::from_json(r#"{"v": 1, "id": "xa", "level": "municipal", "entries": [
///     {"v": 1, "id": "parks", "openness": "unconditional", "access_ways": ["download"], "format": "csv"},
///     {"v": 1, "id": "homes", "openness": "conditional", "access_ways": ["api"], "format": "csv"}]}"#)?;
/// let package = to_frictionless(&catalog)?;
/// assert_eq!(package["resources"][0]["path"], "parks.csv");
/// assert_eq!(package["resources"].as_array().map(Vec::len), Some(1), "conditional data is never downloaded");
/// # Ok::<(), kaifang::catalog::CatalogError>(())
/// ```
///
/// # Errors
/// [`CatalogError::NothingToDownload`]: a package has at least one resource.
pub fn to_frictionless(catalog: &Catalog) -> Result<Value, CatalogError> {
    let resources: Vec<Value> = catalog.entries.iter().filter_map(Entry::to_resource).collect();
    if resources.is_empty() {
        return Err(CatalogError::NothingToDownload);
    }
    let mut package = Map::new();
    package.insert("$schema".to_owned(), json!(PACKAGE));
    package.insert("name".to_owned(), json!(catalog.id));
    if let Some(name) = &catalog.name {
        package.insert("title".to_owned(), json!(name));
    }
    if let Some(authority) = &catalog.authority {
        package.insert("contributors".to_owned(), json!([{ "title": authority.name, "roles": ["publisher"] }]));
    }
    package.insert("resources".to_owned(), Value::Array(resources));
    Ok(Value::Object(package))
}

impl Entry {
    /// The entry as a Frictionless data resource; none for data that is not opened unconditionally by download.
    #[must_use]
    pub fn to_resource(&self) -> Option<Value> {
        let open = self.openness == Some(Openness::Unconditional) && self.access_ways.contains(&AccessWay::Download);
        let format = self.format.filter(|_| open)?;
        let mut resource = Map::new();
        let mut put = |name: &str, value: Option<Value>| value.map(|value| resource.insert(name.to_owned(), value));
        let extension = extension(format);
        put("$schema", Some(json!(RESOURCE)));
        put("name", Some(json!(self.id)));
        put("path", Some(json!(format!("{}.{extension}", self.id))));
        put("title", self.name.as_ref().map(|name| json!(name)));
        put("description", self.summary.as_ref().map(|summary| json!(summary)));
        put("format", Some(json!(extension)));
        put("mediatype", format.media_type().map(|media| json!(media)));
        put("sources", self.body.as_ref().map(|body| json!([{ "title": body.name }])));
        if self.data_type == Some(DataType::Structured) && is_table(format) {
            put("type", Some(json!("table")));
            let fields: Vec<Value> = self.items.iter().map(field).collect();
            put("schema", (!fields.is_empty()).then(|| json!({ "fields": fields })));
        }
        Some(Value::Object(resource))
    }
}

fn field(item: &super::DataItem) -> Value {
    let mut field = Map::new();
    field.insert("name".to_owned(), json!(item.name));
    if let Some(title) = &item.title {
        field.insert("title".to_owned(), json!(title));
    }
    field.insert("type".to_owned(), json!(item.data_type.as_deref().map_or("any", type_of)));
    Value::Object(field)
}

/// The type of a column that a body calls so; `any` where that is not plain.
fn type_of(called: &str) -> &'static str {
    match called.trim().to_lowercase().as_str() {
        "文本" | "字符" | "字符型" | "字符串" | "字符串型" | "string" | "varchar" | "char" | "text" => {
            "string"
        }
        "整数" | "整型" | "integer" | "int" | "bigint" => "integer",
        "数值" | "数值型" | "小数" | "浮点" | "浮点型" | "number" | "decimal" | "float" | "double" => {
            "number"
        }
        "布尔" | "布尔型" | "boolean" | "bool" => "boolean",
        "日期" | "日期型" | "date" => "date",
        "时间" | "time" => "time",
        "日期时间" | "datetime" => "datetime",
        _ => "any",
    }
}

fn is_table(format: DataFormat) -> bool {
    matches!(format, DataFormat::Csv | DataFormat::Xlsx | DataFormat::Xls | DataFormat::Parquet | DataFormat::Arrow)
}

fn extension(format: DataFormat) -> &'static str {
    match format {
        DataFormat::Shapefile => "zip",
        DataFormat::Text => "txt",
        DataFormat::Document => "docx",
        DataFormat::Image => "png",
        other => other.id(),
    }
}
