//! Columns of structs and lists, part by part.

use arrow::array::{FixedSizeListArray, ListArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
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
        assert!(!format!("{:?}", out[0]["c"].to_data()).contains("secret"));
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
    assert_eq!((out[0].num_columns(), applied.dropped.as_slice()), (1, ["contact".to_owned()].as_slice()));
    let nothing = PARTS.replace("mask\", kind = \"person_name", "drop").replace("mask\", kind = \"mobile", "drop");
    let (out, applied) = run(&plan(&nothing), source(&contacts())).unwrap();
    assert_eq!(out[0].schema().field(0).name(), "je", "a struct without fields is dropped");
    assert_eq!(applied.dropped, ["contact.xm", "contact.phones[]", "contact.note"]);
}

/// A column whose name looks like the path of a part.
#[test]
fn two_parts_with_one_path_are_refused() {
    let contact = people(vec![("xm", words(&[Some("a")]))], &[true]);
    let batch = table(vec![("contact", contact), ("contact.xm", words(&[Some("b")]))]);
    let error = plan("\"contact.xm\" = { do = \"keep\" }").check(&batch.schema()).unwrap_err();
    assert_eq!(error, PlanError::DuplicateColumn { first: 1, second: 2 });
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

/// Persons of a struct are subjects of its dates where they are columns of the table; elements are shuffled with all others.
#[test]
fn transforms_that_see_more_than_a_cell_work_inside() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![7370; 24]));
    let born = people(vec![("born", days)], &[true; 24]);
    let rows: Vec<Vec<Option<String>>> =
        (0..24).map(|row| vec![Some(format!("{row:02}a")), Some(format!("{row:02}b"))]).collect();
    let rows: Vec<Vec<Option<&str>>> = rows.iter().map(|row| row.iter().map(Option::as_deref).collect()).collect();
    let rows: Vec<Option<&[Option<&str>]>> = rows.iter().map(|row| Some(row.as_slice())).collect();
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..24).map(|row| format!("p{}", row / 12))));
    let batch = table(vec![("c", born), ("l", lists(&rows, "")), ("p", ids)]);
    let plan = plan(
        r#"
        "c.born" = { do = "date_shift", subject = "p", days = 200, key = "k1" }
        "l[]"    = { do = "shuffle", key = "k1" }
        p        = { do = "drop" }
        "#,
    );
    let (out, applied) = run(&plan, source(&batch)).unwrap();
    let born = out[0]["c"].as_struct().column(0).clone();
    let born: Vec<_> = born.as_primitive::<arrow::datatypes::Date32Type>().iter().collect();
    assert!(born[..12].iter().all(|day| *day == born[0]) && born[12..].iter().all(|day| *day == born[12]));
    assert_ne!(born[0], born[12]);
    let sorted = |array: &ArrayRef| {
        let mut cells: Vec<_> =
            array.as_list::<i32>().values().as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect();
        cells.sort();
        cells
    };
    assert_eq!(sorted(&out[0]["l"]), sorted(&batch["l"]));
    assert_ne!(&out[0]["l"], &batch["l"]);
    assert_eq!(applied.columns.iter().find(|column| column.name == "l[]").unwrap().rows, 48);
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
            let bytes = std::fs::read(path(name)).unwrap();
            for plain in ["13900001111", "欧阳娜娜", "13900002222", "张三"] {
                assert!(!bytes.windows(plain.len()).any(|window| window == plain.as_bytes()), "{name}: {plain}");
            }
        }
    }
}

proptest! {
    /// What stands in lists and structs becomes what it would have become in a column of its own.
    #[test]
    fn parts_are_treated_as_columns_are(cells in cells(), entry in entry(), ends in prop::collection::vec(0_usize..4, 1..12)) {
        prop_assume!(!entry.contains("subject") && !entry.contains("row_key") );
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
