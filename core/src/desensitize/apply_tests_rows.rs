//! Rows that leave, and rows that are removed.

use super::*;

/// Rows are judged by the input, before any cell is treated; what can't be judged does not leave.
#[test]
fn rows_are_suppressed_and_sampled_by_their_own_cells() {
    let ages = ["17", "18", "60", "91", "x"].map(Some).into_iter().chain([None]).collect::<StringArray>();
    let names: StringArray = ["a", "b", "c", "d", "e", "f"].map(Some).into_iter().collect();
    let batch = table(vec![("age", Arc::new(ages)), ("xm", Arc::new(names))]);
    let suppress = |rule: &str| {
        let text = format!(
            "v = 1\ndataset = \"d\"\nrows = [{rule}]\n[columns]\nage = {{ do = \"drop\" }}\nxm = {{ do = \"keep\" }}"
        );
        let (batches, applied) = run(&Plan::parse_toml(&text).unwrap(), source(&batch)).unwrap();
        let left: Vec<_> = batches.iter().flat_map(|batch| batch["xm"].as_string::<i32>().iter().flatten()).collect();
        assert_eq!(applied.rows as usize, left.len());
        assert_eq!(applied.removed.iter().map(|rule| rule.rows).sum::<u64>() + applied.rows, 6);
        (left.concat(), applied.removed.iter().map(|rule| rule.unjudged).sum::<u64>())
    };
    assert_eq!(suppress(r#"{ do = "suppress", column = "age", above = 90 }"#), ("abc".into(), 2));
    assert_eq!(suppress(r#"{ do = "suppress", column = "age", below = 18, above = 60 }"#), ("bc".into(), 2));
    assert_eq!(suppress(r#"{ do = "suppress", column = "age", values = ["18", "x"] }"#), ("acdf".into(), 0));
    assert_eq!(suppress(r#"{ do = "suppress", column = "age", null = true }"#), ("abcde".into(), 0));
    let two = r#"{ do = "suppress", column = "age", null = true }, { do = "suppress", column = "xm", values = ["a"] }"#;
    assert_eq!(suppress(two), ("bcde".into(), 0));
}

/// A value is the same however it is spelled, and a rule of a type that it has no meaning on is refused.
#[test]
fn rules_about_rows_know_spellings_and_types() {
    let text = |rule: &str| {
        let columns = "[columns]\nlxdh = { do = \"drop\", kind = \"mobile\" }\nje = { do = \"keep\" }";
        Plan::parse_toml(&format!("v = 1\ndataset = \"d\"\nrows = [{rule}]\n{columns}")).unwrap()
    };
    let phones: ArrayRef = Arc::new(StringArray::from(vec!["+86 139-0000-1111", "13900001111", "13900001112", "139"]));
    let amounts: ArrayRef = Arc::new(StringArray::from(vec!["90.5", "90", "-1", "x"]));
    let batch = table(vec![("lxdh", Arc::clone(&phones)), ("je", amounts)]);
    let left = |rule: &str| run(&text(rule), source(&batch)).unwrap().1.rows;
    assert_eq!(left(r#"{ do = "suppress", column = "lxdh", values = ["139 0000 1111"] }"#), 2);
    assert_eq!(left(r#"{ do = "suppress", column = "je", above = 90 }"#), 2, "90.5 is above 90, x is no number");
    let sample = text(r#"{ do = "sample", column = "lxdh", key = "k1", keep_ppm = 500000 }"#);
    for spelled in [["13900001111", "139 0000 1111"], ["13900001115", "+8613900001115"]] {
        let rows = table(vec![
            ("lxdh", Arc::new(StringArray::from(spelled.to_vec()))),
            ("je", Arc::new(StringArray::from(vec!["1", "1"]))),
        ]);
        assert!([0, 2].contains(&run(&sample, source(&rows)).unwrap().1.rows), "one person is in a sample or is not");
    }
    let decimals = arrow::array::Decimal128Array::from(vec![350]).with_precision_and_scale(9, 2).unwrap();
    let lists = table(vec![("lxdh", phones.slice(0, 1)), ("je", Arc::new(decimals))]);
    let refused = text(r#"{ do = "suppress", column = "je", values = ["3.50"] }"#).check(&lists.schema()).unwrap_err();
    assert_eq!(code(refused), "KF-PLAN-13");
    let alone = ColumnTreatment::new(&sample, "je", &DataType::Utf8, &keys()).err().unwrap();
    assert_eq!(code(alone), "KF-PLAN-24", "a column alone would leave the rules out");
}

#[test]
fn a_sample_is_of_the_rate_and_the_same_in_batches_of_any_size() {
    let cells: ArrayRef = Arc::new((0..20_000).map(|row| Some(format!("person {row}"))).collect::<StringArray>());
    let batch = table(vec![("id", cells)]);
    let plan = Plan::parse_toml(
        "v = 1\ndataset = \"d\"\nrows = [{ do = \"sample\", column = \"id\", key = \"k1\", keep_ppm = 250000 }]\n[columns]\nid = { do = \"keep\" }",
    )
    .unwrap();
    let (whole, applied) = run(&plan, source(&batch)).unwrap();
    // Four standard deviations of 20,000 draws at a quarter.
    assert!((4755..=5245).contains(&applied.rows), "{}", applied.rows);
    let parts = (0..20_000).step_by(777).map(|at| batch.slice(at, 777.min(20_000 - at))).collect();
    let (parts, again) = run(&plan, Source::from_batches(batch.schema(), parts).unwrap()).unwrap();
    assert_eq!(arrow::compute::concat_batches(&whole[0].schema(), &parts).unwrap(), whole[0]);
    assert_eq!(again, applied);
    assert_eq!(plan.keys(), ["k1"]);
}

/// The row that is named is that of the input, whatever was removed before it.
#[test]
fn an_error_names_the_row_of_the_input() {
    let plan = Plan::parse_toml(
        r#"
        v = 1
        dataset = "d"
        rows = [{ do = "suppress", column = "c", values = ["x"] }]
        [columns]
        c = { do = "mask", kind = "mobile" }
        [on_invalid]
        default = "error"
        "#,
    )
    .unwrap();
    let cells = |cells: &[&str]| table(vec![("c", Arc::new(StringArray::from(cells.to_vec())))]);
    let batches = vec![cells(&["x", "13900001111", "x"]), cells(&["x", "13900001111", "x", "12"])];
    let error = run(&plan, Source::from_batches(batches[0].schema(), batches).unwrap()).unwrap_err();
    assert_eq!(error, PlanError::InvalidValue { column: "c".into(), row: 7 }.into());
}
