use super::super::vocabulary::Transform;
use super::*;
use crate::error::Explain;
use crate::terms::Word;

fn toml(columns: &str) -> Result<Plan, PlanError> {
    Plan::parse_toml(&format!("v = 1\ndataset = \"d\"\n[columns]\n{columns}"))
}

fn code_of(columns: &str) -> Option<&'static str> {
    toml(columns).err().map(|error| error.code())
}

fn code(columns: &str) -> &'static str {
    toml(columns).unwrap_err().code()
}

#[test]
fn each_problem_of_a_column_has_its_code() {
    for (column, expected) in [
        ("a = { do = \"encrypt\" }", "KF-PLAN-07"),
        ("a = { do = \"hash\" }", "KF-PLAN-06"),
        ("a = {}", "KF-PLAN-06"),
        ("a = 1", "KF-PLAN-03"),
        ("a = { do = \"keep\", kepp = 1 }", "KF-PLAN-04"),
        ("a = { do = \"keep\", key = \"k1\" }", "KF-PLAN-08"),
        ("a = { do = \"keep\", kind = \"name\" }", "KF-PLAN-03"),
        ("a = { do = \"mask\" }", "KF-PLAN-03"),
        ("a = { do = \"mask\", kind = \"amount\" }", "KF-PLAN-09"),
        ("a = { do = \"mask\", keep_prefix = -1 }", "KF-PLAN-03"),
        ("a = { do = \"mask\", keep_prefix = 1.5 }", "KF-PLAN-03"),
        ("a = { do = \"token\", kind = \"mobile\" }", "KF-PLAN-03"),
        ("a = { do = \"token\", key = \"k1\" }", "KF-PLAN-03"),
        ("a = { do = \"token\", kind = \"medical\", key = \"k1\" }", "KF-PLAN-09"),
        ("a = { do = \"token\", kind = \"mobile\", key = \"k1\", domain = \"kaifang:x\" }", "KF-PLAN-18"),
        ("a = { do = \"generalize\" }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", width = 1 }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", to = \"year\", width = 5 }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", bounds = [3, 3] }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", bounds = [] }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", keep_prefix = 0 }", "KF-PLAN-03"),
        ("a = { do = \"mask\", pattern = \"####\" }", "KF-PLAN-03"),
        ("a = { do = \"mask\", pattern = \"#*\", keep_prefix = 1 }", "KF-PLAN-03"),
        ("a = { do = \"token\", kind = \"mobile\", key = \"k1\", from = \"k1\" }", "KF-PLAN-03"),
        ("a = { do = \"token\", kind = \"mobile\", key = \"k1\", mac = \"md5\" }", "KF-PLAN-03"),
        ("a = { do = \"token\", kind = \"mobile\", key = \"\" }", "KF-PLAN-03"),
        ("a = { do = \"mask\", kind = \"mobile\", alphabet = \"digits\" }", "KF-PLAN-08"),
        ("a = { do = \"fpe\", kind = \"mobile\" }", "KF-PLAN-03"),
        ("a = { do = \"fpe\", key = \"k1\" }", "KF-PLAN-03"),
        ("a = { do = \"fpe\", key = \"k1\", alphabet = \"aa\" }", "KF-PLAN-03"),
        ("a = { do = \"fpe\", key = \"k1\", kind = \"email\" }", "KF-PLAN-09"),
        ("a = { do = \"fpe\", key = \"k1\", kind = \"resident_id\" }", "KF-PLAN-23"),
        ("a = { do = \"fpe\", key = \"k1\", kind = \"resident_id\", regions = \"1999\" }", "KF-PLAN-23"),
        ("a = { do = \"fpe\", key = \"k1\", kind = \"uscc\", keep_prefix = 8 }", "KF-PLAN-08"),
        ("a = { do = \"fpe\", key = \"k1\", kind = \"mobile\", keep = [\"region\"] }", "KF-PLAN-08"),
        ("a = { do = \"fpe\", key = \"k1\", kind = \"mobile\", keep_prefix = 3, keep_suffix = 4 }", "KF-PLAN-30"),
        ("a = { do = \"generalize\", to = \"week\" }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", to = \"year\", kind = \"address\" }", "KF-PLAN-09"),
        ("", "KF-PLAN-05"),
    ] {
        assert_eq!(code(column), expected, "{column}");
    }
}

/// Keeping three digits of a mobile number leaves 10^8; keeping the place and the year of an id leaves a third of 10^6.
#[test]
fn a_small_domain_is_refused_by_what_is_encrypted() {
    let person = |keep: &str| {
        let regions = kinds::region::VERSION;
        code_of(&format!(
            "a = {{ do = \"fpe\", key = \"k1\", kind = \"resident_id\", regions = \"{regions}\", keep = {keep} }}"
        ))
    };
    assert_eq!(code_of("a = { do = \"fpe\", key = \"k1\", kind = \"mobile\", keep_prefix = 3 }"), None);
    assert_eq!(
        [person("[\"region\"]"), person("[\"birth_year\"]"), person("[\"province\", \"birth_year\"]")],
        [None; 3]
    );
    assert_eq!(person("[\"region\", \"birth_year\"]"), Some("KF-PLAN-30"));
    assert_eq!(person("[\"region\", \"province\"]"), Some("KF-PLAN-03"));
}

#[test]
fn every_transform_of_the_vocabulary_is_done_or_refused_by_name() {
    let done = ["keep", "drop", "redact", "null", "mask", "token", "fpe", "generalize"];
    for transform in Transform::ALL {
        let code = toml(&format!("a = {{ do = \"{transform}\" }}")).err().map(|error| error.code());
        assert_eq!(code == Some("KF-PLAN-07"), !done.contains(&transform.id()), "{transform}");
    }
}

#[test]
fn problems_of_the_whole_are_found_with_those_of_the_columns() {
    let error =
        Plan::parse_toml("v = 2\nextra = 1\n[columns]\na = { do = \"what\" }\n[on_invalid]\ndefault = \"pass\"");
    let error = error.unwrap_err();
    let mut codes: Vec<_> = error.problems().into_iter().map(|problem| problem.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["KF-PLAN-03", "KF-PLAN-03", "KF-PLAN-03", "KF-PLAN-04", "KF-PLAN-06"]);
    assert!(error.to_string().starts_with("5 problems"));
    for bad in ["v = ", "[[columns]]\nv=1", "v = 1\nv = 1"] {
        assert!(Plan::parse_toml(bad).is_err(), "{bad}");
    }
    assert!(matches!(Plan::parse_toml("v = 1\nx = = 2"), Err(PlanError::Malformed { line: 2, .. })));
    let twice = br#"{"v":1,"dataset":"d","columns":{"a":{"do":"keep"},"a":{"do":"drop"}}}"#;
    assert_eq!(Plan::parse_json(twice).unwrap_err().code(), "KF-PLAN-01");
    assert_eq!(Plan::load("/nowhere/plan.toml").unwrap_err().code(), "KF-PLAN-01");
}

#[test]
fn the_hash_names_what_the_plan_says_not_how() {
    let plan = toml("b = { do = \"drop\" }\na = { do = \"mask\", keep_suffix = 4 }").unwrap();
    let json = br#"{"columns":{"a":{"keep_suffix":4,"do":"mask"},"b":{"do":"drop"}},
        "on_invalid":{"default":"redact"},"dataset":"d","v":1}"#;
    assert_eq!(Plan::parse_json(json).unwrap().hash(), plan.hash());
    let other = toml("b = { do = \"drop\" }\na = { do = \"mask\", keep_suffix = 3 }").unwrap();
    assert_ne!(other.hash(), plan.hash());
    let written = crate::canon::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&written).unwrap(), plan);
}

#[test]
fn columns_of_one_name_are_told_by_their_numbers() {
    use arrow::datatypes::{DataType, Field};
    let names = ["xm", "感冒", "xm", "xm"];
    let schema = Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).to_vec());
    let error = toml("xm = { do = \"keep\" }\n\"感冒\" = { do = \"keep\" }").unwrap().check(&schema).unwrap_err();
    let twice = |first, second| PlanError::DuplicateColumn { first, second };
    assert_eq!(error.problems(), [&twice(1, 3), &twice(3, 4)]);
}

#[test]
fn a_table_without_a_header_is_refused_before_a_column_is_named() {
    use arrow::datatypes::{DataType, Field};
    let names = ["张三", "11010519491231002X"];
    let schema = Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).to_vec());
    let error = toml("xm = { do = \"keep\" }").unwrap().check(&schema).unwrap_err();
    assert_eq!(error, PlanError::PersonInHeader { number: 2 });
    assert!(names.iter().all(|name| !format!("{error} {} {error:?}", error.zh()).contains(name)));
}
