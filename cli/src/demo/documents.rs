//! The documents of the demo: entries, plan, application, requests.

use kaifang::catalog::Entry;
use kaifang::desensitize::Plan;
use kaifang::process::Application;
use serde_json::json;

use crate::output::Failure;

/// The body that opens both datasets.
pub(crate) const BODY: &str = "xa-health";
/// The municipal authority.
pub(crate) const AUTHORITY: &str = "xa-data";
/// Who assesses: an office, never a person.
pub(crate) const ASSESSOR: &str = "xa-health:data-office";
/// The applicant: an invented unified social credit code with a right check digit.
pub(crate) const USER: &str = "91610131MA6U0000XT";
/// Somebody who never applied.
pub(crate) const STRANGER: &str = "91610131MA6U0001XR";

/// How the residents are treated, as a person writes it.
pub(crate) const PLAN: &str = r#"v = 1
dataset = "xa-resident"

[columns]
xm   = { do = "mask", kind = "person_name" }
sfzh = { do = "token", kind = "resident_id", key = "k1" }
lxdh = { do = "mask", keep_prefix = 3, keep_suffix = 4 }
csrq = { do = "generalize", to = "decade" }
xb   = { do = "keep" }
hjdz = { do = "drop" }
xzqh = { do = "keep" }
jbzd = { do = "keep" }
"#;

/// The plan.
pub(crate) fn plan() -> Result<Plan, Failure> {
    Ok(Plan::parse_toml(PLAN)?)
}

/// A document of core's, written here as JSON.
fn read<T: serde::de::DeserializeOwned>(name: &'static str, value: &serde_json::Value) -> Result<T, Failure> {
    Ok(kaifang::canon::read(name, value.to_string().as_bytes())?)
}

/// The entry of the residents, without its update frequency at first: the check must find that.
pub(crate) fn residents_entry(complete: bool) -> Result<Entry, Failure> {
    let mut entry = json!({
        "v": 1, "id": "xa-resident", "name": "西安市居民健康登记(虚构)", "body": {"id": BODY, "name": "西安市卫生健康委员会(虚构)"},
        "format": "parquet", "data_type": "structured", "access_ways": ["api"], "level": "municipal", "grade": "general",
        "channel": "platform",
        "responsible": {
            "first": {"role": "主要负责人", "contact": "办公室"},
            "leader": {"role": "分管领导", "contact": "办公室"},
            "contact": {"role": "工作负责人", "contact": "数据科"}
        },
        "summary": "演示数据,全部为虚构"
    });
    if complete && let Some(fields) = entry.as_object_mut() {
        fields.insert("update_frequency".to_owned(), json!("yearly"));
    }
    read("Entry", &entry)
}

/// The entry of the census totals.
pub(crate) fn census_entry() -> Result<Entry, Failure> {
    read(
        "Entry",
        &json!({
            "v": 1, "id": "census-totals", "name": "历次全国人口普查总人口", "body": {"id": BODY, "name": "西安市卫生健康委员会(虚构)"},
            "format": "csv", "data_type": "structured", "access_ways": ["download", "api"], "update_frequency": "irregular",
            "level": "municipal", "grade": "general", "channel": "platform",
            "responsible": {
                "first": {"role": "主要负责人", "contact": "办公室"},
                "leader": {"role": "分管领导", "contact": "办公室"},
                "contact": {"role": "工作负责人", "contact": "数据科"}
            }
        }),
    )
}

/// The application for the residents' data, by interface, for a year from `from`.
pub(crate) fn application(from: jiff::civil::Date) -> Result<Application, Failure> {
    let until = from.saturating_add(jiff::Span::new().days(364));
    read(
        "Application",
        &json!({
            "v": 1, "id": "app-1", "user": USER, "dataset": "xa-resident", "ways": ["api"], "purpose": "区域疾病分布研究",
            "safeguards": ["专人专机,访问留痕", "研究结束后删除"], "from": from, "until": until, "rows": 100_000
        }),
    )
}
