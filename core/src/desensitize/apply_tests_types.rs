//! Numbers, dates and ciphers over the types that have them.

use super::*;

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
    // Days that are written in whole numbers.
    for data_type in [DataType::Int32, DataType::Int64, DataType::UInt32, DataType::UInt64] {
        let dates = cast(&Int64Array::from(vec![19_900_307, 19_900_307, 19_900_307, 1990]), &data_type).unwrap();
        let a = Arc::clone(&dates);
        let batch = table(vec![("a", a), ("b", dates), ("p", Arc::clone(&p))]);
        let (batches, applied) = run(&plan(SHIFTED), source(&batch)).unwrap();
        for (number, name) in ["a", "b"].iter().enumerate() {
            assert_eq!(batches[0][*name].data_type(), &data_type);
            let cells = cast(&batches[0][*name], &DataType::Int64).unwrap();
            let cells: Vec<_> = cells.as_primitive::<arrow::datatypes::Int64Type>().iter().collect();
            let day = jiff::civil::Date::constant(1970, 1, 1) + jiff::Span::new().days(moved[0][0].unwrap());
            let expected = day.strftime("%Y%m%d").to_string().parse().unwrap();
            assert_eq!(cells, [Some(expected), Some(expected), None, None]);
            assert_eq!(applied.columns[number].invalid, 2);
        }
    }
    let small: ArrayRef = Arc::new(arrow::array::Int16Array::from(vec![1990; 4]));
    let batch = table(vec![("a", Arc::clone(&small)), ("b", small), ("p", p)]);
    assert_eq!(code(run(&plan(SHIFTED), source(&batch)).unwrap_err()), "KF-PLAN-02", "16 bits hold no day");
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
fn whole_numbers_that_are_dates_are_generalized() {
    for (to, expected) in [("year", "1990"), ("quarter", "1990-Q1"), ("decade", "1990s")] {
        let dates: ArrayRef = Arc::new(arrow::array::UInt32Array::from(vec![19_900_307, 1990]));
        let cells = treat(dates, &format!("{{ do = \"generalize\", to = \"{to}\" }}")).unwrap();
        assert_eq!(cells, [Some(expected.to_owned()), Some(REDACTED.to_owned())]);
    }
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
