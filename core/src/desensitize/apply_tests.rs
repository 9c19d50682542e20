use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, LargeStringArray,
    ListBuilder, StringArray, StringBuilder, StringViewArray, TimestampSecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use proptest::prelude::*;

use super::super::*;
use super::*;
use crate::error::Explain;
use crate::table::{Format, ReadOptions, open, silent};

#[path = "apply_tests_nested.rs"]
mod nested;
#[path = "apply_tests_rows.rs"]
mod rows;
#[path = "apply_tests_types.rs"]
mod types;
#[path = "apply_tests_whole.rs"]
mod whole;

/// A resident id of the standard's own example, whose check digit is right.
const ID: &str = "11010519491231002X";

fn keys() -> Keyring {
    let mut keys = Keyring::new();
    keys.insert("k1", &[7; 32]).unwrap();
    keys
}

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn source(batch: &RecordBatch) -> Source {
    Source::from_batches(batch.schema(), vec![batch.clone()]).unwrap()
}

fn plan(columns: &str) -> Plan {
    Plan::parse_toml(&format!("v = 1\ndataset = \"d\"\n[columns]\n{columns}")).unwrap()
}

fn run(plan: &Plan, source: Source) -> Result<(Vec<RecordBatch>, Applied), crate::Error> {
    let mut out = Vec::new();
    let mut keep = |batch| {
        out.push(batch);
        Ok(())
    };
    let applied = plan.apply_each(source, &keys(), &mut keep, &mut silent)?;
    Ok((out, applied))
}

/// One column through one transform: its cells as text.
fn treat(array: ArrayRef, entry: &str) -> Result<Vec<Option<String>>, crate::Error> {
    let (batches, _) = run(&plan(&format!("c = {entry}")), source(&table(vec![("c", array)])))?;
    let text = cast(batches[0].column(0), &DataType::Utf8).unwrap();
    Ok(text.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect())
}

fn code(error: impl Into<crate::Error>) -> &'static str {
    error.into().code()
}

#[test]
fn every_transform_does_what_it_says_and_counts_it() {
    let text = |cells: &[Option<&str>]| -> ArrayRef { Arc::new(cells.iter().copied().collect::<StringArray>()) };
    let batch = table(vec![
        ("xm", text(&[Some("欧阳娜娜"), None, Some("x")])),
        ("sfzh", text(&[Some(ID), Some("１１０１０５19491231 002x"), Some("110105194912310021")])),
        ("csrq", text(&[Some("1990-03-07"), Some("never"), None])),
        ("lon", text(&[Some("108.9"), None, None])),
        ("je", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))),
        ("bz", text(&[Some("note"), None, Some("")])),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, None]))),
    ]);
    let plan = plan(
        r#"
        xm   = { do = "mask", kind = "person_name" }
        sfzh = { do = "token", kind = "resident_id", key = "k1" }
        csrq = { do = "generalize", to = "year" }
        lon  = { do = "drop" }
        je   = { do = "keep" }
        bz   = { do = "redact" }
        flag = { do = "null" }
        "#,
    );
    let (batches, applied) = run(&plan, source(&batch)).unwrap();
    let cells = |name: &str| -> Vec<Option<&str>> { batches[0][name].as_string::<i32>().iter().collect() };
    assert_eq!(cells("xm"), [Some("欧阳**"), None, Some(REDACTED)]);
    assert_eq!(cells("csrq"), [Some("1990"), Some(REDACTED), None]);
    assert_eq!(cells("bz"), [Some(REDACTED), None, Some(REDACTED)]);
    let tokens = cells("sfzh");
    assert!(tokens[0].unwrap().starts_with("k1.") && tokens[0] == tokens[1]);
    assert_eq!(tokens[2], Some(REDACTED), "a wrong check digit has no canonical form");
    assert_eq!(batches[0]["flag"].null_count(), 3);
    assert_eq!(&batches[0]["je"], batch.column_by_name("je").unwrap());

    let of = |name: &str| applied.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!((of("xm").nulls, of("xm").invalid, of("xm").changed), (1, 1, 2));
    assert_eq!((of("sfzh").nulls, of("sfzh").invalid, of("sfzh").changed), (0, 1, 3));
    assert_eq!((of("je").changed, of("lon").changed, of("bz").changed, of("flag").changed), (0, 1, 2, 1));
    assert_eq!(of("sfzh").domain.as_deref(), Some("d/resident_id"));
    assert_eq!(of("sfzh").reversible, Reversible::WithKey);
    assert_eq!((applied.rows, applied.dropped.as_slice()), (3, ["lon".to_owned()].as_slice()));
    assert_eq!(applied.outcome.desensitization, Desensitization::Deidentified);
    assert_eq!(applied.input_digests.as_ref().unwrap().columns.len(), 7);
    assert_eq!(applied.output_digests.len(), 6);
    let json = crate::canon::to_bytes(&applied).unwrap();
    assert_eq!(Applied::from_json(&json).unwrap(), applied);
    assert!(!String::from_utf8(json).unwrap().contains("1949"), "no value in the proof");
}

#[test]
fn every_text_type_gives_the_same_values_and_digests() {
    let cells = [Some("13900001111"), None, Some("1234567"), Some("😀😀😀😀😀😀😀😀")];
    let plan = plan(r#"c = { do = "mask", keep_prefix = 3, keep_suffix = 4 }"#);
    let arrays: [ArrayRef; 4] = [
        Arc::new(cells.iter().copied().collect::<StringArray>()),
        Arc::new(cells.iter().copied().collect::<LargeStringArray>()),
        Arc::new(cells.iter().copied().collect::<StringViewArray>()),
        Arc::new(cells.iter().copied().collect::<DictionaryArray<Int32Type>>()),
    ];
    let mut proofs = arrays.into_iter().map(|array| {
        let input = array.data_type().clone();
        let (batches, applied) = run(&plan, source(&table(vec![("c", array)]))).unwrap();
        assert_eq!(batches[0].column(0).data_type(), &input);
        (applied.output_digests, applied.input_digests, applied.columns)
    });
    let first = proofs.next().unwrap();
    assert!(proofs.all(|proof| proof == first));
}

/// Keys would tell values apart that the treatment made one, and words that no row uses would be values that nobody asked for.
#[test]
fn a_treated_dictionary_holds_each_word_once_and_none_that_no_row_uses() {
    let cells = ["张一", "李二", "张三", "张一", "李二", "x"];
    let all: ArrayRef = Arc::new(cells.iter().map(|cell| Some(*cell)).collect::<DictionaryArray<Int32Type>>());
    let batch = table(vec![("c", all.slice(1, 5))]);
    let (batches, applied) = run(&plan(r#"c = { do = "mask", kind = "person_name" }"#), source(&batch)).unwrap();
    let treated = batches[0].column(0).as_dictionary::<Int32Type>();
    let words: Vec<_> = treated.values().as_string::<i32>().iter().flatten().collect();
    assert_eq!(words, ["李*", "张*", REDACTED]);
    assert_eq!(treated.keys().values(), &[0, 1, 1, 0, 2]);
    assert_eq!((applied.columns[0].invalid, applied.columns[0].changed), (1, 5));
}

/// Each batch of a dictionary has its own words, and every format takes them.
#[test]
fn dictionaries_go_into_every_format() {
    let batch = |cells: &[&str]| {
        table(vec![("c", Arc::new(cells.iter().map(|cell| Some(*cell)).collect::<DictionaryArray<Int32Type>>()))])
    };
    let batches = vec![batch(&["13900001111", "13900001112"]), batch(&["13900001113"])];
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::Parquet, Format::Ipc] {
        let path = folder.path().join(format.to_string());
        let source = Source::from_batches(batches[0].schema(), batches.clone()).unwrap();
        let create = |schema| Sink::create(&path, schema, format);
        let plan = plan(r#"c = { do = "token", kind = "mobile", key = "k1" }"#);
        let (applied, _) = plan.apply_to(source, &keys(), create, &mut silent).unwrap();
        applied.verify_output(open(&path, &ReadOptions::default()).unwrap(), &mut silent).unwrap();
    }
}

/// A dictionary may say null by a value as well as by a key.
#[test]
fn a_null_among_the_values_of_a_dictionary_is_a_null() {
    let words = Arc::new(StringArray::from(vec![Some("13900001111"), None]));
    let keys = arrow::array::Int32Array::from(vec![Some(0), Some(1), None]);
    let cells: ArrayRef = Arc::new(DictionaryArray::new(keys, words));
    for (entry, expected) in [("redact\"", REDACTED), ("mask\", kind = \"mobile\"", "139****1111")] {
        let treated = treat(Arc::clone(&cells), &format!("{{ do = \"{entry} }}")).unwrap();
        assert_eq!(treated, [Some(expected.to_owned()), None, None]);
    }
}

#[test]
fn numbers_and_dates_are_treated_as_their_text() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(13_900_001_111), None, Some(12)]));
    let masked = treat(Arc::clone(&numbers), r#"{ do = "mask", kind = "mobile" }"#).unwrap();
    assert_eq!(masked, [Some("139****1111".into()), None, Some(REDACTED.into())]);
    let bins = treat(numbers, r#"{ do = "generalize", width = 5 }"#).unwrap();
    assert_eq!(bins[2].as_deref(), Some("[10,15)"));
    // 7370 days after 1970-01-01 is 1990-03-07.
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(7370), None, Some(i32::MAX)]));
    let months = treat(days, r#"{ do = "generalize", to = "month" }"#).unwrap();
    assert_eq!(months, [Some("1990-03".into()), None, Some(REDACTED.into())]);
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![7370 * 86_400 + 86_399, -1]));
    let years = treat(seconds, r#"{ do = "generalize", to = "year" }"#).unwrap();
    assert_eq!(years, [Some("1990".into()), Some("1969".into())]);
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.5]));
    assert_eq!(treat(Arc::clone(&floats), r#"{ do = "redact" }"#).unwrap(), [None], "no marker outside text");
    assert_eq!(code(treat(floats, r#"{ do = "mask", kind = "mobile" }"#).unwrap_err()), "KF-PLAN-13");
}

/// The plan that decrypts is the plan that encrypted, and says so.
#[test]
fn format_preserving_encryption_comes_back_with_the_key() {
    let ids: ArrayRef = Arc::new(StringArray::from(vec![Some(ID), None, Some("110105194912310021")]));
    let entry = r#"do = "fpe", kind = "resident_id", key = "k1", regions = "2022-10-31.1""#;
    let encrypted = treat(Arc::clone(&ids), &format!("{{ {entry} }}")).unwrap();
    let [Some(id), None, Some(invalid)] = &encrypted[..] else { panic!("{encrypted:?}") };
    assert!(id != ID && crate::kinds::is_valid(crate::kinds::Kind::ResidentId, id) && invalid == REDACTED);
    let again: ArrayRef = Arc::new(encrypted.iter().map(Option::as_deref).collect::<StringArray>());
    let decrypted = treat(again, &format!("{{ {entry}, decrypt = true }}")).unwrap();
    assert_eq!(decrypted, [Some(ID.to_owned()), None, Some(REDACTED.to_owned())]);
    let sm4 = treat(ids, &format!("{{ {entry}, cipher = \"sm4\" }}")).unwrap();
    assert_ne!(sm4[0], encrypted[0]);
}

#[test]
fn nothing_but_the_cells_leaves_a_kept_column() {
    // A slice of a dictionary, with a value that no row of the slice uses, and a null over bytes.
    let all = StringArray::from(vec![Some("secret"), Some("a"), None, Some("b")]);
    let dictionary: DictionaryArray<Int32Type> = all.iter().collect();
    let nulls = arrow::buffer::NullBuffer::from(vec![true, true, false, true]);
    let numbers = Int64Array::new(vec![1, 2, 99, 4].into(), Some(nulls.clone()));
    let text = StringArray::new(
        arrow::buffer::OffsetBuffer::from_lengths([6, 1, 6, 1]),
        arrow::buffer::Buffer::from(b"secretasecretb"),
        Some(nulls),
    );
    let batch = table(vec![("d", Arc::new(dictionary)), ("n", Arc::new(numbers)), ("t", Arc::new(text))]).slice(1, 3);
    let plan = plan("d = { do = \"keep\" }\nn = { do = \"keep\" }\nt = { do = \"keep\" }");
    let (batches, applied) = run(&plan, source(&batch)).unwrap();
    assert_eq!(applied.outcome.desensitization, Desensitization::None);
    for column in batches[0].columns() {
        for buffer in column.to_data().buffers() {
            assert!(!buffer.as_slice().windows(6).any(|window| window == b"secret"));
            assert!(!buffer.as_slice().contains(&99));
        }
    }
    assert_eq!(batches[0]["t"].as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("b")]);
}

#[test]
fn a_plan_for_another_table_fails_before_the_first_row_with_every_problem() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a")]);
    let batch = table(vec![("a", Arc::clone(&text)), ("b", text), ("c", Arc::new(lists.finish()))]);
    let plan = plan("a = { do = \"keep\" }\nc = { do = \"keep\" }\ne = { do = \"drop\" }");
    let error = plan.check(&batch.schema()).unwrap_err();
    let mut codes: Vec<_> = error.problems().into_iter().map(|problem| problem.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["KF-PLAN-10", "KF-PLAN-11", "KF-PLAN-13"]);
    assert!(error.zh().contains("\"b\"") && error.to_string().contains("\"e\""));
    assert_eq!(code(plan.apply(source(&batch), &keys()).err().unwrap()), "KF-PLAN-02");
}

#[test]
fn a_missing_key_fails_before_the_first_row() {
    let text: ArrayRef = Arc::new(StringArray::from(vec![ID]));
    let token = plan(r#"c = { do = "token", kind = "resident_id", key = "k2" }"#);
    assert_eq!(code(token.apply(source(&table(vec![("c", text)])), &keys()).err().unwrap()), "KF-KEY-07");
}

#[test]
fn an_error_ends_the_stream_and_leaves_no_proof() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["13900001111", "13900001111", "110105194912310021"]));
    let mut plan = plan(r#"c = { do = "mask", kind = "mobile" }"#);
    plan = Plan::new("d", plan.columns().clone(), Invalid::Error).unwrap();
    let batch = table(vec![("c", text)]);
    let batches = vec![batch.slice(0, 2), batch.slice(2, 1), batch.slice(0, 1)];
    let source = Source::from_batches(batch.schema(), batches).unwrap();
    let mut treated = plan.apply(source, &keys()).unwrap();
    assert!(treated.next().unwrap().is_ok());
    let error = treated.next().unwrap().unwrap_err();
    assert!(error.to_string().contains("row 3") && !format!("{error:?}").contains("1949"));
    assert!(treated.next().is_none() && treated.applied().is_none());
    assert_eq!(code(treated.into_applied().unwrap_err()), "KF-PLAN-19");
}

#[test]
fn a_stream_that_was_not_read_to_its_end_has_no_proof() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let mut treated = plan("c = { do = \"keep\" }").apply(source(&table(vec![("c", text)])), &keys()).unwrap();
    assert!(treated.next_batch().unwrap().is_some() && treated.applied().is_none());
    assert!(treated.next_batch().unwrap().is_none() && treated.applied().is_some());
}

#[test]
fn a_cancelled_treatment_leaves_no_file() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    let plan = plan("c = { do = \"keep\" }");
    let create = |schema| Sink::create(&path, schema, Format::Csv);
    let error = plan.apply_to(source(&table(vec![("c", text)])), &keys(), create, &mut |_| ControlFlow::Break(()));
    assert_eq!(code(error.unwrap_err()), "KF-TABLE-16");
    assert!(!path.exists());
}

#[test]
fn a_table_is_not_treated_onto_itself() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("in.csv");
    let before = "c\na\n";
    std::fs::write(&table, before).unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    let treat = |from: &Path, to: &Path| {
        let create = |schema| Sink::create(to, schema, Format::Csv);
        let source = open(from, &ReadOptions::default()).unwrap();
        plan("c = { do = \"redact\" }").apply_to(source, &keys(), create, &mut silent).map_err(code)
    };
    let round = dir.path().join("sub/../in.csv");
    let mut names = vec![table.clone(), round];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&table, dir.path().join("link.csv")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("sub/folder")).unwrap();
        names.extend([dir.path().join("link.csv"), dir.path().join("sub/folder/in.csv")]);
    }
    for (from, to) in names.iter().flat_map(|from| names.iter().map(move |to| (from, to))) {
        assert_eq!(treat(from, to).err(), Some("KF-TABLE-25"), "{from:?} onto {to:?}");
    }
    assert_eq!(std::fs::read_to_string(&table).unwrap(), before);
    // Another file is none of them: one that is there, and one that is not.
    for _ in 0..2 {
        treat(&table, &dir.path().join("out.csv")).unwrap();
    }
    let left = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_str().unwrap().ends_with(".partial")));
}

#[test]
fn the_proof_holds_for_every_format_and_for_no_changed_cell() {
    let cells: Vec<Option<String>> = (0..100).map(|n| (n % 7 > 0).then(|| format!("139{n:08}"))).collect();
    let amounts: ArrayRef = Arc::new(Int64Array::from_iter((0..100).map(|n| (n % 5 > 0).then_some(n - 50))));
    let batch = table(vec![("lxdh", Arc::new(StringArray::from(cells))), ("je", amounts)]);
    let plan = plan("lxdh = { do = \"mask\", kind = \"mobile\" }\nje = { do = \"keep\" }");
    let dir = tempfile::tempdir().unwrap();
    let mut proofs = Vec::new();
    for format in [Format::Csv, Format::Parquet, Format::Ipc, Format::Xlsx] {
        let path = dir.path().join(format.to_string());
        let create = |schema| Sink::create(&path, schema, format);
        let (applied, stats) = plan.apply_to(source(&batch), &keys(), create, &mut silent).unwrap();
        assert_eq!(stats.rows, 100);
        applied.verify_output(open(&path, &ReadOptions::default()).unwrap(), &mut silent).unwrap();
        proofs.push(applied);
    }
    assert!(proofs.iter().all(|proof| proof == &proofs[0]));

    let (treated, _) = run(&plan, source(&batch)).unwrap();
    let differs = |batch: &RecordBatch| code(proofs[0].verify_output(source(batch), &mut silent).unwrap_err());
    assert_eq!(differs(&batch), "KF-PLAN-17", "the input is not the output");
    assert_eq!(differs(&treated[0].slice(0, 99)), "KF-PLAN-17", "a row is missing");
    assert_eq!(differs(&treated[0].project(&[1, 0]).unwrap()), "KF-PLAN-17", "other order of columns");
    assert_eq!(differs(&treated[0].project(&[0]).unwrap()), "KF-PLAN-17", "a column is missing");
    proofs[0].verify_output(source(&treated[0]), &mut silent).unwrap();
}

#[test]
fn without_keys_there_is_no_input_digest() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let mut treated =
        plan("c = { do = \"redact\" }").apply(source(&table(vec![("c", text)])), &Keyring::new()).unwrap();
    while treated.next_batch().unwrap().is_some() {}
    assert_eq!(treated.applied().unwrap().input_digests, None);
}

#[test]
fn keeping_a_declared_direct_identifier_deidentifies_nothing() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let batch = table(vec![("a", Arc::clone(&text)), ("b", text)]);
    let outcome = |columns| run(&plan(columns), source(&batch)).unwrap().1.outcome.desensitization;
    assert_eq!(outcome("a = { do = \"drop\" }\nb = { do = \"keep\" }"), Desensitization::Deidentified);
    let kept = "a = { do = \"drop\" }\nb = { do = \"keep\", kind = \"person_name\" }";
    assert_eq!(outcome(kept), Desensitization::None);
}

/// The documented digest, written out over whole values.
fn digest_oracle(cells: &[Option<String>]) -> crate::terms::Digest {
    let mut bytes = b"kaifang/column/v1\0".to_vec();
    for cell in cells {
        match cell {
            None => bytes.push(0),
            Some(text) => {
                let mut length = text.len() + 1;
                while length >= 128 {
                    bytes.push((length % 128 + 128) as u8);
                    length /= 128;
                }
                bytes.push(length as u8);
                bytes.extend(text.as_bytes());
            }
        }
    }
    crate::crypto::sha256(&bytes)
}

fn cells() -> impl Strategy<Value = Vec<Option<String>>> {
    let cell = prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        "1[3-9][0-9]{9}".prop_map(Some),
        Just(Some(ID.to_owned())),
        "[１1][3３]9 [0-9]{4}-[0-9]{4}".prop_map(Some),
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]".prop_map(Some),
        "陕西省西安市(雁塔|碑林)区.{0,6}".prop_map(Some),
    ];
    prop::collection::vec(cell, 0..40)
}

fn entry() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"{ do = "keep" }"#,
        r#"{ do = "redact" }"#,
        r#"{ do = "mask", keep_prefix = 1, keep_suffix = 2 }"#,
        r#"{ do = "mask", kind = "mobile" }"#,
        r#"{ do = "token", kind = "mobile", key = "k1" }"#,
        r#"{ do = "token", kind = "resident_id", key = "k1" }"#,
        r#"{ do = "token", kind = "mobile", key = "k1", mac = "hmac_sm3" }"#,
        r#"{ do = "fpe", kind = "mobile", key = "k1" }"#,
        r#"{ do = "fpe", kind = "resident_id", key = "k1", regions = "2022-10-31.1" }"#,
        r#"{ do = "fpe", alphabet = "digits", key = "k1", cipher = "sm4" }"#,
        r#"{ do = "mask", pattern = "1##****####" }"#,
        r#"{ do = "generalize", keep_prefix = 3 }"#,
        r#"{ do = "text" }"#,
        r#"{ do = "text", key = "k1" }"#,
        r#"{ do = "generalize", bounds = [0, 18, 60] }"#,
        r#"{ do = "generalize", to = "year" }"#,
        r#"{ do = "generalize", to = "district" }"#,
        r#"{ do = "generalize", width = 10 }"#,
        r#"{ do = "generalize", bounds = [0, 1000] }"#,
        r#"{ do = "generalize", to = "age", at = "2026-01-01", width = 10 }"#,
        r#"{ do = "generalize", hierarchy = { 13900001111 = ["a", "b"] }, level = 2 }"#,
        r#"{ do = "generalize", quantiles = 3 }"#,
        r#"{ do = "shuffle", key = "k1" }"#,
        r#"{ do = "round", width = 10 }"#,
        r#"{ do = "top_bottom", lowest = 5, highest = 13900001111 }"#,
        r#"{ do = "date_shift", subject = "p", days = 30, key = "k1" }"#,
        r#"{ do = "noise", row_key = "p", distribution = "gaussian", scale = 5, key = "k1" }"#,
    ])
}

/// A column beside the person of each row, who is somebody else in every third.
fn with_persons(cells: Vec<Option<String>>) -> RecordBatch {
    let persons: StringArray = (0..cells.len()).map(|row| Some(format!("person {}", row / 3))).collect();
    table(vec![("c", Arc::new(StringArray::from(cells))), ("p", Arc::new(persons))])
}

proptest! {
    #[test]
    fn batches_of_any_size_give_the_same_values_and_proof(cells in cells(), entry in entry(), size in 1_usize..8) {
        let plan = plan(&format!("c = {entry}\np = {{ do = \"drop\" }}"));
        let batch = with_persons(cells);
        let (whole, applied) = run(&plan, source(&batch)).unwrap();
        let parts = (0..batch.num_rows()).step_by(size).map(|at| batch.slice(at, size.min(batch.num_rows() - at)));
        let parts = Source::from_batches(batch.schema(), parts.collect()).unwrap();
        let (parts, again) = run(&plan, parts).unwrap();
        let joined = arrow::compute::concat_batches(&whole[0].schema(), &parts).unwrap();
        prop_assert_eq!(&joined, &whole[0]);
        prop_assert_eq!(&again, &applied);
        let cells: Vec<_> = joined.column(0).as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect();
        prop_assert_eq!(applied.output_digests["c"], digest_oracle(&cells));
    }

    /// A null stays null, and no other cell becomes one.
    #[test]
    fn nulls_stay_null_and_values_stay_values(cells in cells(), entry in entry()) {
        let nulls: Vec<bool> = cells.iter().map(Option::is_none).collect();
        let plan = plan(&format!("c = {entry}\np = {{ do = \"drop\" }}"));
        let (batches, _) = run(&plan, source(&with_persons(cells))).unwrap();
        let treated: Vec<_> = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>()).collect();
        prop_assert_eq!(treated.iter().map(Option::is_none).collect::<Vec<_>>(), nulls);
    }

    /// Encrypted in batches of any size, values come back, and nothing of them is seen before.
    #[test]
    fn ciphertexts_open_to_what_they_were(cells in cells(), sm4: bool, size in 1_usize..8) {
        let cipher = if sm4 { "sm4" } else { "aes_256" };
        let entry = format!("c = {{ do = \"encrypt\", key = \"k1\", cipher = \"{cipher}\"");
        let batch = table(vec![("c", Arc::new(StringArray::from(cells.clone())))]);
        let parts = (0..batch.num_rows()).step_by(size).map(|at| batch.slice(at, size.min(batch.num_rows() - at)));
        let parts = Source::from_batches(batch.schema(), parts.collect()).unwrap();
        let (sealed, applied) = run(&plan(&format!("{entry} }}")), parts).unwrap();
        let sealed = arrow::compute::concat_batches(&batch.schema(), &sealed).unwrap();
        prop_assert_eq!((applied.columns[0].invalid, applied.columns[0].reversible), (0, Reversible::WithKey));
        let texts: Vec<&str> = sealed.column(0).as_string::<i32>().iter().flatten().collect();
        let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
        prop_assert!(distinct.len() == texts.len() && texts.iter().all(|text| text.starts_with("k1.")));
        let (opened, applied) = run(&plan(&format!("{entry}, decrypt = true }}")), source(&sealed)).unwrap();
        let opened: Vec<_> = opened.iter().flat_map(|batch| batch.column(0).as_string::<i32>()).collect();
        prop_assert_eq!(opened, cells.iter().map(Option::as_deref).collect::<Vec<_>>());
        prop_assert_eq!(applied.columns[0].reversible, Reversible::Plain);
    }

    #[test]
    fn no_plan_text_panics(text in any::<String>()) {
        let _ = Plan::parse_toml(&text);
        let _ = Plan::parse_json(text.as_bytes());
    }
}

#[test]
fn the_proof_holds_for_a_csv_whose_cells_were_guarded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let cells: ArrayRef = Arc::new(StringArray::from(vec![Some("=1+1"), Some("-"), None, Some("'=x"), Some("plain")]));
    let batch = table(vec![("=a", cells)]);
    let create = |schema| Sink::create(&path, schema, Format::Csv);
    let (applied, stats) =
        plan("\"=a\" = { do = \"keep\" }").apply_to(source(&batch), &keys(), create, &mut silent).unwrap();
    assert_eq!(stats.guarded_cells, 4);
    let open = || open(&path, &ReadOptions::default()).unwrap();
    applied.verify_output(open(), &mut silent).unwrap();
    assert_eq!(content_digest(open(), &mut silent).unwrap(), applied.content().unwrap());
}
