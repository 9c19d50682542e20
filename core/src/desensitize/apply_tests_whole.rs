//! Transforms of whole columns: shuffle and quantiles.

use std::collections::BTreeMap;

use arrow::array::{Decimal128Array, RecordBatchIterator};

use super::*;

const SHUFFLED: &str = "c = { do = \"shuffle\", key = \"k1\" }\nn = { do = \"keep\" }";

/// Thirty different values with a null after each fifth, and numbers beside them.
fn thirty() -> RecordBatch {
    let mut cells = Vec::new();
    for number in 0..30 {
        cells.push(Some(format!("value {number:02}")));
        cells.extend((number % 5 == 4).then_some(None));
    }
    let numbers = Int64Array::from_iter_values(0..cells.len() as i64);
    table(vec![("c", Arc::new(StringArray::from(cells)) as ArrayRef), ("n", Arc::new(numbers))])
}

fn slices(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    (0..batch.num_rows()).step_by(rows).map(|at| batch.slice(at, rows.min(batch.num_rows() - at))).collect()
}

fn text(batches: &[RecordBatch]) -> Vec<Option<String>> {
    let cells = batches.iter().map(|batch| cast(&batch["c"], &DataType::Utf8).unwrap());
    cells
        .flat_map(|array| array.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect::<Vec<_>>())
        .collect()
}

fn counted<T: Ord>(cells: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    cells.into_iter().fold(BTreeMap::new(), |mut counts, cell| {
        *counts.entry(cell).or_default() += 1;
        counts
    })
}

#[test]
fn values_change_rows_and_nulls_do_not_whatever_the_batches() {
    let batch = thirty();
    let before = text(std::slice::from_ref(&batch));
    let mut answers = Vec::new();
    for rows in [1, 7, 36] {
        let input = Source::from_batches(batch.schema(), slices(&batch, rows)).unwrap();
        let (out, applied) = run(&plan(SHUFFLED), input).unwrap();
        assert_eq!(out.iter().map(|batch| batch.column(1).len()).sum::<usize>(), 36);
        answers.push((text(&out), applied));
    }
    let (after, applied) = &answers[0];
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(counted(after), counted(&before), "every value is there as often as it was");
    assert!(after.iter().zip(&before).all(|(after, before)| after.is_none() == before.is_none()));
    let moved = after.iter().zip(&before).filter(|(after, before)| after != before).count();
    assert!(moved > 20, "{moved}");
    let column = &applied.columns[0];
    assert_eq!((column.rows, column.nulls, column.invalid, column.changed), (36, 6, 0, moved as u64));
    assert_eq!((column.reversible, column.domain.clone()), (Reversible::WithKey, None));
}

/// The order hangs on the key, the names and the content: two columns that hold the same don't move alike.
#[test]
fn each_column_dataset_and_table_has_an_order_of_its_own() {
    let cells: ArrayRef = Arc::new(StringArray::from_iter_values((0..30).map(|number| format!("{number:02}"))));
    let shuffled = |dataset: &str, columns: Vec<(&str, ArrayRef)>| {
        let entries: Vec<_> =
            columns.iter().map(|(name, _)| format!("{name} = {{ do = \"shuffle\", key = \"k1\" }}")).collect();
        let plan = Plan::parse_toml(&format!("v = 1\ndataset = \"{dataset}\"\n[columns]\n{}", entries.join("\n")));
        run(&plan.unwrap(), source(&table(columns))).unwrap().0.remove(0)
    };
    let both = shuffled("d", vec![("c", Arc::clone(&cells)), ("e", Arc::clone(&cells))]);
    assert_ne!(&both["c"], &both["e"]);
    assert_eq!(&shuffled("d", vec![("c", Arc::clone(&cells))])["c"], &both["c"], "other columns do not count");
    assert_ne!(&shuffled("x", vec![("c", Arc::clone(&cells))])["c"], &both["c"]);
    // One cell more or less changes where the others go.
    let more: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..30).map(|number| format!("{:02}", number + number / 29))));
    let places = |array: &ArrayRef| -> Vec<_> {
        let cells: Vec<_> = array.as_string::<i32>().iter().flatten().map(str::to_owned).collect();
        (0..29).map(|number| cells.iter().position(|cell| *cell == format!("{number:02}"))).collect()
    };
    let other = shuffled("d", vec![("c", more)]);
    let moved = places(&other["c"]).iter().zip(places(&both["c"])).filter(|(there, here)| *there != here).count();
    assert!(moved > 20, "{moved}");
}

#[test]
fn every_type_is_shuffled_and_a_dictionary_comes_out_unpacked() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..40));
    let words = numbers.as_primitive::<arrow::datatypes::Int64Type>().iter().map(|n| format!("{}", n.unwrap() % 7));
    let words: DictionaryArray<Int32Type> = words.collect::<Vec<_>>().iter().map(String::as_str).collect();
    let types = [
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Int16,
        DataType::Float64,
        DataType::Date32,
        DataType::Decimal128(20, 2),
        DataType::Timestamp(arrow::datatypes::TimeUnit::Second, Some("+08:00".into())),
        DataType::Binary,
    ];
    let dense = cast(&numbers, &DataType::Int32).unwrap();
    let arrays = types.iter().map(|data_type| match data_type {
        DataType::Binary => cast(&cast(&numbers, &DataType::Utf8).unwrap(), data_type).unwrap(),
        DataType::Date32 => cast(&dense, data_type).unwrap(),
        _ => cast(&numbers, data_type).unwrap(),
    });
    for array in arrays.chain([Arc::new(words) as ArrayRef]) {
        let plan = plan("c = { do = \"shuffle\", key = \"k1\" }");
        let (out, applied) = run(&plan, source(&table(vec![("c", Arc::clone(&array))]))).unwrap();
        let plain = match array.data_type() {
            DataType::Dictionary(_, words) => words.as_ref(),
            plain => plain,
        };
        assert_eq!(out[0]["c"].data_type(), plain);
        let cells = |array: &ArrayRef| {
            let mut cells = Vec::new();
            visit(array, &mut |cell| cells.push(cell.map(<[u8]>::to_vec)));
            cells
        };
        assert_eq!(counted(cells(&out[0]["c"])), counted(cells(&array)), "{plain}");
        assert_ne!(cells(&out[0]["c"]), cells(&array), "{plain}");
        assert!(applied.columns[0].changed > 20);
    }
}

/// Of few values one stays where it was too likely.
#[test]
fn fewer_than_twenty_values_are_not_shuffled_but_redacted() {
    let cells = |count: usize| -> ArrayRef {
        Arc::new((0..count).map(|n| Some(format!("{n}"))).chain([None]).collect::<StringArray>())
    };
    let treat = |count, on_invalid: &str| {
        let text = format!(
            "v = 1\ndataset = \"d\"\n[columns]\nc = {{ do = \"shuffle\", key = \"k1\" }}\n[on_invalid]\ndefault = \"{on_invalid}\""
        );
        run(&Plan::parse_toml(&text).unwrap(), source(&table(vec![("c", cells(count))])))
    };
    let (out, applied) = treat(19, "redact").unwrap();
    assert!(text(&out)[..19].iter().all(|cell| cell.as_deref() == Some(REDACTED)));
    assert_eq!((text(&out)[19].as_deref(), applied.columns[0].invalid, applied.columns[0].changed), (None, 19, 19));
    assert_eq!(treat(19, "error").unwrap_err(), PlanError::InvalidValue { column: "c".to_owned(), row: 1 }.into());
    let (out, applied) = treat(20, "error").unwrap();
    assert_eq!(applied.columns[0].invalid, 0);
    assert_eq!(counted(text(&out)), counted(text(&[table(vec![("c", cells(20))])])));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let (out, _) = run(&plan("c = { do = \"shuffle\", key = \"k1\" }"), source(&table(vec![("c", numbers)]))).unwrap();
    assert_eq!(out[0]["c"].null_count(), 2);
}

/// Rows that leave are shuffled among themselves: no value of a removed row comes back in another.
#[test]
fn removed_rows_take_their_values_with_them() {
    let text_plan = format!(
        "v = 1\ndataset = \"d\"\nrows = [{{ do = \"suppress\", column = \"n\", above = 27 }}]\n[columns]\n{SHUFFLED}"
    );
    let batch = thirty();
    let plan = Plan::parse_toml(&text_plan).unwrap();
    for rows in [5, 36] {
        let (out, applied) = run(&plan, Source::from_batches(batch.schema(), slices(&batch, rows)).unwrap()).unwrap();
        assert_eq!(counted(text(&out)), counted(text(&[batch.slice(0, 28)])));
        assert_eq!((applied.rows, applied.removed[0].rows), (28, 8), "rows are counted once");
    }
}

/// A stream can be read only once, and is held in memory: the answer is that of the file.
#[test]
fn a_table_that_is_read_once_gives_what_a_file_gives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    let batch = thirty();
    let mut sink = Sink::create(&path, batch.schema(), Format::Csv).unwrap();
    sink.write(&batch).unwrap();
    sink.finish().unwrap();
    let stream = RecordBatchIterator::new(slices(&batch, 11).into_iter().map(Ok), batch.schema());
    let (streamed, applied) = run(&plan(SHUFFLED), Source::from_reader(Box::new(stream)).unwrap()).unwrap();
    let (read, of_file) = run(&plan(SHUFFLED), open(&path, &ReadOptions::default()).unwrap()).unwrap();
    assert_eq!(text(&streamed), text(&read));
    assert_eq!(applied.output_digests, of_file.output_digests);
}

/// Between the two readings the file became another one.
#[test]
fn a_file_that_changes_between_the_readings_has_no_proof() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    let rows = |last: &str| format!("c\n{}{last}\n", (0..30).map(|n| format!("{n}\n")).collect::<String>());
    for changed in [rows("31"), rows("x\ny"), "c\n1\n".to_owned(), rows("30").replacen('c', "d", 1)] {
        std::fs::write(&path, rows("30")).unwrap();
        let input = open(&path, &ReadOptions::default()).unwrap();
        // A file of its own: the reader holds the old one.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &changed).unwrap();
        let plan = plan("c = { do = \"shuffle\", key = \"k1\" }");
        let failed = plan.apply_each(input, &keys(), &mut |_| Ok(()), &mut silent);
        assert_eq!(code(failed.unwrap_err()), "KF-PLAN-26", "{changed:?}");
    }
}

/// A file that is gone is still read by whoever opened it.
#[test]
fn a_file_that_is_gone_is_held_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    std::fs::write(&path, format!("c\n{}", (0..30).map(|n| format!("{n}\n")).collect::<String>())).unwrap();
    let plan = plan("c = { do = \"shuffle\", key = \"k1\" }");
    let (there, _) = run(&plan, open(&path, &ReadOptions::default()).unwrap()).unwrap();
    let input = open(&path, &ReadOptions::default()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(text(&run(&plan, input).unwrap().0), text(&there));
}

#[test]
fn the_first_reading_is_told_and_can_be_cancelled() {
    let batch = thirty();
    let input = || Source::from_batches(batch.schema(), slices(&batch, 10)).unwrap();
    let mut stages = Vec::new();
    let mut tell = |update: crate::table::ProgressUpdate| {
        stages.push((update.stage, update.done));
        ControlFlow::Continue(())
    };
    plan(SHUFFLED).apply_each(input(), &keys(), &mut |_| Ok(()), &mut tell).unwrap();
    assert_eq!(stages[..4], [("gather", 10), ("gather", 20), ("gather", 30), ("gather", 36)]);
    assert_eq!(stages[4..], [("apply", 10), ("apply", 20), ("apply", 30), ("apply", 36)]);
    let cancelled = plan(SHUFFLED).apply_each(input(), &keys(), &mut |_| Ok(()), &mut |_| ControlFlow::Break(()));
    assert_eq!(cancelled.unwrap_err(), TableError::Cancelled { stage: "gather" }.into());
}

#[test]
fn a_file_is_shuffled_as_its_rows_are_whether_its_columns_are_copied_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let batch = thirty();
    let path = |name: &str| folder.path().join(name);
    let mut sink = Sink::create(path("in.parquet"), batch.schema(), Format::Parquet).unwrap();
    sink.write(&batch).unwrap();
    sink.finish().unwrap();
    let (expected, _) = run(&plan(SHUFFLED), source(&batch)).unwrap();
    for name in ["out.parquet", "out.csv"] {
        let input = open(path("in.parquet"), &ReadOptions::default()).unwrap();
        let format = if name.ends_with("csv") { Format::Csv } else { Format::Parquet };
        let sink = |schema| Sink::create(path(name), schema, format);
        let (applied, _) = plan(SHUFFLED).apply_to(input, &keys(), sink, &mut silent).unwrap();
        let out: Vec<_> = open(path(name), &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
        assert_eq!(text(&out), text(&expected), "{name}");
        applied.verify_output(open(path(name), &ReadOptions::default()).unwrap(), &mut silent).unwrap();
    }
}

#[test]
fn quantiles_bin_every_number_type_alike() {
    let values: Vec<i64> = (0..80).map(|n| n * 37 % 80).collect();
    let names = ["(,20)", "[20,40)", "[40,60)", "[60,)"];
    let expected: Vec<_> = values.iter().map(|value| Some(names[*value as usize / 20].to_owned())).collect();
    let numbers: ArrayRef = Arc::new(Int64Array::from(values.clone()));
    let decimals = Decimal128Array::from_iter_values(values.iter().map(|value| i128::from(value * 100)));
    let decimals: ArrayRef = Arc::new(decimals.with_precision_and_scale(10, 2).unwrap());
    let text = cast(&numbers, &DataType::Utf8).unwrap();
    let words = cast(&text, &DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8))).unwrap();
    let floats = cast(&numbers, &DataType::Float32).unwrap();
    for array in [numbers, decimals, words, text, floats] {
        let name = array.data_type().to_string();
        assert_eq!(treat(array, "{ do = \"generalize\", quantiles = 4 }").unwrap(), expected, "{name}");
    }
    let few: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None, Some(6)]));
    let all = Some("(,)".to_owned());
    assert_eq!(treat(few, "{ do = \"generalize\", quantiles = 4 }").unwrap(), [all.clone(), None, all]);
}

/// Elements of one row could stay in it.
#[test]
fn elements_of_lists_are_not_shuffled() {
    let schema = Schema::new(vec![Field::new("l", DataType::new_list(DataType::Utf8, true), true)]);
    let error = plan("\"l[]\" = { do = \"shuffle\", key = \"k1\" }").check(&schema).unwrap_err();
    assert_eq!(code(error), "KF-PLAN-27");
}

#[test]
fn a_column_alone_is_refused_what_must_see_the_whole() {
    for entry in ["{ do = \"shuffle\", key = \"k1\" }", "{ do = \"generalize\", quantiles = 4 }"] {
        let error = ColumnTreatment::new(&plan(&format!("c = {entry}")), "c", &DataType::Utf8, &keys()).err().unwrap();
        assert_eq!(code(error), "KF-PLAN-24");
    }
}
