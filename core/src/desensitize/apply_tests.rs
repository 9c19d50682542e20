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

/// Two columns that a plan treats by the persons of a third.
const SHIFTED: &str = r#"
    a = { do = "date_shift", subject = "p", days = 20, key = "k1", kind = "birth_date" }
    b = { do = "date_shift", subject = "p", days = 20, key = "k1" }
    p = { do = "token", kind = "mobile", key = "k1", domain = "d" }
"#;

#[test]
fn all_dates_of_a_person_move_alike_in_every_type() {
    // 7370 days after 1970-01-01 is 1990-03-07.
    let days: ArrayRef = Arc::new(Date32Array::from(vec![7370; 4]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["1990年3月7日", "19900307", "1990-03-07", "9999-9-9"]));
    let p: ArrayRef =
        Arc::new(StringArray::from(vec![Some("13900001111"), Some("+86 139 0000 1111"), None, Some("139")]));
    let types = [
        DataType::Date32,
        DataType::Date64,
        DataType::Timestamp(arrow::datatypes::TimeUnit::Second, None),
        DataType::Timestamp(arrow::datatypes::TimeUnit::Nanosecond, Some("+08:00".into())),
    ];
    let mut moved = Vec::new();
    for data_type in types {
        let dates = cast(&days, &data_type).unwrap();
        let batch = table(vec![("a", Arc::clone(&text)), ("b", dates), ("p", Arc::clone(&p))]);
        let (batches, applied) = run(&plan(SHIFTED), source(&batch)).unwrap();
        assert_eq!(batches[0]["b"].data_type(), &data_type);
        let b = cast(&batches[0]["b"], &DataType::Date32).unwrap();
        let b: Vec<_> = b.as_primitive::<arrow::datatypes::Date32Type>().iter().collect();
        assert!(b[0] == b[1] && b[0] != Some(7370) && b[0].unwrap().abs_diff(7370) <= 20, "{b:?}");
        assert_eq!((b[2], b[3]), (None, None), "nobody, and who is no mobile number");
        assert_eq!((applied.columns[1].invalid, applied.columns[1].nulls, applied.columns[1].changed), (2, 0, 4));
        assert_eq!(applied.columns[1].domain.as_deref(), Some("d"));
        let a: Vec<_> = batches[0]["a"].as_string::<i32>().iter().flatten().collect();
        let expected =
            jiff::civil::Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(b[0].unwrap())).unwrap();
        assert_eq!(a, [&expected.to_string(), &expected.to_string(), REDACTED, REDACTED]);
        moved.push(b);
    }
    assert!(moved.iter().all(|dates| dates == &moved[0]));
}

/// There is no other column beside a column alone.
#[test]
fn a_column_alone_is_refused_what_looks_at_another() {
    let plan = plan(SHIFTED);
    let error = ColumnTreatment::new(&plan, "b", &DataType::Date32, &keys()).err().unwrap();
    assert_eq!(code(error), "KF-PLAN-11");
    let mut token = ColumnTreatment::new(&plan, "p", &DataType::Utf8, &keys()).unwrap();
    let wrong: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    assert_eq!(code(token.treat(&wrong).unwrap_err()), "KF-PLAN-15");
}

#[test]
fn a_date_that_would_leave_its_type_is_invalid() {
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX, i32::MIN]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["9998-12-31", "0001-01-01"]));
    let people: ArrayRef = Arc::new(StringArray::from(vec!["13900001111"; 2]));
    let batch = table(vec![("a", text), ("b", dates), ("p", people)]);
    let (batches, _) = run(&plan(&SHIFTED.replace(", kind = \"birth_date\"", "")), source(&batch)).unwrap();
    // A shift is never none, so one end or the other is left.
    assert_eq!(batches[0]["b"].null_count(), 1);
    let text: Vec<_> = batches[0]["a"].as_string::<i32>().iter().flatten().collect();
    assert_eq!(text.contains(&REDACTED), batches[0]["b"].is_valid(0), "{text:?}: year 9999 is still a year");
}

#[test]
fn noise_is_that_of_the_row_and_in_units_of_the_last_digit() {
    let noise = r#"
        a = { do = "noise", row_key = "n", distribution = "uniform", scale = 3, key = "k1" }
        b = { do = "noise", row_key = "n", distribution = "uniform", scale = 3, key = "k1" }
        c = { do = "noise", row_key = "n", distribution = "uniform", scale = 3, key = "k1" }
        n = { do = "drop" }
    "#;
    let rows = 200;
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![1000; rows]));
    let decimal = arrow::array::Decimal128Array::from(vec![1000; rows]).with_precision_and_scale(10, 2).unwrap();
    let text: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|row| ["1000", "10.00"][row % 2])));
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows as i64).map(|row| row % 100)));
    let batch = table(vec![("a", whole), ("b", Arc::new(decimal)), ("c", text), ("n", n)]);
    let (batches, applied) = run(&plan(noise), source(&batch)).unwrap();
    let a: Vec<i64> = batches[0]["a"].as_primitive::<arrow::datatypes::Int64Type>().iter().flatten().collect();
    assert!(a.iter().all(|number| (997..=1003).contains(number)));
    assert_eq!(a.iter().collect::<std::collections::BTreeSet<_>>().len(), 7);
    assert_eq!(a[..100], a[100..], "equal row keys have equal noise");
    let b: Vec<i128> = batches[0]["b"].as_primitive::<arrow::datatypes::Decimal128Type>().iter().flatten().collect();
    assert!(
        b.iter().all(|number| (997..=1003).contains(number)) && b.iter().zip(&a).any(|(b, a)| *b != i128::from(*a))
    );
    assert_eq!(applied.columns[2].invalid, 100, "text with decimals has no unit of its own");
    assert_eq!(applied.columns[0].reversible, Reversible::WithKey);
}

#[test]
fn noise_that_leaves_the_type_is_invalid() {
    let noise = r#"
        a = { do = "noise", row_key = "n", distribution = "laplace", scale = 1000, key = "k1" }
        n = { do = "keep" }
    "#;
    let small: ArrayRef = Arc::new(arrow::array::UInt8Array::from(vec![1; 100]));
    let n: ArrayRef = Arc::new(Int64Array::from_iter((0..100).map(|row| (row > 0).then_some(row))));
    let (batches, applied) = run(&plan(noise), source(&table(vec![("a", small), ("n", n)]))).unwrap();
    assert!(batches[0]["a"].is_null(0), "a row without a key");
    assert!(
        (50..100).contains(&applied.columns[0].invalid)
            && applied.columns[0].invalid as usize == batches[0]["a"].null_count()
    );
}

#[test]
fn a_dictionary_does_not_tell_what_was_equal() {
    let words = [Some("1990-03-07"), None, Some("1990-03-07"), Some("never")];
    let dictionary: ArrayRef = Arc::new(words.iter().copied().collect::<DictionaryArray<Int32Type>>());
    let text: ArrayRef = Arc::new(words.iter().copied().collect::<StringArray>());
    let p: ArrayRef = Arc::new(StringArray::from(vec!["13900001111", "13900001112", "13900001113", "13900001114"]));
    for entry in [SHIFTED, &SHIFTED.replace(r#""date_shift", subject = "p", days = 20"#, r#""encrypt""#)] {
        let table = |a: &ArrayRef, p| table(vec![("a", Arc::clone(a)), ("b", Arc::clone(a)), ("p", p)]);
        let (batches, _) = run(&plan(entry), source(&table(&dictionary, Arc::clone(&p)))).unwrap();
        assert_eq!(batches[0]["a"].data_type(), &DataType::Utf8);
        // The persons as a dictionary are the same persons.
        let people = cast(&p, &DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into())).unwrap();
        let (again, _) = run(&plan(entry), source(&table(&text, people))).unwrap();
        assert_eq!(entry == SHIFTED, batches[0]["a"].as_ref() == again[0]["a"].as_ref());
        let cells: Vec<_> = batches[0]["a"].as_string::<i32>().iter().collect();
        assert!(cells[1].is_none() && cells[0] != cells[2]);
    }
}

#[test]
fn every_type_that_has_text_is_encrypted_as_it() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![7370]));
    let decimal = arrow::array::Decimal128Array::from(vec![-5]).with_precision_and_scale(10, 2).unwrap();
    let columns: [(ArrayRef, &str); 6] = [
        (days, "1990-03-07"),
        (Arc::new(Int64Array::from(vec![i64::MIN])), "-9223372036854775808"),
        (Arc::new(decimal), "-0.05"),
        (Arc::new(Float64Array::from(vec![0.1])), "0.1"),
        (Arc::new(BooleanArray::from(vec![true])), "true"),
        (Arc::new(LargeStringArray::from(vec![""])), ""),
    ];
    for (array, expected) in columns {
        let sealed = treat(array, r#"{ do = "encrypt", key = "k1" }"#).unwrap();
        let text: ArrayRef = Arc::new(StringArray::from(sealed));
        let opened = treat(text, r#"{ do = "encrypt", key = "k1", decrypt = true }"#).unwrap();
        assert_eq!(opened, [Some(expected.to_owned())]);
    }
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    assert_eq!(code(treat(number, r#"{ do = "encrypt", key = "k1", decrypt = true }"#).unwrap_err()), "KF-PLAN-13");
}

#[test]
fn what_was_not_sealed_here_is_never_passed() {
    let sealed = treat(Arc::new(StringArray::from(vec![ID])), r#"{ do = "encrypt", key = "k1" }"#).unwrap();
    let sealed = sealed[0].clone().unwrap();
    assert!(!sealed.contains("1949"));
    let open = |values: Vec<&str>, settings: &str| {
        let entry = format!("{{ do = \"encrypt\", key = \"k1\", decrypt = true{settings} }}");
        treat(Arc::new(StringArray::from(values)), &entry).unwrap().into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(open(vec![&sealed], ""), [ID]);
    for settings in [", cipher = \"sm4\"", ", domain = \"e\"", ", kind = \"resident_id\""] {
        assert_eq!(open(vec![&sealed], settings), [REDACTED], "{settings}");
    }
    let changed = sealed.replace("k1.", "k1.A");
    let cut = &sealed[..sealed.len() - 4];
    let padded = format!("{sealed}=");
    let foreign = sealed.replacen("k1", "k2", 1);
    let bad = vec![ID, "", "k1.", "k1.AAAA", &changed, cut, &padded, &foreign];
    assert_eq!(open(bad.clone(), ""), vec![REDACTED; bad.len()]);
    // The column is part of what is authenticated.
    let moved = table(vec![("e", Arc::new(StringArray::from(vec![sealed.as_str()])) as ArrayRef)]);
    let (batches, applied) =
        run(&plan("e = { do = \"encrypt\", key = \"k1\", decrypt = true }"), source(&moved)).unwrap();
    assert_eq!(batches[0]["e"].as_string::<i32>().value(0), REDACTED);
    assert_eq!(applied.outcome.desensitization, Desensitization::None, "decrypting de-identifies nothing");
}

#[test]
fn numbers_of_every_type_fall_into_bins() {
    let decimal = arrow::array::Decimal128Array::from(vec![1999, -1]).with_precision_and_scale(10, 2).unwrap();
    let columns: [(ArrayRef, [&str; 2]); 4] = [
        (Arc::new(decimal), ["[10,20)", "[-10,0)"]),
        (Arc::new(Float64Array::from(vec![1e-300, f64::NAN])), ["[0,10)", REDACTED]),
        (Arc::new(arrow::array::Float32Array::from(vec![-0.5, 1e9])), ["[-10,0)", "[1000000000,1000000010)"]),
        (Arc::new(arrow::array::UInt64Array::from(vec![9, 10])), ["[0,10)", "[10,20)"]),
    ];
    for (array, expected) in columns {
        let bins: Vec<_> =
            treat(array, r#"{ do = "generalize", width = 10 }"#).unwrap().into_iter().flatten().collect();
        assert_eq!(bins, expected);
    }
}

#[test]
fn transforms_of_numbers_have_no_meaning_on_other_types() {
    let boolean: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let day: ArrayRef = Arc::new(Date32Array::from(vec![1]));
    for entry in [r#"{ do = "round", digits = 1 }"#, r#"{ do = "top_bottom", lowest = 1 }"#] {
        for array in [&boolean, &day] {
            assert_eq!(code(treat(Arc::clone(array), entry).unwrap_err()), "KF-PLAN-13");
        }
    }
}
