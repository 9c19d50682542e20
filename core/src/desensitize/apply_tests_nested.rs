//! Columns of structs and lists, part by part.

use arrow::array::{FixedSizeBinaryArray, FixedSizeListArray, ListArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::concat;
use arrow::datatypes::{Field, Fields};

use super::*;

fn words(cells: &[Option<&str>]) -> ArrayRef {
    Arc::new(cells.iter().copied().collect::<StringArray>())
}

/// Lists of words. Under a null lies what nobody may see.
fn lists(rows: &[Option<&[Option<&str>]>], under_null: &str) -> ArrayRef {
    let (mut cells, mut ends) = (Vec::new(), vec![0]);
    for row in rows {
        match row {
            Some(row) => cells.extend_from_slice(row),
            None => cells.push(Some(under_null)),
        }
        ends.push(cells.len() as i32);
    }
    let element = Arc::new(Field::new("item", DataType::Utf8, true));
    let nulls = NullBuffer::from(rows.iter().map(Option::is_some).collect::<Vec<_>>());
    Arc::new(ListArray::new(element, OffsetBuffer::new(ends.into()), words(&cells), Some(nulls)))
}

fn people(fields: Vec<(&str, ArrayRef)>, valid: &[bool]) -> ArrayRef {
    let (names, arrays): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let fields: Fields =
        names.iter().zip(&arrays).map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    Arc::new(StructArray::new(fields, arrays, Some(NullBuffer::from(valid.to_vec()))))
}

/// Three rows: a person with two telephones, nobody, and a person with none.
fn contacts() -> RecordBatch {
    let phones = lists(&[Some(&[Some("13900001111"), Some("12")]), Some(&[Some("13900002222")]), Some(&[])], "");
    let contact = people(
        vec![
            ("xm", words(&[Some("欧阳娜娜"), Some("张三"), Some("王五")])),
            ("phones", phones),
            ("note", words(&[Some("a"), Some("b"), None])),
        ],
        &[true, false, true],
    );
    table(vec![("contact", contact), ("je", Arc::new(Int64Array::from(vec![1, 2, 3])))])
}

const PARTS: &str = r#"
    "contact.xm"       = { do = "mask", kind = "person_name" }
    "contact.phones[]" = { do = "mask", kind = "mobile" }
    "contact.note"     = { do = "drop" }
    je                 = { do = "keep" }
"#;

#[test]
fn every_part_is_treated_by_its_own_entry() {
    let (out, applied) = run(&plan(PARTS), source(&contacts())).unwrap();
    let contact = out[0]["contact"].as_struct();
    assert_eq!(contact.column_names(), ["xm", "phones"]);
    assert_eq!((0..3).map(|row| contact.is_valid(row)).collect::<Vec<_>>(), [true, false, true]);
    let names: Vec<_> = contact.column(0).as_string::<i32>().iter().collect();
    assert_eq!(names, [Some("欧阳**"), None, Some("王*")]);
    let phones = contact.column(1).as_list::<i32>();
    let of = |row: usize| -> Vec<Option<String>> {
        phones.value(row).as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect()
    };
    assert_eq!(of(0), [Some("139****1111".to_owned()), Some(REDACTED.to_owned())]);
    assert!(phones.is_null(1) && of(2).is_empty());
    assert_eq!(phones.values().len(), 2, "nothing lies under the null");

    let column = |path: &str| {
        let column = applied.columns.iter().find(|column| column.name == path).unwrap();
        (column.rows, column.nulls, column.invalid, column.changed)
    };
    assert_eq!(column("contact.xm"), (3, 1, 0, 2));
    assert_eq!(column("contact.phones[]"), (2, 0, 1, 2));
    assert_eq!(column("contact.note"), (3, 2, 0, 1));
    assert_eq!(column("je"), (3, 0, 0, 0));
    assert_eq!(applied.dropped, ["contact.note"]);
    let paths = |columns: &[ColumnType]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let all = ["contact", "contact.xm", "contact.phones", "contact.phones[]", "contact.note", "je"];
    assert_eq!(paths(&applied.schema_in), all);
    assert_eq!(paths(&applied.schema_out), [all[0], all[1], all[2], all[3], all[5]]);
    assert_eq!(
        applied.output_digests.keys().collect::<Vec<_>>(),
        ["contact", "contact.phones", "contact.phones[]", "contact.xm", "je"]
    );
    assert_eq!(applied.input_digests.unwrap().columns.len(), 6);
}

/// Which rows have a struct and how many elements a list has is part of the proof.
#[test]
fn the_proof_holds_for_the_output_and_for_no_other() {
    let (out, applied) = run(&plan(PARTS), source(&contacts())).unwrap();
    applied.verify_output(source(&out[0]), &mut silent).unwrap();
    let rows = Source::from_batches(out[0].schema(), out.clone()).unwrap();
    assert_eq!(applied.content().unwrap(), content_digest(rows, &mut silent).unwrap());

    let given = out[0]["contact"].as_struct();
    let rebuilt = |fields: Vec<(&str, ArrayRef)>, valid: [bool; 3]| {
        table(vec![("contact", people(fields, &valid)), ("je", Arc::clone(&out[0]["je"]))])
    };
    let (xm, phones) = (Arc::clone(given.column(0)), Arc::clone(given.column(1)));
    let all = [true, false, true];
    let differs = |batch: RecordBatch| match applied.verify_output(source(&batch), &mut silent) {
        Err(crate::Error::Plan(PlanError::OutputDiffers { what })) => what,
        other => panic!("{other:?}"),
    };
    let same = rebuilt(vec![("xm", xm.clone()), ("phones", phones.clone())], all);
    applied.verify_output(source(&same), &mut silent).unwrap();
    assert_eq!(
        differs(rebuilt(vec![("xm", xm.clone()), ("phones", phones.clone())], [true, true, true])),
        "columns.contact"
    );
    assert_eq!(differs(rebuilt(vec![("phones", phones.clone()), ("xm", xm.clone())], all)), "columns");
    let parted = lists(&[Some(&[Some("139****1111")]), None, Some(&[Some(REDACTED)])], "x");
    assert_eq!(differs(rebuilt(vec![("xm", xm.clone()), ("phones", parted)], all)), "columns.contact.phones");
    let other = lists(&[Some(&[Some("139****1111"), Some("139")]), None, Some(&[])], "x");
    assert_eq!(differs(rebuilt(vec![("xm", xm), ("phones", other)], all)), "columns.contact.phones[]");
}

#[test]
fn batches_of_any_size_and_slices_give_the_same() {
    let whole = contacts();
    let sliced = [whole.slice(0, 1), whole.slice(1, 2)];
    let (_, one) = run(&plan(PARTS), source(&whole)).unwrap();
    let (out, two) = run(&plan(PARTS), Source::from_batches(whole.schema(), sliced.to_vec()).unwrap()).unwrap();
    assert_eq!(one, two);
    one.verify_output(Source::from_batches(out[0].schema(), out).unwrap(), &mut silent).unwrap();
}

#[test]
fn what_lies_under_a_null_is_neither_treated_nor_let_through() {
    let cells = lists(&[Some(&[Some("1")]), None, Some(&[Some("2"), None])], "secret");
    let sized = FixedSizeListArray::new(
        Arc::new(Field::new("item", DataType::Utf8, true)),
        2,
        words(&[Some("1"), None, Some("secret"), Some("secret"), Some("2"), Some("3")]),
        Some(NullBuffer::from(vec![true, false, true])),
    );
    let large = cast(&cells, &DataType::new_large_list(DataType::Utf8, true)).unwrap();
    for (array, elements) in [(cells, 3), (large, 3), (Arc::new(sized) as ArrayRef, 4)] {
        let batch = table(vec![("c", Arc::clone(&array))]);
        let (out, applied) = run(&plan("\"c[]\" = { do = \"keep\" }"), source(&batch)).unwrap();
        assert_eq!(out[0]["c"].data_type(), array.data_type());
        assert_eq!(applied.columns[0].rows, elements);
        assert_eq!(out[0]["c"].null_count(), 1);
        let buffers = out[0]["c"].to_data().child_data()[0].buffers().to_vec();
        assert!(buffers.iter().all(|buffer| !buffer.as_slice().windows(6).any(|bytes| bytes == b"secret")));
        applied.verify_output(source(&out[0]), &mut silent).unwrap();
    }
}

#[test]
fn every_part_must_be_named_and_nothing_else() {
    let schema = contacts().schema();
    let problems = |columns: &str| -> Vec<(&'static str, Option<String>)> {
        let error = plan(columns).check(&schema).unwrap_err();
        error.problems().into_iter().map(|problem| (problem.code(), problem.place())).collect()
    };
    let at = |code, place: &str| (code, Some(place.to_owned()));
    assert_eq!(
        problems("je = { do = \"keep\" }\n\"contact.xm\" = { do = \"keep\" }"),
        [at("KF-PLAN-10", "columns.contact.phones[]"), at("KF-PLAN-10", "columns.contact.note")]
    );
    assert_eq!(problems("je = { do = \"keep\" }\ncontact = { do = \"keep\" }"), [at("KF-PLAN-13", "columns.contact")]);
    assert_eq!(
        problems("je = { do = \"keep\" }\ncontact = { do = \"drop\" }\n\"contact.xm\" = { do = \"keep\" }"),
        [at("KF-PLAN-11", "columns.contact.xm")]
    );
    assert_eq!(
        problems(&PARTS.replace("contact.xm", "contact.xn")),
        [at("KF-PLAN-10", "columns.contact.xm"), at("KF-PLAN-11", "columns.contact.xn")]
    );
    assert_eq!(
        problems(&PARTS.replace(
            "do = \"mask\", kind = \"mobile\"",
            "do = \"noise\", key = \"k1\", row_key = \"je\", scale = 1, distribution = \"uniform\""
        )),
        [at("KF-PLAN-27", "columns.contact.phones[]")]
    );
    let (out, applied) =
        run(&plan("je = { do = \"keep\" }\ncontact = { do = \"drop\" }"), source(&contacts())).unwrap();
    let all = ["contact", "contact.xm", "contact.phones", "contact.phones[]", "contact.note"];
    assert_eq!((out[0].num_columns(), applied.dropped), (1, all.map(str::to_owned).to_vec()));
    let nothing = PARTS.replace("mask\", kind = \"person_name", "drop").replace("mask\", kind = \"mobile", "drop");
    let (out, applied) = run(&plan(&nothing), source(&contacts())).unwrap();
    assert_eq!(out[0].schema().field(0).name(), "je", "a struct without fields is dropped");
    assert_eq!(applied.dropped, all);
}

/// A column whose name looks like the path of a part.
#[test]
fn two_parts_with_one_path_are_refused() {
    let contact = people(vec![("xm", words(&[Some("a")]))], &[true]);
    let batch = table(vec![("contact", contact), ("contact.xm", words(&[Some("b")]))]);
    let error = plan("\"contact.xm\" = { do = \"keep\" }").check(&batch.schema()).unwrap_err();
    assert_eq!(error, PlanError::DuplicatePath { path: "contact.xm".to_owned() });
    // Nor where one of them is dropped with its column.
    let error = plan("\"contact.xm\" = { do = \"keep\" }\ncontact = { do = \"drop\" }").check(&batch.schema());
    assert_eq!(code(error.unwrap_err()), "KF-PLAN-28");
}

#[test]
fn a_field_named_as_a_person_is_refused_unnamed() {
    let inner = people(vec![(ID, words(&[Some("a")]))], &[true]);
    let list = Arc::new(ListArray::new(
        Arc::new(Field::new("item", inner.data_type().clone(), true)),
        OffsetBuffer::from_lengths([1]),
        inner,
        None,
    ));
    let batch = table(vec![("a", words(&[Some("b")])), ("people", list)]);
    let error = plan("a = { do = \"keep\" }").check(&batch.schema()).unwrap_err();
    assert_eq!(error, PlanError::PersonInHeader { number: 2 });
}

#[test]
fn an_element_that_cannot_be_treated_is_told_by_its_row() {
    let strict = format!("v = 1\ndataset = \"d\"\n[columns]\n{PARTS}\n[on_invalid]\ndefault = \"error\"");
    let plan = Plan::parse_toml(&strict).unwrap();
    let row = |rows: &[Option<&[Option<&str>]>], batch_rows: usize| {
        let count = rows.len();
        let nothing = words(&vec![None; count]);
        let contact =
            people(vec![("xm", nothing.clone()), ("phones", lists(rows, "")), ("note", nothing)], &vec![true; count]);
        let batch = table(vec![("contact", contact), ("je", Arc::new(Int64Array::from(vec![1; count])))]);
        let slices = (0..count).step_by(batch_rows).map(|at| batch.slice(at, batch_rows.min(count - at))).collect();
        run(&plan, Source::from_batches(batch.schema(), slices).unwrap()).map(|(_, applied)| applied.rows)
    };
    let good = Some("13900001111");
    let rows: [Option<&[Option<&str>]>; 5] =
        [Some(&[good, good]), None, Some(&[]), Some(&[good, None, Some("12")]), Some(&[])];
    for batch_rows in [1, 2, 5] {
        let error = PlanError::InvalidValue { column: "contact.phones[]".to_owned(), row: 4 };
        assert_eq!(row(&rows, batch_rows), Err(error.into()));
    }
    assert_eq!(row(&rows[..3], 5), Ok(3));
}

/// Persons are subjects of a struct's dates where they are columns of the table; fields are shuffled as columns are.
#[test]
fn transforms_that_see_more_than_a_cell_work_in_structs() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![7370; 24]));
    let towns: ArrayRef = Arc::new(StringArray::from_iter_values((0..24).map(|row| format!("town {row:02}"))));
    let inner = people(vec![("born", days), ("town", Arc::clone(&towns))], &[true; 24]);
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..24).map(|row| format!("p{}", row / 12))));
    let batch = table(vec![("c", inner), ("p", ids)]);
    let text = r#"
        "c.born" = { do = "date_shift", subject = "p", days = 200, key = "k1" }
        "c.town" = { do = "shuffle", key = "k1" }
        p        = { do = "drop" }
        "#;
    let (out, _) = run(&plan(text), source(&batch)).unwrap();
    let inner = out[0]["c"].as_struct();
    let born: Vec<_> = inner.column(0).as_primitive::<arrow::datatypes::Date32Type>().iter().collect();
    assert!(born[..12].iter().all(|day| *day == born[0]) && born[12..].iter().all(|day| *day == born[12]));
    assert_ne!(born[0], born[12]);
    let sorted = |array: &ArrayRef| {
        let mut cells: Vec<_> = array.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect();
        cells.sort();
        cells
    };
    assert_eq!(sorted(inner.column(1)), sorted(&towns));
    assert_ne!(inner.column(1), &towns);
    let subject = text.replace("\"p\"", "\"c.town\"");
    let error = plan(&subject).check(&batch.schema()).unwrap_err();
    assert_eq!(error.place().as_deref(), Some("columns.c.born.subject"), "a part is no column of the table");
}

#[test]
fn a_rule_about_rows_names_a_column_and_no_part() {
    let ruled = format!(
        "v = 1\ndataset = \"d\"\nrows = [{{ do = \"suppress\", column = \"contact.xm\", null = true }}]\n[columns]\n{PARTS}"
    );
    let error = Plan::parse_toml(&ruled).unwrap().check(&contacts().schema()).unwrap_err();
    assert_eq!(error.place().as_deref(), Some("rows.0.column"));
}

/// What stands beside the cells could quote them: the names of elements, and metadata.
#[test]
fn no_name_or_metadata_of_a_part_is_handed_on() {
    let quoted = Field::new(ID, DataType::Utf8, true).with_metadata([("example".to_owned(), ID.to_owned())].into());
    let list: ArrayRef =
        Arc::new(ListArray::new(Arc::new(quoted), OffsetBuffer::from_lengths([1, 0]), words(&[Some("a")]), None));
    let (out, applied) =
        run(&plan("\"l[]\" = { do = \"keep\" }"), source(&table(vec![("l", Arc::clone(&list))]))).unwrap();
    assert!(!format!("{:?} {}", out[0].schema(), crate::canon::to_string(&applied).unwrap()).contains(ID));
    assert_eq!((applied.schema_in[0].data_type.as_str(), applied.schema_out[0].data_type.as_str()), ("List", "List"));
    let error = plan("l = { do = \"keep\" }").check(&table(vec![("l", list)]).schema()).unwrap_err();
    assert!(!format!("{error} {}", error.zh()).contains(ID));
}

/// A struct's presence and a column of truths, a list's lengths and a column of numbers are not the same.
#[test]
fn a_nested_table_and_a_flat_one_have_different_digests() {
    let digest = |columns: Vec<(&str, ArrayRef)>| content_digest(source(&table(columns)), &mut silent).unwrap();
    let cells = || words(&[Some("a"), None, Some("b")]);
    let presence: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(true)]));
    let nested = digest(vec![("c", people(vec![("xm", cells())], &[true, false, true]))]);
    assert_ne!(nested, digest(vec![("c", presence), ("c.xm", cells())]));
    let lists = lists(&[Some(&[Some("a")]), Some(&[None]), Some(&[Some("b")])], "");
    let lengths: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 1]));
    assert_ne!(digest(vec![("l", lists)]), digest(vec![("l", lengths), ("l[]", cells())]));
}

#[test]
fn lists_of_one_size_have_nothing_under_a_null() {
    let sized = |elements: ArrayRef, size: i32, valid: Vec<bool>| -> ArrayRef {
        let field = Arc::new(Field::new("item", elements.data_type().clone(), true));
        Arc::new(FixedSizeListArray::new(field, size, elements, Some(NullBuffer::from(valid))))
    };
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1234, 5678, 9, 10, 11, 12]));
    let bytes: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter([*b"abcd", *b"efgh"].into_iter()).unwrap());
    let array = sized(numbers, 2, vec![true, false, true]);
    for (array, expected) in [
        (Arc::clone(&array), [1234_i64, 5678, 0, 0, 11, 12].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>()),
        (array.slice(1, 2), [0_i64, 0, 11, 12].iter().flat_map(|n| n.to_le_bytes()).collect()),
        (sized(bytes, 1, vec![true, false]), b"abcd\0\0\0\0".to_vec()),
    ] {
        let (out, applied) =
            run(&plan("\"c[]\" = { do = \"keep\" }"), source(&table(vec![("c", Arc::clone(&array))]))).unwrap();
        assert_eq!(&out[0]["c"], &array);
        assert_eq!(out[0]["c"].to_data().child_data()[0].buffers()[0].as_slice(), expected);
        applied.verify_output(source(&out[0]), &mut silent).unwrap();
    }
    let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    let empty = table(vec![("c", sized(none, 0, vec![true, false]))]);
    let error = plan("\"c[]\" = { do = \"keep\" }").check(&empty.schema()).unwrap_err();
    assert_eq!(error.problems().len(), 2, "it has no elements to name");
}

/// A field that is never null, in a struct that is.
#[test]
fn a_field_without_nulls_is_null_where_its_struct_is() {
    let field = Field::new("xm", DataType::Utf8, false);
    let nulls = NullBuffer::from(vec![false, true]);
    let inner = StructArray::new(vec![field].into(), vec![words(&[Some("secret"), Some("张三")])], Some(nulls));
    let batch = table(vec![("c", Arc::new(inner) as ArrayRef)]);
    for entry in ["keep", "redact"] {
        let (out, applied) = run(&plan(&format!("\"c.xm\" = {{ do = \"{entry}\" }}")), source(&batch)).unwrap();
        let cells = out[0]["c"].as_struct().column(0).as_string::<i32>().clone();
        assert_eq!(cells.iter().map(|cell| cell.is_some()).collect::<Vec<_>>(), [false, true]);
        assert!(!cells.value_data().windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!((applied.columns[0].rows, applied.columns[0].nulls), (2, 1));
    }
}

/// Each batch has words of its own.
#[test]
fn dictionaries_in_structs_and_lists_go_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.arrow");
    let batch = |word: &str| {
        let cells: DictionaryArray<Int32Type> = [Some(word), None, Some("b")].into_iter().collect();
        let cells: ArrayRef = Arc::new(cells);
        let element = Arc::new(Field::new("item", cells.data_type().clone(), true));
        let list = ListArray::new(element, OffsetBuffer::from_lengths([2, 1, 0]), Arc::clone(&cells), None);
        table(vec![("c", people(vec![("x", cells)], &[true, true, false])), ("l", Arc::new(list))])
    };
    let batches = vec![batch("a"), batch("z")];
    let input = Source::from_batches(batches[0].schema(), batches).unwrap();
    let plan = plan("\"c.x\" = { do = \"keep\" }\n\"l[]\" = { do = \"mask\", keep_prefix = 0, keep_suffix = 0 }");
    let (applied, _) =
        plan.apply_to(input, &keys(), |schema| Sink::create(&path, schema, Format::Ipc), &mut silent).unwrap();
    let out: Vec<RecordBatch> = open(&path, &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    let whole = concat(&out.iter().map(|batch| batch["c"].as_ref()).collect::<Vec<_>>()).unwrap();
    let cells = whole.as_struct().column(0).clone();
    assert_eq!(cells.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, None, Some("z"), None, None]);
    applied.verify_output(open(&path, &ReadOptions::default()).unwrap(), &mut silent).unwrap();
}

/// Text that was put together of elements is not the list any more, so the proof could not be verified.
#[test]
fn formats_of_text_take_no_nested_columns() {
    let folder = tempfile::tempdir().unwrap();
    let batch = table(vec![("l", lists(&[Some(&[Some("a")])], ""))]);
    for (name, format) in [("out.csv", Format::Csv), ("out.xlsx", Format::Xlsx)] {
        let sink = |schema| Sink::create(folder.path().join(name), schema, format);
        let refused = plan("\"l[]\" = { do = \"keep\" }").apply_to(source(&batch), &keys(), sink, &mut silent);
        assert_eq!(
            refused.unwrap_err(),
            TableError::UnsupportedType { column: 1, data_type: "List".to_owned() }.into()
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The parts of a Parquet file, and what of them is left when rows go.
#[test]
fn nested_columns_go_through_files_and_rules() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let batch = contacts();
    let mut sink = Sink::create(path("in.parquet"), batch.schema(), Format::Parquet).unwrap();
    sink.write(&batch).unwrap();
    sink.finish().unwrap();
    let ruled = Plan::parse_toml(&format!(
        "v = 1\ndataset = \"d\"\nrows = [{{ do = \"suppress\", column = \"je\", above = 2 }}]\n[columns]\n{PARTS}"
    ));
    for (plan, rows) in [(plan(PARTS), 3), (ruled.unwrap(), 2)] {
        let expected = run(&plan, source(&batch)).unwrap();
        for (name, format) in [("out.parquet", Format::Parquet), ("out.arrow", Format::Ipc)] {
            let input = open(path("in.parquet"), &ReadOptions::default()).unwrap();
            let sink = |schema| Sink::create(path(name), schema, format);
            let (applied, _) = plan.apply_to(input, &keys(), sink, &mut silent).unwrap();
            assert_eq!((applied.rows, &applied.output_digests), (rows, &expected.1.output_digests));
            applied.verify_output(open(path(name), &ReadOptions::default()).unwrap(), &mut silent).unwrap();
            if format == Format::Ipc {
                // Not compressed.
                let bytes = std::fs::read(path(name)).unwrap();
                let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(holds("139****1111"));
                assert!(!["13900001111", "欧阳娜娜", "13900002222", "张三"].into_iter().any(holds));
            }
        }
    }
}

proptest! {
    /// What stands in lists and structs becomes what it would have become in a column of its own.
    #[test]
    fn parts_are_treated_as_columns_are(cells in cells(), entry in entry(), ends in prop::collection::vec(0_usize..4, 1..12)) {
        prop_assume!(!["subject", "row_key", "shuffle"].iter().any(|word| entry.contains(word)));
        let texts: Vec<Option<&str>> = cells.iter().map(Option::as_deref).collect();
        let mut rest = texts.as_slice();
        let mut rows: Vec<Option<&[Option<&str>]>> = Vec::new();
        for length in ends {
            let (row, more) = rest.split_at(length.min(rest.len()));
            rows.push((length != 3).then_some(row));
            rest = if length == 3 { rest } else { more };
        }
        rows.push(Some(rest));
        let inner = people(vec![("c", lists(&rows, ID))], &vec![true; rows.len()]);
        let (nested, proof) = run(&plan(&format!("\"s.c[]\" = {entry}")), source(&table(vec![("s", inner)]))).unwrap();
        // A column may have such a name, and what hangs on the name is the same.
        let flat = source(&table(vec![("s.c[]", words(&texts))]));
        let (flat, expected) = run(&plan(&format!("\"s.c[]\" = {entry}")), flat).unwrap();
        let after = nested[0]["s"].as_struct().column(0).as_list::<i32>().clone();
        prop_assert_eq!(after.values(), flat[0].column(0));
        prop_assert_eq!(after.iter().map(|row| row.map(|row| row.len())).collect::<Vec<_>>(), rows.iter().map(|row| row.map(<[_]>::len)).collect::<Vec<_>>());
        prop_assert_eq!(&proof.output_digests["s.c[]"], &expected.output_digests["s.c[]"]);
        let counts = |applied: &Applied| {
            let column = applied.columns[0].clone();
            (column.rows, column.nulls, column.invalid, column.changed)
        };
        prop_assert_eq!(counts(&proof), counts(&expected));
    }
}
