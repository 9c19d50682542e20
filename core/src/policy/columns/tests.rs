//! Columns against the answers to one case after another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, LargeStringArray, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, StringViewArray, UInt8Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, UInt8Type};
use proptest::prelude::*;

use super::*;
use crate::error::Explain as _;
use crate::policy::{Domain, FactDefinition, FactValue, Facts, Status};
use crate::table::TableError;
use crate::terms::Word as _;

fn at() -> Date {
    "2026-11-24".parse().unwrap()
}

fn policies() -> &'static [Policy; 2] {
    static POLICIES: OnceLock<[Policy; 2]> = OnceLock::new();
    POLICIES.get_or_init(|| {
        let xian = Policy::builtin("xian-2022-013").unwrap();
        let read = |policy: &Policy, name: &str, option: &str| policy.with_interpretation(name, option).unwrap();
        let other = read(&xian, "deidentified_may_be_unconditional", "yes");
        [xian, read(&read(&other, "risk_report_overdue", "deny"), "conditional_preview", "treated_sample")]
    })
}

/// For each fact the places of its values, row after row; none is unknown.
type Places = Vec<Vec<Option<u8>>>;

fn word(domain: &Domain, place: u8) -> String {
    match domain.value_at(usize::from(place)).unwrap() {
        FactValue::Bool(value) => value.to_string(),
        FactValue::Word(word) => word,
    }
}

/// A fact's column in one of the types in which it can be given.
fn column(fact: &FactDefinition, places: &[Option<u8>], form: u8) -> ArrayRef {
    let words = places.iter().map(|place| place.map(|place| word(&fact.domain, place)));
    if fact.domain == Domain::BOOL && form < 4 {
        let bits = BooleanArray::from_iter(places.iter().map(|place| place.map(|place| place == 1)));
        // A slice starts within a byte.
        let padded = BooleanArray::from_iter([Some(true), None, Some(false)].into_iter().chain(bits.iter()));
        return if form < 2 { Arc::new(bits) } else { Arc::new(padded.slice(3, bits.len())) };
    }
    match form % 8 {
        0 | 4 => Arc::new(StringArray::from_iter(words)),
        1 => Arc::new(LargeStringArray::from_iter(words)),
        5 => Arc::new(StringViewArray::from_iter(words)),
        2 | 6 => {
            let words: Vec<Option<String>> = words.collect();
            Arc::new(words.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())
        }
        3 => {
            // Values in another order than the domain, one of them null and one that no row uses.
            let size = fact.domain.size() as u8;
            let values = std::iter::once(None).chain((0..size).rev().map(|place| Some(word(&fact.domain, place))));
            let values = StringArray::from_iter(values.chain([Some("no_value".to_owned())]));
            let keys = places.iter().map(|place| Some(place.map_or(0, |place| size - place)));
            let keys = UInt8Array::from_iter(keys);
            Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, Arc::new(values)).unwrap())
        }
        _ => {
            let long = StringArray::from_iter(words);
            cast(&long, &DataType::Dictionary(Box::new(DataType::Int64), Box::new(DataType::LargeUtf8))).unwrap()
        }
    }
}

fn cell(column: &ArrayRef, row: usize) -> Option<String> {
    let text = cast(column, &DataType::Utf8).unwrap();
    let text = text.as_string::<i32>();
    text.is_valid(row).then(|| text.value(row).to_owned())
}

fn joined<'a>(ids: impl Iterator<Item = &'a str>) -> Option<String> {
    let ids: Vec<&str> = ids.collect();
    (!ids.is_empty()).then(|| ids.join("|"))
}

/// What the answer to one case says in a column.
fn expected(policy: &Policy, section: Section, facts: &Facts, name: &str) -> Option<String> {
    let codes = |reasons: &[Reason]| joined(reasons.iter().map(|reason| reason.code.as_str()));
    match section {
        Section::Classification => {
            let answer = policy.classify(facts, at()).unwrap();
            match name {
                "status" => Some(answer.status.id().to_owned()),
                "permitted" => joined(answer.permitted.iter().map(|class| class.id())),
                "default" => answer.default.map(|class| class.id().to_owned()),
                "class" => answer.default.map(|class| (class as u8).to_string()),
                "recommended" => answer.recommended.map(|class| class.id().to_owned()),
                "possible" => joined(answer.possible.iter().map(|class| class.id())),
                "requires" => codes(&answer.requires),
                "grounds" => joined(answer.grounds.iter().map(|ground| ground.id.as_str())),
                "open" => joined(answer.open.iter().map(String::as_str)),
                _ => codes(&answer.notices),
            }
        }
        Section::Access => {
            let answer = policy.decide(facts, at()).unwrap();
            match name {
                "permit" => Some(answer.permit.to_string()),
                "denials" => joined(
                    answer.denials.iter().map(|reason| reason.code.as_str()).filter(|code| *code != "unknown_facts"),
                ),
                "open" => joined(answer.open.iter().map(String::as_str)),
                "duties" => joined(answer.duties.iter().map(|duty| duty.code.as_str())),
                _ => codes(&answer.notices),
            }
        }
    }
}

fn check(policy: &Policy, section: Section, places: &Places, absent: u64, forms: &[u8]) {
    let facts = policy.facts(section);
    let rows = places[0].len();
    let present: Vec<usize> = (0..facts.len()).filter(|fact| absent >> fact & 1 == 0).collect();
    let arrays: Vec<ArrayRef> =
        present.iter().map(|fact| column(&facts[*fact], &places[*fact], forms[*fact])).collect();
    let fields: Vec<Field> = present
        .iter()
        .zip(&arrays)
        .map(|(fact, array)| Field::new(&facts[*fact].id, array.data_type().clone(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options).unwrap();
    let names: Vec<&str> = answers::known_columns(section).collect();
    let answers = policy.evaluator(section, at(), &schema, Some(&names)).unwrap().run(&batch).unwrap();
    assert_eq!(answers.num_rows(), rows);
    for row in 0..rows {
        let mut case = Facts::new();
        for fact in &present {
            let known = places[*fact].get(row).copied().flatten();
            if let Some(place) = known {
                case.set(&facts[*fact].id, facts[*fact].domain.value_at(usize::from(place)).unwrap());
            }
        }
        for (name, column) in names.iter().zip(answers.columns()) {
            assert_eq!(cell(column, row), expected(policy, section, &case, name), "{name} of row {row}: {case:?}");
        }
    }
    // A text stands in a dictionary once: pandas refuses it otherwise.
    for dictionary in answers.columns().iter().filter_map(|column| column.as_any_dictionary_opt()) {
        let texts: Vec<Option<&str>> = dictionary.values().as_string::<i32>().iter().collect();
        assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len(), "{texts:?}");
    }
    // A policy of too many gates is answered row by row.
    let mut one_by_one = policy.evaluator(section, at(), &schema, Some(&names)).unwrap();
    let layout = match section {
        Section::Classification => &policy.model.classification.space.layout,
        Section::Access => &policy.model.access.space.layout,
    };
    one_by_one.plan = Plan::new(None, layout);
    one_by_one.planes = one_by_one.plan.circuit.scratch();
    let slowly = one_by_one.run(&batch).unwrap();
    for (name, (column, other)) in names.iter().zip(answers.columns().iter().zip(slowly.columns())) {
        let text = |column: &ArrayRef| cast(column, &DataType::Utf8).unwrap();
        assert_eq!(&text(column), &text(other), "{name}");
    }
    // Fewer columns, in another order, say the same.
    let names: Vec<&str> = names.into_iter().rev().step_by(2).collect();
    let fewer = policy.evaluator(section, at(), &schema, Some(&names)).unwrap().run(&batch).unwrap();
    for (name, column) in names.iter().zip(fewer.columns()) {
        assert_eq!(column, answers.column_by_name(name).unwrap(), "{name}");
    }
}

/// Rows of facts: mostly known, so that whole rows are, and mild, so that not everything is out of scope.
fn rows(section: Section) -> impl Strategy<Value = Places> {
    let facts = policies()[0].facts(section);
    let sizes: Vec<u8> = facts.iter().map(|fact| fact.domain.size() as u8).collect();
    (0usize..150, 0u8..6).prop_flat_map(move |(rows, unknown)| {
        let place = move |size: u8| {
            (any::<u8>(), any::<u8>()).prop_map(move |(value, known)| {
                let value = if value < 80 { 0 } else { value % size };
                (known % 64 >= unknown).then_some(value)
            })
        };
        sizes.iter().map(|size| prop::collection::vec(place(*size), rows)).collect::<Vec<_>>()
    })
}

/// Every fact of every row known, and in types of which that is known without a look at each row.
fn whole(section: Section, places: &Places, forms: &[u8]) -> (Places, Vec<u8>) {
    let known = |column: &Vec<Option<u8>>| column.iter().map(|place| Some(place.unwrap_or(0))).collect();
    let is_bool = policies()[0].facts(section).iter().map(|fact| fact.domain == Domain::BOOL);
    let form = |(is_bool, form): (bool, &u8)| match form % 3 {
        0 if is_bool => 0,
        0 | 1 => 2,
        _ => 6,
    };
    (places.iter().map(known).collect(), is_bool.zip(forms).map(form).collect())
}

/// A batch with a column a fact, the rows being the given ones again and again.
fn repeated(section: Section, places: &Places, rows: usize, forms: &[u8]) -> RecordBatch {
    let facts = policies()[0].facts(section);
    let arrays = facts.iter().zip(places).zip(forms).map(|((fact, places), form)| {
        let places: Vec<Option<u8>> = places.iter().copied().cycle().take(rows).collect();
        (fact.id.as_str(), column(fact, &places, *form))
    });
    RecordBatch::try_from_iter_with_nullable(arrays.map(|(name, array)| (name, array, true))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    // Whole blocks take another way through the code than a batch's last rows: they answer alike.
    #[test]
    fn a_long_batch_is_answered_as_short_ones(
        (section, places) in prop_oneof![Just(Section::Classification), Just(Section::Access)]
            .prop_flat_map(|section| (Just(section), rows(section))),
        known in any::<bool>(),
        forms in prop::collection::vec(0u8..8, 20),
        short in 1usize..999,
    ) {
        prop_assume!(!places[0].is_empty());
        let (places, forms) = if known { whole(section, &places, &forms) } else { (places, forms) };
        let batch = repeated(section, &places, 2 * ROWS + 77, &forms);
        let names: Vec<&str> = answers::known_columns(section).collect();
        let mut evaluator = policies()[1].evaluator(section, at(), &batch.schema(), Some(&names)).unwrap();
        let text = |column: &ArrayRef| cast(column, &DataType::Utf8).unwrap();
        let whole: Vec<ArrayRef> = evaluator.run(&batch).unwrap().columns().iter().map(text).collect();
        for first in (0..batch.num_rows()).step_by(short) {
            let part = batch.slice(first, short.min(batch.num_rows() - first));
            for (column, whole) in evaluator.run(&part).unwrap().columns().iter().zip(&whole) {
                prop_assert_eq!(&text(column), &whole.slice(first, part.num_rows()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn columns_are_classified_as_their_rows(
        places in rows(Section::Classification),
        absent in any::<u64>(),
        all in 0u8..4,
        forms in prop::collection::vec(0u8..8, 20),
        which in 0usize..2,
        known in any::<bool>(),
    ) {
        let absent = if all > 0 || known { 0 } else { absent & absent >> 7 & absent >> 13 };
        let (places, forms) = if known { whole(Section::Classification, &places, &forms) } else { (places, forms) };
        check(&policies()[which], Section::Classification, &places, absent, &forms);
    }

    #[test]
    fn columns_are_decided_as_their_rows(
        places in rows(Section::Access),
        absent in any::<u64>(),
        all in 0u8..4,
        forms in prop::collection::vec(0u8..8, 20),
        which in 0usize..2,
        known in any::<bool>(),
    ) {
        let absent = if all > 0 || known { 0 } else { absent & absent >> 7 & absent >> 13 };
        let (places, forms) = if known { whole(Section::Access, &places, &forms) } else { (places, forms) };
        check(&policies()[which], Section::Access, &places, absent, &forms);
    }
}

#[test]
fn blocks_join_without_a_seam() {
    let facts = policies()[0].facts(Section::Classification);
    let rows = 2 * ROWS + 77;
    // Each fact with a period of its own; one unknown now and then.
    let places: Places = facts
        .iter()
        .enumerate()
        .map(|(fact, definition)| {
            let size = definition.domain.size();
            let value = |row: usize| if row.is_multiple_of(fact + 2) { (row / (fact + 2) % size) as u8 } else { 0 };
            (0..rows).map(|row| (row % 997 != fact).then(|| value(row))).collect()
        })
        .collect();
    check(&policies()[0], Section::Classification, &places, 0, &[3; 20]);
}

fn run(columns: Vec<(&str, ArrayRef)>, section: Section) -> Result<RecordBatch, crate::Error> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    policies()[0].evaluator(section, at(), &batch.schema(), None)?.run(&batch)
}

fn text(words: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(words.to_vec()))
}

#[test]
fn what_is_not_known_is_refused_and_never_shown() {
    let dictionary = |words: &[Option<&str>]| -> ArrayRef {
        Arc::new(words.iter().copied().collect::<DictionaryArray<Int32Type>>())
    };
    let twelve: Vec<String> = (0..12).map(|word| format!("6101{word}")).collect();
    let twelve: Vec<Option<&str>> = twelve.iter().map(|word| Some(word.as_str())).collect();
    let numbers: ArrayRef = Arc::new(UInt8Array::from(vec![1]));
    for (name, column, code, place) in [
        ("no_such_fact", text(&[None]), "KF-FACT-01", Some("no_such_fact")),
        ("6101 Chang'an Road", text(&[None]), "KF-FACT-01", Some("…")),
        ("listed", text(&[None]), "KF-FACT-01", Some("listed")),
        ("state_secret", text(&[Some("true"), None, Some("6101")]), "KF-FACT-05", Some("row 3, column state_secret")),
        ("state_secret", text(&[Some("TRUE")]), "KF-FACT-05", Some("row 1, column state_secret")),
        ("data_grade", dictionary(&[Some("core"), Some("6101")]), "KF-FACT-05", Some("row 2, column data_grade")),
        ("data_grade", dictionary(&twelve), "KF-FACT-05", Some("row 1, column data_grade")),
        ("data_grade", Arc::new(BooleanArray::from(vec![true])), "KF-FACT-06", Some("column data_grade")),
        ("state_secret", numbers, "KF-FACT-06", Some("column state_secret")),
    ] {
        let error = run(vec![(name, column)], Section::Classification).unwrap_err();
        assert_eq!((error.code(), error.place().as_deref()), (code, place), "{name}");
        assert!(!format!("{error} {error:?} {}", error.zh()).contains("6101"), "{error:?}");
    }
    for wanted in [&["status", "status"][..], &["permit"], &["nonsense"], &[]] {
        let empty = Schema::empty();
        let error = policies()[0].evaluator(Section::Classification, at(), &empty, Some(wanted)).err().unwrap();
        assert_eq!(error.code(), "KF-FACT-07");
    }
    let early = policies()[0].evaluator(Section::Access, "2022-12-31".parse().unwrap(), &Schema::empty(), None);
    assert_eq!(early.err().unwrap().code(), "KF-POLICY-19");
}

#[test]
fn nulls_of_every_kind_are_unknown() {
    let values = StringArray::from(vec![Some("core")]);
    let keys = UInt8Array::from(vec![None::<u8>]);
    let dictionary = DictionaryArray::<UInt8Type>::try_new(keys, Arc::new(values)).unwrap();
    let empty = DictionaryArray::<UInt8Type>::try_new(
        UInt8Array::from(vec![None::<u8>]),
        Arc::new(StringArray::from(Vec::<&str>::new())),
    )
    .unwrap();
    for column in [text(&[None]), Arc::new(NullArray::new(1)), Arc::new(dictionary), Arc::new(empty)] {
        let answers = run(vec![("data_grade", column)], Section::Classification).unwrap();
        let open = cell(answers.column_by_name("open").unwrap(), 0).unwrap();
        assert!(open.split('|').any(|fact| fact == "data_grade"), "{open}");
        assert_eq!(cell(&answers.columns()[0], 0).as_deref(), Some(Status::NeedsAssessment.id()));
    }
}

#[test]
fn a_table_without_columns_has_answers_to_its_rows() {
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    let mut evaluator = policies()[0].evaluator(Section::Access, at(), &batch.schema(), None).unwrap();
    let answers = evaluator.run(&batch).unwrap();
    assert_eq!((answers.num_rows(), answers.columns()[0].as_boolean().true_count()), (3, 0));
}

#[test]
fn rows_are_counted_over_all_batches_and_batches_keep_their_columns() {
    let schema = Arc::new(Schema::new(vec![Field::new("state_secret", DataType::Utf8, true)]));
    let batch = |words: &[Option<&str>]| RecordBatch::try_new(schema.clone(), vec![text(words)]).unwrap();
    let mut evaluator = policies()[0].evaluator(Section::Classification, at(), &schema, None).unwrap();
    evaluator.run(&batch(&[None, Some("true")])).unwrap();
    let error = evaluator.run(&batch(&[Some("maybe")])).unwrap_err();
    assert_eq!(error.place().as_deref(), Some("row 3, column state_secret"));
    let other = RecordBatch::try_from_iter([("state_secret", Arc::new(BooleanArray::from(vec![true])) as ArrayRef)]);
    let error = evaluator.run(&other.unwrap()).unwrap_err();
    assert_eq!(error.code(), TableError::SchemaMismatch { expected: 1, found: 1 }.code());
}

#[test]
fn a_table_is_not_answered_onto_the_file_that_it_is_read_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.csv");
    let facts = "listed,action\ntrue,query\n";
    std::fs::write(&path, facts).unwrap();
    let open = || crate::table::open(&path, &crate::table::ReadOptions::default()).unwrap();
    let into = |to: &std::path::Path| {
        let create = |schema| Sink::create(to, schema, Sink::format_of(to));
        policies()[0].eval_to(open(), Section::Access, at(), None, create, &mut crate::table::silent)
    };
    let onto_itself = into(&path).unwrap_err();
    assert_eq!(onto_itself.code(), "KF-TABLE-25");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), facts);
    assert_eq!(into(&folder.path().join("answers.csv")).unwrap().rows, 1);
}

#[test]
fn a_catalog_tells_which_datasets_change() {
    let second = include_str!("../../../tests/data/second-city.toml");
    let [xian, other] = policies();
    let batch = RecordBatch::try_from_iter([
        ("state_secret", text(&[Some("false"), Some("true"), Some("false"), None])),
        ("personal_privacy", text(&[Some("true"); 4])),
        ("harm_ruled_out", text(&[Some("false"); 4])),
        ("desensitization", text(&[Some("deidentified"); 4])),
    ]);
    // What none of these rows says is "no".
    let named = ["state_secret", "personal_privacy", "harm_ruled_out", "desensitization"];
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let batch = batch.unwrap();
    for fact in xian.facts(Section::Classification) {
        let column = match batch.column_by_name(&fact.id) {
            Some(column) => column.clone(),
            None => text(&[Some(word(&fact.domain, 0).as_str()); 4]),
        };
        columns.push((fact.id.clone(), column));
    }
    assert!(named.iter().all(|name| columns.iter().any(|(column, _)| column == name)));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let catalog = || Source::from_batches(batch.schema(), vec![batch.clone(), batch.clone()]).unwrap();
    let same = xian.diff_catalog(xian, catalog(), at(), &mut crate::table::silent).unwrap();
    assert_eq!((same.rows, same.changed, same.changes), (8, 0, vec![]));
    let found = xian.diff_catalog(other, catalog(), at(), &mut crate::table::silent).unwrap();
    let change = CatalogChange {
        from: "withheld|conditional".to_owned(),
        to: "withheld|conditional|unconditional".to_owned(),
        rows: 4,
        first: 1,
    };
    assert_eq!((found.rows, found.changed, found.changes), (8, 4, vec![change]));
    let second = Policy::parse(second).unwrap();
    let found = xian.diff_catalog(&second, catalog(), at(), &mut crate::table::silent).unwrap();
    assert!(found.changed > 0);
    assert!(found.changes.iter().all(|change| change.to == "needs_assessment"), "it asks other facts: {found:?}");
    let stranger = RecordBatch::try_from_iter([("weather", text(&[None]))]).unwrap();
    let stranger = Source::from_batches(stranger.schema(), vec![stranger]).unwrap();
    let error = xian.diff_catalog(&second, stranger, at(), &mut crate::table::silent).unwrap_err();
    assert_eq!(error.code(), "KF-FACT-01");
}

#[test]
fn after_an_error_there_are_no_more_answers() {
    let batch =
        |words: &[Option<&str>]| RecordBatch::try_from_iter_with_nullable([("data_grade", text(words), true)]).unwrap();
    let batches = vec![batch(&[Some("core")]), batch(&[None, Some("6101")]), batch(&[Some("core")])];
    let source = Source::from_batches(batches[0].schema(), batches).unwrap();
    let mut answered = policies()[0].eval(source, Section::Classification, at(), None).unwrap();
    assert_eq!(answered.next_batch().unwrap().map(|batch| batch.num_rows()), Some(1));
    let error = answered.next_batch().unwrap_err();
    assert_eq!(error.place().as_deref(), Some("row 3, column data_grade"));
    assert_eq!(answered.next_batch().unwrap_err(), error);
    assert_eq!((answered.rows(), answered.next().is_none()), (1, true));
}

#[test]
fn columns_are_told_apart_by_their_names() {
    let bits = |value: bool| -> ArrayRef { Arc::new(BooleanArray::from(vec![value])) };
    let batch = |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter(columns).unwrap();
    let asked = batch(vec![("listed", bits(true)), ("out_of_scope", bits(false))]);
    let mut evaluator = policies()[0].evaluator(Section::Access, at(), &asked.schema(), None).unwrap();
    assert!(evaluator.run(&asked).is_ok());
    for other in [
        batch(vec![("out_of_scope", bits(false)), ("listed", bits(true))]),
        batch(vec![("listed", bits(true))]),
        batch(vec![("listed", bits(true)), ("out_of_scope", bits(false)), ("assessed", bits(true))]),
        batch(vec![("listed", text(&[Some("true")])), ("out_of_scope", bits(false))]),
    ] {
        assert_eq!(evaluator.run(&other).unwrap_err().code(), "KF-TABLE-17", "{:?}", other.schema());
    }
    let field = || Field::new("listed", DataType::Boolean, true);
    let twice = policies()[0].evaluator(Section::Access, at(), &Schema::new(vec![field(), field()]), None);
    assert_eq!(twice.unwrap_err().code(), "KF-TABLE-04");
}

#[test]
fn a_long_batch_comes_back_in_parts() {
    let rows = LONGEST_BATCH + 9;
    let grades: Vec<Option<&str>> = (0..rows).map(|row| [Some("core"), None, Some("general")][row % 3]).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([("data_grade", text(&grades), true)]).unwrap();
    let source = Source::from_batches(batch.schema(), vec![batch.clone(), batch.slice(0, 3)]).unwrap();
    let mut answered = policies()[0].eval(source, Section::Classification, at(), Some(&["open"])).unwrap();
    let mut parts = Vec::new();
    let mut found = Vec::new();
    while let Some(part) = answered.next_batch().unwrap() {
        parts.push(part.num_rows());
        let open = cast(&part.columns()[0], &DataType::Utf8).unwrap();
        let open = open.as_string::<i32>().iter().map(|open| open.unwrap().contains("data_grade"));
        found.extend(open.collect::<Vec<bool>>());
    }
    assert_eq!(parts, [LONGEST_BATCH, 9, 3]);
    let unknown = grades.iter().chain(&grades[..3]).map(Option::is_none);
    assert!(found.into_iter().eq(unknown));
}
