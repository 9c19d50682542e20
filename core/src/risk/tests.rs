use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, DictionaryArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::Int32Type;
use proptest::prelude::*;

use super::*;
use crate::error::Explain;
use crate::table::silent;

fn source(columns: Vec<(&str, ArrayRef)>, batch_rows: usize) -> Source {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let rows = batch.num_rows();
    let parts = (0..rows).step_by(batch_rows).map(|at| batch.slice(at, batch_rows.min(rows - at)));
    Source::from_batches(batch.schema(), parts.collect()).unwrap()
}

fn text(cells: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(cells.to_vec()))
}

/// `count` classes of each size, over one column.
fn sized(sizes: &[(usize, usize)], sharing: Sharing) -> RiskReport {
    let mut cells = Vec::new();
    for (size, count) in sizes {
        for class in 0..*count {
            cells.extend(std::iter::repeat_n(format!("{size}/{class}"), *size));
        }
    }
    let column: ArrayRef = Arc::new(StringArray::from(cells));
    risk(source(vec![("q", column)], 1000), &RiskQuestion::new(["q"], sharing), &mut silent).unwrap()
}

#[test]
fn the_level_turns_where_the_standard_says() {
    // k = 20: τ is not passed, and R = 1/20 is not below 0.05.
    let at = sized(&[(20, 1)], Sharing::Public);
    assert_eq!((at.over_threshold.numerator, at.overall.ppm, at.level), (0, 50_000, 2));
    let beyond = sized(&[(21, 1)], Sharing::Public);
    assert_eq!((beyond.overall.ppm, beyond.level), (47_620, 3));
    // One class of 19 among many: Ra > 0, so R = 1.
    let one = sized(&[(19, 1), (100, 9)], Sharing::Public);
    assert_eq!((one.over_threshold.ppm, one.overall.ppm, one.level), (100_000, 1_000_000, 2));
    // Controlled: τ = 1/5, and the average counts.
    let controlled = sized(&[(5, 1), (100, 30)], Sharing::Controlled);
    assert_eq!((controlled.over_threshold.numerator, controlled.level), (0, 3));
    assert_eq!(controlled.average.ppm, 16_130, "(1/5 + 30/100) / 31 = 0.0161290…, rounded up");
    assert_eq!(sized(&[(4, 1), (100, 30)], Sharing::Controlled).overall.ppm, 1_000_000);
    assert_eq!(sized(&[(3, 1), (100, 90)], Sharing::Enclave).level, 3);
    assert_eq!(sized(&[(2, 1), (100, 90)], Sharing::Enclave).level, 2);
}

#[test]
fn direct_identifiers_end_the_evaluation() {
    let question = RiskQuestion::new(["q"], Sharing::Enclave).direct(["id"]);
    let cells = vec!["same"; 100];
    let columns = vec![("q", text(&cells)), ("id", text(&cells))];
    assert_eq!(risk(source(columns, 100), &question, &mut silent).unwrap().level, 1);
}

#[test]
fn an_empty_table_has_no_class() {
    let question = RiskQuestion::new(["q"], Sharing::Public).sensitive(["s"]);
    let report = risk(source(vec![("q", text(&[])), ("s", text(&[]))], 1), &question, &mut silent).unwrap();
    assert_eq!((report.rows, report.classes, report.k, report.highest.ppm), (0, 0, None, 0));
    assert_eq!(report.sensitive[0].l, None);
}

#[test]
fn without_quasi_identifiers_all_rows_are_one_class() {
    let question = RiskQuestion::new(Vec::<String>::new(), Sharing::Public).sensitive(["s"]);
    let cells = ["a", "b", "a", "c", "a"];
    let report = risk(source(vec![("s", text(&cells))], 2), &question, &mut silent).unwrap();
    assert_eq!((report.rows, report.classes, report.k, report.unique_rows), (5, 1, Some(5), 0));
    assert_eq!(report.sensitive[0].l, Some(3));
    assert_eq!(risk(source(vec![("s", text(&["a"]))], 1), &question, &mut silent).unwrap().k, Some(1));
}

#[test]
fn homogeneous_classes_are_counted() {
    let question = RiskQuestion::new(["q"], Sharing::Controlled).sensitive(["s"]);
    let columns = vec![("q", text(&["a", "a", "b", "b", "b"])), ("s", text(&["flu", "flu", "flu", "cold", "flu"]))];
    let report = risk(source(columns, 2), &question, &mut silent).unwrap();
    let diversity = &report.sensitive[0];
    assert_eq!((diversity.l, diversity.alike_classes, diversity.alike_rows), (Some(1), 1, 2));
    let json = crate::canon::to_string(&report).unwrap();
    assert!(!json.contains("flu") && !json.contains("\"a\""), "no value in the report");
}

#[test]
fn long_values_and_nulls_are_told_apart() {
    let long = "x".repeat(1000);
    let cells: ArrayRef =
        Arc::new(StringArray::from(vec![Some(long.as_str()), Some(&long[1..]), None, Some(""), None]));
    let report = risk(source(vec![("q", cells)], 5), &RiskQuestion::new(["q"], Sharing::Public), &mut silent).unwrap();
    assert_eq!((report.classes, report.unique_rows), (4, 3));
}

/// Long values are held as digests: a short value that is such a digest is still another value.
#[test]
fn a_value_that_is_the_digest_of_another_is_not_it() {
    let long = [7_u8; 1000];
    let digest = crate::crypto::sha256(&long);
    let cells: ArrayRef = Arc::new(BinaryArray::from(vec![long.as_slice(), digest.as_bytes().as_slice()]));
    let report = risk(source(vec![("q", cells)], 2), &RiskQuestion::new(["q"], Sharing::Public), &mut silent).unwrap();
    assert_eq!(report.classes, 2);
}

#[test]
fn a_dictionary_has_the_classes_of_its_text() {
    let cells = ["a", "b", "a", "c"];
    let dictionary: ArrayRef = Arc::new(cells.into_iter().collect::<DictionaryArray<Int32Type>>());
    let question = RiskQuestion::new(["q"], Sharing::Public);
    let one = risk(source(vec![("q", text(&cells))], 4), &question, &mut silent).unwrap();
    assert_eq!(risk(source(vec![("q", dictionary)], 1), &question, &mut silent).unwrap(), one);
}

#[test]
fn every_bad_question_has_its_error() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a")]);
    lists.append_value([Some("b")]);
    let list: ArrayRef = Arc::new(lists.finish());
    let ask = |question: &RiskQuestion| {
        let columns = vec![("a", text(&["1", "2"])), ("list", Arc::clone(&list))];
        risk(source(columns, 2), question, &mut silent).unwrap_err().code()
    };
    let new = |quasi: &[&str]| RiskQuestion::new(quasi.iter().copied(), Sharing::Public);
    assert_eq!(ask(&new(&["b"])), "KF-RISK-02");
    assert_eq!(ask(&new(&["a"]).direct(["b"])), "KF-RISK-02");
    assert_eq!(ask(&new(&["a", "a"])), "KF-RISK-03");
    assert_eq!(ask(&new(&["a"]).sensitive(["a"])), "KF-RISK-03");
    assert_eq!(ask(&new(&["list"])), "KF-RISK-04");
    assert_eq!(ask(&RiskQuestion { limit: 1, ..new(&["a"]) }), "KF-RISK-05");
}

#[test]
fn a_cancelled_question_has_no_report() {
    let question = RiskQuestion::new(["q"], Sharing::Public);
    let mut stop = |_| std::ops::ControlFlow::Break(());
    assert_eq!(risk(source(vec![("q", text(&["a"]))], 1), &question, &mut stop).unwrap_err().code(), "KF-TABLE-16");
}

/// Rows of three small columns: (quasi, quasi, sensitive).
type Row = (Option<u8>, i64, u8);

/// The definitions, over whole rows.
struct Oracle {
    sizes: Vec<u64>,
    distinct: Vec<u64>,
}

fn oracle(rows: &[Row]) -> Oracle {
    let mut classes: BTreeMap<(Option<u8>, i64), Vec<u8>> = BTreeMap::new();
    for (a, b, s) in rows {
        classes.entry((*a, *b)).or_default().push(*s);
    }
    let distinct = |values: &Vec<u8>| values.iter().collect::<BTreeSet<_>>().len() as u64;
    Oracle {
        sizes: classes.values().map(|values| values.len() as u64).collect(),
        distinct: classes.values().map(distinct).collect(),
    }
}

proptest! {
    #[test]
    fn the_report_equals_the_definitions(
        rows in prop::collection::vec((prop::option::of(0_u8..4), -2_i64..3, 0_u8..3), 0..120),
        batch_rows in 1_usize..40,
    ) {
        let a: ArrayRef = Arc::new(rows.iter().map(|r| r.0.map(|a| a.to_string())).collect::<StringArray>());
        let b: ArrayRef = Arc::new(rows.iter().map(|r| Some(r.1)).collect::<Int64Array>());
        let s: ArrayRef = Arc::new(rows.iter().map(|r| Some(r.2.to_string())).collect::<StringArray>());
        prop_assert_eq!(a.len(), rows.len());
        let question = RiskQuestion::new(["a", "b"], Sharing::Controlled).sensitive(["s"]);
        let report = risk(source(vec![("a", a), ("b", b), ("s", s)], batch_rows), &question, &mut silent).unwrap();
        let Oracle { sizes, distinct } = oracle(&rows);
        prop_assert_eq!(report.rows, rows.len() as u64);
        prop_assert_eq!(report.classes, sizes.len() as u64);
        prop_assert_eq!(report.k, sizes.iter().min().copied());
        prop_assert_eq!(report.unique_rows, sizes.iter().filter(|size| **size == 1).count() as u64);
        prop_assert_eq!(report.over_threshold.numerator, sizes.iter().filter(|size| **size < 5).count() as u64);
        prop_assert_eq!(report.histogram.iter().map(|bin| bin.rows).sum::<u64>(), report.rows);
        prop_assert_eq!(report.histogram.iter().map(|bin| bin.classes).sum::<u64>(), report.classes);
        for count in &report.small {
            prop_assert_eq!(count.classes, sizes.iter().filter(|size| **size == count.size).count() as u64);
        }
        prop_assert_eq!(report.sensitive[0].l, distinct.iter().min().copied());
        prop_assert_eq!(report.sensitive[0].alike_classes, distinct.iter().filter(|l| **l == 1).count() as u64);
        if !sizes.is_empty() {
            // 2520·11·13·17·19 … would be exact; sums of at most 20 terms are within 10^-12 in floating point.
            let mean = sizes.iter().map(|size| 1.0 / *size as f64).sum::<f64>() / sizes.len() as f64;
            prop_assert!((report.average.as_f64() - mean).abs() < 1e-12);
            let ppm = report.average.ppm as f64;
            prop_assert!(ppm >= mean * 1e6 - 1e-6 && ppm < mean * 1e6 + 1.0 + 1e-6, "rounded up");
        }
    }
}
