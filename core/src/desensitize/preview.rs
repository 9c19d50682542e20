//! What a plan will do, shown on invented values: never on a value of the table.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};

use super::applied::{self, Reversible};
use super::column::ColumnPlan;
use super::plan::{OnInvalid, Plan};
use super::shuffle::LEAST;
use super::token;
use super::values::shown;
use super::vocabulary::{Invalid, Level, Transform};
use crate::crypto::Keyring;
use crate::kinds::Kind;
use crate::table::Source;
use crate::terms::V1;

/// The effect of a plan on invented values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The version of this document.
    pub v: V1,
    /// The dataset that the plan names.
    pub dataset: String,
    /// The columns, by name.
    pub columns: Vec<PreviewColumn>,
}

/// The effect on one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewColumn {
    /// Its name.
    pub name: String,
    /// The transform.
    #[serde(rename = "do")]
    pub transform: Transform,
    /// Whether the values can be had back.
    pub reversible: Reversible,
    /// Invented values, the last of them one that the transform can't treat where there is such a one; none where the
    /// column is dropped.
    pub values: Vec<PreviewValue>,
}

/// An invented value, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewValue {
    /// Before.
    pub before: String,
    /// After; null for null.
    pub after: Option<String>,
}

impl Plan {
    /// Shows what the plan does to invented values of each column's kind. Keys are invented too: a token or a cipher text
    /// looks like those of the treatment, and is none of them.
    ///
    /// # Errors
    /// As [`Plan::apply`] where a value could not be treated at all.
    ///
    /// ```
    /// use kaifang::desensitize::Plan;
    /// let plan = Plan::parse_toml("v = 1\ndataset = \"d\"\n[columns]\nxm = { do = \"mask\", kind = \"person_name\" }")?;
    /// let preview = plan.preview()?;
    /// assert_eq!(preview.columns[0].values[0].before, "欧阳一");
    /// assert_eq!(preview.columns[0].values[0].after.as_deref(), Some("欧阳*"));
    /// # Ok::<(), kaifang::Error>(())
    /// ```
    pub fn preview(&self) -> Result<Preview, crate::Error> {
        let mut keys = Keyring::new();
        for id in self.keys() {
            keys.insert(id, &[0x5a; 32])?;
        }
        let samples: Vec<Vec<Cow<'_, str>>> = self.columns().values().map(invented).collect();
        // As many as a shuffle asks for.
        let rows = samples.iter().map(Vec::len).max().unwrap_or_default().max(LEAST);
        let text = |values: &Vec<Cow<'_, str>>| -> ArrayRef {
            Arc::new((0..rows).map(|row| values.get(row).or(values.last())).collect::<StringArray>())
        };
        let fields = self.columns().keys().map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>();
        let schema = Arc::new(Schema::new(fields));
        let arrays = samples.iter().map(text).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|_| super::PlanError::SchemaChanged)?;
        // Every sample is shown, what can't be treated included.
        let mut plan = self.clone();
        (plan.on_invalid, plan.rows) = (OnInvalid { default: Invalid::Redact }, Vec::new());
        let mut treated = plan.apply(Source::from_batches(schema, vec![batch])?, &keys)?;
        let mut columns: Vec<PreviewColumn> = Vec::new();
        let batch = treated.next_batch()?;
        for ((name, entry), samples) in self.columns().iter().zip(&samples) {
            let after = batch.as_ref().and_then(|batch| batch.column_by_name(name)).map(shown);
            let value = |(before, after): (&Cow<'_, str>, _)| PreviewValue { before: before.to_string(), after };
            columns.push(PreviewColumn {
                name: name.clone(),
                transform: entry.transform,
                reversible: applied::reversible(entry),
                values: after.map(|after| samples.iter().zip(after).map(value).collect()).unwrap_or_default(),
            });
        }
        Ok(Preview { v: V1, dataset: self.dataset().to_owned(), columns })
    }
}

/// What stands in a column before: values, or the tokens of an old key.
fn invented(entry: &ColumnPlan) -> Vec<Cow<'static, str>> {
    match &entry.from {
        Some(key) => token::samples(key, entry.form).map(Cow::Owned).into(),
        None => samples(entry).into_iter().map(Cow::Borrowed).collect(),
    }
}

/// Invented values of the kind that a column holds; where the plan declares none, of what its transform is for. None of
/// them is anybody's: the resident id is the example of its standard, its spelling with a wrong check digit no id at all.
fn samples(entry: &ColumnPlan) -> Vec<&'static str> {
    // The words of a hierarchy are those of the table.
    if entry.hierarchy.is_some() {
        return vec!["示例 example"];
    }
    let kind = entry.kind.or(match (entry.transform, entry.to) {
        (_, Some(Level::Province | Level::City | Level::District)) => Some(Kind::Address),
        (_, Some(_)) | (Transform::DateShift, _) => Some(Kind::Date),
        _ => None,
    });
    match kind {
        Some(Kind::ResidentId) => vec!["11010519491231002X", "110105194912310021"],
        Some(Kind::Uscc) => vec!["91350100M000100Y43", "91350100M000100Y44"],
        Some(Kind::Mobile) => vec!["13900001111", "1390000111"],
        Some(Kind::Landline) => vec!["029-88450000", "884"],
        Some(Kind::BankCard) => vec!["6222020000000000006", "4111111111111112"],
        Some(Kind::Plate) => vec!["陕A12345", "陕A12"],
        Some(Kind::PersonName) => vec!["欧阳一", "王小二", "x"],
        Some(Kind::Address) => vec!["陕西省西安市雁塔区某某路1号", "某处"],
        Some(Kind::Email) => vec!["li1@example.org", "a@example.org", "example.org"],
        Some(Kind::Ip) => vec!["192.0.2.10", "2001:db8::1", "192.0.2"],
        Some(Kind::BirthDate | Kind::Date) => vec!["1990-03-07", "1990-02-30"],
        Some(Kind::Region) => vec!["610113", "陕西省西安市雁塔区", "某处"],
        Some(Kind::Passport) => vec!["E00000000", "E0"],
        Some(Kind::HkMacaoPermit) => vec!["H00000000", "H0"],
        Some(Kind::OfficerId) => vec!["军字第00000000号", "军"],
        Some(Kind::Mac) => vec!["00:00:5e:00:53:01", "00:00"],
        Some(Kind::Coordinate) => vec!["108.940212,34.261013", "108.9"],
        Some(Kind::PostalCode) => vec!["710000", "7100"],
        Some(Kind::Sex) => vec!["女", "x"],
        Some(Kind::Ethnicity) => vec!["汉族", "x"],
        _ if matches!(entry.transform, Transform::Keep | Transform::Drop | Transform::Redact | Transform::Null) => {
            vec!["示例 example"]
        }
        _ if entry.transform == Transform::Text => vec!["联系人:王小二,电话13900001111", "示例 example"],
        _ if entry.transform == Transform::Mask => vec!["ABCDEFGH12345678", "A"],
        _ => vec!["37", "1250", "x"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_shown_on_invented_values_with_one_that_cannot_be_treated() {
        let plan = Plan::parse_toml(
            r#"
            v = 1
            dataset = "d"
            [columns]
            a = { do = "mask", kind = "mobile" }
            b = { do = "token", kind = "resident_id", key = "k1", form = "bytes16" }
            c = { do = "generalize", to = "district" }
            d = { do = "drop" }
            e = { do = "generalize", width = 10 }
            f = { do = "keep" }
            g = { do = "generalize", hierarchy = { "哮喘" = ["疾病"] }, level = 1 }
            h = { do = "date_shift", subject = "a", days = 1, key = "k1" }
            i = { do = "round", width = 100 }
            j = { do = "encrypt", key = "k1" }
            k = { do = "text" }
            l = { do = "token", kind = "mobile", from = "k1", key = "k2" }
            m = { do = "token", kind = "mobile", from = "k1", key = "k2", form = "bytes16" }
            "#,
        )
        .unwrap();
        let preview = plan.preview().unwrap();
        let after = |name: &str| -> Vec<Option<String>> {
            let column = preview.columns.iter().find(|column| column.name == name).unwrap();
            column.values.iter().map(|value| value.after.clone()).collect()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(after("a"), [text("139****1111"), text("[redacted]")]);
        assert_eq!(after("b")[0].as_ref().map(String::len), Some(32));
        assert_eq!(after("b")[1], None);
        assert!(after("l")[0].as_ref().is_some_and(|token| token.starts_with("k2.")));
        assert_eq!((after("m")[0].as_ref().map(String::len), &after("m")[1]), (Some(32), &None));
        assert_eq!(after("c"), [text("陕西省西安市雁塔区"), text("[redacted]")]);
        assert_eq!(after("d"), []);
        assert_eq!(after("e"), [text("[30,40)"), text("[1250,1260)"), text("[redacted]")]);
        assert_eq!(after("f"), [text("示例 example")]);
        assert_eq!(after("k"), [text("联系人:王**,电话139****1111"), text("示例 example")]);
        assert_eq!(after("g"), [text("[redacted]")], "its words are those of the table");
        assert!([text("1990-03-06"), text("1990-03-08")].contains(&after("h")[0]));
        assert_eq!(after("i"), [text("0"), text("1200"), text("[redacted]")]);
        assert!(after("j").iter().flatten().all(|sealed| sealed.starts_with("k1.")));
    }

    #[test]
    fn what_a_plan_asks_of_tables_does_not_stop_its_preview() {
        let plan = Plan::parse_toml(
            r#"
            v = 1
            dataset = "d"
            rows = [{ do = "suppress", column = "e", below = 100 }]
            [columns]
            a = { do = "mask", kind = "mobile" }
            e = { do = "generalize", width = 10 }
            h = { do = "generalize", hierarchy = { "张三" = ["x"] }, level = 1 }
            [on_invalid]
            default = "error"
            "#,
        )
        .unwrap();
        let preview = plan.preview().unwrap();
        let bins: Vec<_> =
            preview.columns[1].values.iter().map(|value| (value.before.as_str(), value.after.as_deref())).collect();
        assert_eq!(bins[..2], [("37", Some("[30,40)")), ("1250", Some("[1250,1260)"))]);
        assert!(!serde_json::to_string(&preview).unwrap().contains("张三"), "a word of the table");
    }

    #[test]
    fn no_invented_key_is_needed_and_none_is_used_outside() {
        let column = "a = { do = \"token\", kind = \"mobile\", key = \"k1\" }";
        let plan = Plan::parse_toml(&format!("v = 1\ndataset = \"d\"\n[columns]\n{column}")).unwrap();
        let shown = plan.preview().unwrap().columns[0].values[0].after.clone().unwrap();
        assert!(shown.starts_with("k1."));
    }
}
