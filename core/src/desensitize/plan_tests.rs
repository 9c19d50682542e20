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
        ("a = { do = \"sample\" }", "KF-PLAN-07"),
        ("a = { do = \"shuffle\" }", "KF-PLAN-03"),
        ("a = { do = \"shuffle\", key = \"k1\", kind = \"resident_id\" }", "KF-PLAN-09"),
        ("a = { do = \"shuffle\", key = \"k1\", domain = \"x\" }", "KF-PLAN-08"),
        ("a = { do = \"generalize\", quantiles = 1 }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", quantiles = 1001 }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", quantiles = 4, width = 2 }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", quantiles = 4, to = \"age\", at = \"2026-01-01\", width = 5 }", "KF-PLAN-03"),
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
        ("a = { do = \"top_bottom\", highest = 9007199254740992 }", "KF-PLAN-03"),
        ("a = { do = \"generalize\", bounds = [-9007199254740992] }", "KF-PLAN-03"),
        ("a = { do = \"token\", kind = \"mobile\", key = \"a b\" }", "KF-PLAN-03"),
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

/// Each with the setting that it is placed at.
#[test]
fn each_wrong_rule_about_rows_is_placed() {
    for (rule, setting) in [
        ("suppress\"", ".above"),
        ("suppress\", null = false", ".null"),
        ("suppress\", above = 9007199254740992", ".above"),
        ("suppress\", above = 1, keep_ppm = 5", ".keep_ppm"),
        ("sample\", key = \"k1\"", ".keep_ppm"),
        ("sample\", key = \"k1\", keep_ppm = 1000000", ".keep_ppm"),
        ("sample\", keep_ppm = 5", ".key"),
        ("sample\", keep_ppm = 5, key = \"a b\"", ".key"),
        ("sample\", keep_ppm = 5, key = \"k1\", domain = \"kaifang:x\"", ".domain"),
        ("sample\", keep_ppm = 5, key = \"k1\", above = 1", ".above"),
        ("mask\", above = 1", ".do"),
        ("suppress\", abov = 1", ""),
    ] {
        let text = format!(
            "v = 1\ndataset = \"d\"\nrows = [{{ column = \"a\", do = \"{rule} }}]\n[columns]\na = {{ do = \"keep\" }}"
        );
        let error = Plan::parse_toml(&text).unwrap_err();
        assert_eq!(error.place().as_deref(), Some(format!("rows.0{setting}").as_str()), "{rule}: {error}");
    }
}

/// Keeping three digits of a mobile number leaves 10^8; keeping the place and the year of an id leaves a third of 10^6.
#[test]
fn a_small_domain_is_refused_by_what_is_encrypted() {
    let person = |keep: &str| {
        let regions = crate::kinds::region::VERSION;
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

/// Each with the setting that it is placed at.
#[test]
fn each_wrong_setting_of_numbers_dates_and_ciphers_is_placed() {
    for (entry, setting) in [
        ("round\"", "width"),
        ("round\", width = 1", "width"),
        ("round\", width = 5, digits = 1", "digits"),
        ("round\", digits = 19", "digits"),
        ("round\", digits = -1", "digits"),
        ("top_bottom\"", "lowest"),
        ("top_bottom\", lowest = 1.5", "lowest"),
        ("top_bottom\", lowest = 9, highest = 8", "highest"),
        ("top_bottom\", lowest = \"1930-1-1\"", "lowest"),
        ("top_bottom\", lowest = 1930-01-01", "lowest"),
        ("top_bottom\", highest = \"\"", "highest"),
        ("top_bottom\", highest = \"1930-02-30\"", "highest"),
        ("top_bottom\", lowest = \"1930-01-02\", highest = \"1930-01-01\"", "highest"),
        ("top_bottom\", lowest = 1, highest = \"1930-01-01\"", "highest"),
        ("top_bottom\", lowest = \"1930-01-01\", kind = \"age\"", "kind"),
        ("date_shift\", key = \"k\", days = 3", "subject"),
        ("date_shift\", subject = \"b\", days = 3", "key"),
        ("date_shift\", key = \"k\", subject = \"b\"", "days"),
        ("date_shift\", key = \"k\", subject = \"b\", days = 0", "days"),
        ("date_shift\", key = \"k\", subject = \"a\", days = 3", "subject"),
        ("date_shift\", key = \"k\", subject = \"c\", days = 3", "subject"),
        ("date_shift\", key = \"k\", subject = \"b\", days = 3, kind = \"age\"", "kind"),
        ("noise\", distribution = \"laplace\", scale = 1, row_key = \"b\"", "key"),
        ("noise\", key = \"k\", scale = 1, row_key = \"b\"", "distribution"),
        ("noise\", key = \"k\", distribution = \"normal\", scale = 1, row_key = \"b\"", "distribution"),
        ("noise\", key = \"k\", distribution = \"laplace\", row_key = \"b\"", "scale"),
        ("noise\", key = \"k\", distribution = \"laplace\", scale = 0, row_key = \"b\"", "scale"),
        ("noise\", key = \"k\", distribution = \"laplace\", scale = 1000001, row_key = \"b\"", "scale"),
        ("noise\", key = \"k\", distribution = \"laplace\", scale = 1", "row_key"),
        ("noise\", key = \"k\", distribution = \"laplace\", scale = 1, row_key = \"a\"", "row_key"),
        ("encrypt\"", "key"),
        ("encrypt\", key = \"k\", cipher = \"aes_128\"", "cipher"),
        ("encrypt\", key = \"k\", cipher = \"des\"", "cipher"),
        ("encrypt\", key = \"k\", decrypt = 1", "decrypt"),
        ("encrypt\", key = \"k\", domain = \"kaifang:x\"", "domain"),
        ("generalize\", to = \"age\", at = \"2026-01-01\"", "width"),
        ("generalize\", to = \"age\", width = 5", "at"),
        ("generalize\", to = \"age\", width = 5, at = \"2026-1-1\"", "at"),
        ("generalize\", to = \"age\", width = 5, at = \"2026-02-30\"", "at"),
        ("generalize\", to = \"age\", width = 5, bounds = [1], at = \"2026-01-01\"", "bounds"),
        ("generalize\", to = \"age\", keep_prefix = 5, at = \"2026-01-01\"", "keep_prefix"),
        ("generalize\", to = \"age\", kind = \"age\", width = 5, at = \"2026-01-01\"", "kind"),
        ("generalize\", to = \"year\", at = \"2026-01-01\"", "at"),
        ("generalize\", width = 5, level = 1", "hierarchy"),
        ("generalize\", hierarchy = { x = [\"y\"] }", "level"),
        ("generalize\", hierarchy = { x = [\"y\"] }, level = 0", "level"),
        ("generalize\", hierarchy = { x = [\"y\"] }, level = 2", "hierarchy"),
        ("generalize\", hierarchy = { x = [\"y\"] }, level = 1, width = 5", "hierarchy"),
        ("generalize\", hierarchy = { x = \"y\" }, level = 1", "hierarchy"),
        ("generalize\", hierarchy = {}, level = 1", "hierarchy"),
    ] {
        let error = toml(&format!("a = {{ do = \"{entry} }}\nb = {{ do = \"keep\" }}")).unwrap_err();
        assert_eq!(error.place().as_deref(), Some(format!("columns.a.{setting}").as_str()), "{entry}: {error}");
        let expected = match setting {
            "kind" => "KF-PLAN-09",
            "domain" => "KF-PLAN-18",
            _ => "KF-PLAN-03",
        };
        assert_eq!(error.code(), expected, "{entry}");
    }
}

#[test]
fn an_unknown_transform_is_told_all_that_there_are() {
    let error = toml("a = { do = \"hash\" }").unwrap_err();
    for text in [error.to_string(), error.zh()] {
        assert!(Transform::ALL.iter().all(|transform| text.contains(transform.id())), "{text}");
    }
}

#[test]
fn the_hash_covers_a_hierarchy() {
    let hash = |wider: &str| {
        toml(&format!("a = {{ do = \"generalize\", hierarchy = {{ x = [\"{wider}\"] }}, level = 1 }}")).unwrap().hash()
    };
    assert_eq!(hash("y"), hash("y"));
    assert_ne!(hash("y"), hash("z"));
}

#[test]
fn a_column_without_logical_values_can_be_no_subject() {
    use arrow::datatypes::{DataType, Field};
    let list = DataType::new_list(DataType::Utf8, true);
    let schema = |subject| Schema::new(vec![Field::new("a", DataType::Date32, true), Field::new("b", subject, true)]);
    let shift = "a = { do = \"date_shift\", key = \"k\", subject = \"b\", days = 3 }\nb = { do = \"drop\" }";
    let plan = toml(shift).unwrap();
    assert!(plan.check(&schema(DataType::Utf8)).is_ok());
    assert_eq!(plan.check(&schema(list)).unwrap_err().place().as_deref(), Some("columns.a.subject"));
}

#[test]
fn every_transform_of_the_vocabulary_is_done_or_refused_by_name() {
    let undone = ["sample", "suppress"];
    for transform in Transform::ALL {
        let code = toml(&format!("a = {{ do = \"{transform}\" }}")).err().map(|error| error.code());
        assert_eq!(code == Some("KF-PLAN-07"), undone.contains(&transform.id()), "{transform}");
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
