//! What the Measures ask of a catalog as a whole, article by article.

use jiff::civil::Date;

use super::*;
use crate::crypto::sha256;
use crate::error::Explain;
use crate::policy::{Facts, Policy};
use crate::terms::{AccessWay, DataGrade, Openness};

const BODY: &str = "11610100013300000X";
const OTHER: &str = "116101000133000011";

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn today() -> Date {
    day("2026-11-23")
}

/// An entry in which nothing is wrong today.
pub(super) fn whole(id: &str) -> Entry {
    let office = |role: &str| Some(Office { role: role.to_owned(), contact: "029-86780000".to_owned() });
    let mut entry = Entry::new(id);
    entry.name = Some(format!("数据 {id}"));
    entry.body = Some(Body { id: BODY.into(), name: "西安市示例局".into() });
    entry.openness = Some(Openness::Unconditional);
    entry.format = Some(DataFormat::Csv);
    entry.data_type = Some(DataType::Structured);
    entry.access_ways = vec![AccessWay::Download];
    entry.update_frequency = Some(UpdateFrequency::Yearly);
    entry.updated = Some(day("2026-06-30"));
    entry.level = Some(Level::Municipal);
    entry.grade = Some(DataGrade::General);
    entry.responsible =
        Responsible { first: office("局长"), leader: office("分管副局长"), contact: office("数据科") };
    entry.channel = Some(Channel::Platform);
    entry.assessment = Some(sha256(id.as_bytes()));
    entry.content = Some(sha256(format!("content of {id}").as_bytes()));
    entry.assessed = Some(day("2026-06-01"));
    entry
}

fn of_district(id: &str, district: &str) -> Entry {
    Entry { level: Some(Level::District), district: Some(district.to_owned()), ..whole(id) }
}

fn of_other_body(mut entry: Entry) -> Entry {
    entry.body = Some(Body { id: OTHER.into(), name: "西安市另一局".into() });
    entry
}

pub(super) fn city(entries: Vec<Entry>) -> Catalog {
    Catalog { entries, ..Catalog::new("xa", Level::Municipal) }
}

fn beilin(entries: Vec<Entry>) -> Catalog {
    Catalog { entries, district: Some("610103".into()), ..Catalog::new("xa-beilin", Level::District) }
}

/// Which problem each entry has: position, code, article, field.
fn found(catalog: &Catalog, on: Date) -> Vec<(Option<usize>, String, String, String)> {
    let problems = catalog.check(on, &CatalogTerms::default());
    let told = |problem: CatalogProblem| {
        let CatalogProblem { entry, problem, .. } = problem;
        (entry.map(|place| place.index), problem.code, problem.cite, problem.field)
    };
    problems.into_iter().map(told).collect()
}

fn one(index: usize, code: &str, cite: &str, field: &str) -> (Option<usize>, String, String, String) {
    (Some(index), code.to_owned(), cite.to_owned(), field.to_owned())
}

#[test]
fn a_catalog_of_whole_entries_has_no_problem() {
    let catalog = city(vec![whole("a"), of_other_body(whole("b")), of_district("c", "610103")]);
    assert_eq!(found(&catalog, today()), []);
    assert_eq!(found(&beilin(vec![of_district("c", "610103")]), today()), []);
}

#[test]
fn a19_2_everything_wrong_is_told_at_once() {
    let mut late = whole("late");
    late.updated = Some(day("2025-01-01"));
    late.format = Some(DataFormat::Pdf);
    late.grade = None;
    let found = found(&city(vec![whole("a"), late.clone(), late]), today());
    let of_each = |index| {
        [
            one(index, "missing", "A4", "grade"),
            one(index, "not_machine_readable", "A3(4)", "format"),
            one(index, "update_overdue", "A23", "updated"),
            one(index, "id_twice", "A19.2", "id"),
        ]
    };
    assert_eq!(found, [of_each(1), of_each(2)].concat());
}

#[test]
fn a23_an_update_is_overdue_the_day_after_it_was_due() {
    let mut entry = whole("a");
    entry.update_frequency = Some(UpdateFrequency::Quarterly);
    entry.updated = Some(day("2026-08-31"));
    let catalog = city(vec![entry.clone()]);
    assert_eq!(found(&catalog, day("2026-11-30")), []);
    assert_eq!(found(&catalog, day("2026-12-01")), [one(0, "update_overdue", "A23", "updated")]);

    let changed = |change: fn(&mut Entry)| {
        let mut entry = entry.clone();
        change(&mut entry);
        found(&city(vec![entry]), day("2026-12-01"))
    };
    assert_eq!(changed(|entry| entry.updated = None), [one(0, "missing", "A23", "updated")]);
    assert_eq!(changed(|entry| entry.updated = Some(day("2026-12-02"))), [one(0, "in_future", "A21", "updated")]);
    // What has no period, and what nobody gets, is not overdue.
    assert_eq!(changed(|entry| entry.update_frequency = Some(UpdateFrequency::Never)), []);
    assert_eq!(changed(|entry| (entry.openness, entry.access_ways) = (Some(Openness::Withheld), Vec::new())), []);
}

#[test]
fn a21_what_is_not_opened_is_assessed_again() {
    let mut entry = whole("a");
    (entry.openness, entry.access_ways) = (Some(Openness::Withheld), Vec::new());
    let due = |entry: &Entry, on: &str, terms: &CatalogTerms| {
        city(vec![entry.clone()]).check(day(on), terms).iter().any(|found| found.problem.code == "reassessment_due")
    };
    let year = CatalogTerms::default();
    assert!(!due(&entry, "2027-06-01", &year) && due(&entry, "2027-06-02", &year));
    let half = CatalogTerms { reassess_months: 6 };
    assert!(!due(&entry, "2026-12-01", &half) && due(&entry, "2026-12-02", &half));
    // An opened one is followed by its updates; one that was never assessed is due at once.
    assert!(!due(&whole("a"), "2027-06-02", &year));
    assert!(due(&Entry { assessed: None, ..entry.clone() }, "2026-06-01", &year));
    assert!(due(&Entry { openness: None, assessed: None, ..entry }, "2026-06-01", &year));
}

#[test]
fn a20_one_datum_one_source() {
    let item = |name: &str| DataItem { name: name.into(), title: None, data_type: None };
    let mut first = whole("a");
    first.name = Some("行政处罚信息(2026)".into());
    first.items = vec![item("案号"), item("处罚日期")];
    // Written otherwise, in another order, and with another content.
    let mut second = of_other_body(whole("b"));
    second.name = Some("行政处罚信息（２０２６）".into());
    second.items = vec![item("处罚日期 "), item("案号")];
    let both = city(vec![first.clone(), whole("c"), second.clone()]);
    assert_eq!(found(&both, today()), [one(0, "same_datum", "A20", "items"), one(2, "same_datum", "A20", "items")]);
    let problems = both.check(today(), &CatalogTerms::default());
    let sides = |index: usize| problems[index].others.iter().map(|other| other.id.as_str()).collect::<Vec<_>>();
    assert_eq!((sides(0), sides(1)), (vec!["b"], vec!["a"]));

    let same = |second: Entry| !found(&city(vec![first.clone(), second]), today()).is_empty();
    assert!(!same(Entry { items: vec![item("案号")], ..second.clone() }), "other items are another datum");
    assert!(!same(Entry { name: Some("行政许可信息".into()), ..second.clone() }));
    assert!(!same(Entry { body: first.body.clone(), ..second.clone() }), "one body may list a datum in two entries");
    let content = Entry { content: first.content, name: Some("别名".into()), ..second.clone() };
    assert_eq!(
        found(&city(vec![first.clone(), content]), today()),
        [one(0, "same_datum", "A20", "content"), one(1, "same_datum", "A20", "content")]
    );
    // The same in both ways is told once, and a body that is not named may be another one.
    let copy = Entry { content: first.content, body: None, ..second };
    let codes = found(&city(vec![first, copy]), today());
    assert_eq!(codes.iter().filter(|(_, code, ..)| code == "same_datum").count(), 2);
}

#[test]
fn a20_many_bodies_of_one_datum_stay_bounded() {
    let same = |index: usize| {
        let mut entry = whole(&format!("e{index}"));
        entry.body = Some(Body { id: format!("body-{index}"), name: "某局".into() });
        Entry { content: Some(sha256(b"one")), ..entry }
    };
    let problems = city((0..3000).map(same).collect()).check(today(), &CatalogTerms::default());
    assert_eq!(problems.len(), 3000);
    assert!(problems.iter().all(|problem| problem.others.len() == 8 && problem.problem.en.contains("2999")));
}

#[test]
fn a8_a_districts_catalog_holds_its_own_entries() {
    let other = [one(0, "other_district", "A19.2", "district")];
    assert_eq!(found(&beilin(vec![of_district("c", "610102")]), today()), other);
    let other = [one(0, "other_district", "A19.2", "level")];
    assert_eq!(found(&beilin(vec![whole("a")]), today()), other);
    let nowhere = Catalog { district: None, ..beilin(vec![of_district("c", "610103")]) };
    let missing = (None, "missing".to_owned(), "A8".to_owned(), "district".to_owned());
    assert_eq!(found(&nowhere, today()), [missing]);
}

#[test]
fn a19_2_bodies_have_one_name() {
    let mut renamed = whole("b");
    renamed.body = Some(Body { id: BODY.into(), name: "西安市示例局(原)".into() });
    let found = found(&city(vec![whole("a"), renamed, whole("c")]), today());
    assert_eq!(found, [one(0, "body_two_names", "A19.2", "body"), one(1, "body_two_names", "A19.2", "body")]);
}

#[test]
fn a19_2_districts_submit_and_the_authority_merges() {
    let same = of_district("same", "610103");
    let differs = Entry { summary: Some("另一说明".into()), ..of_district("differs", "610103") };
    let districts = beilin(vec![
        same.clone(),
        same.clone(),
        differs.clone(),
        of_district("stray", "610102"),
        of_other_body(Entry { content: whole("a").content, ..of_district("copy", "610103") }),
    ]);
    let authority = Catalog {
        name: Some("全市目录".into()),
        compiled: Some(day("2026-11-01")),
        ..city(vec![whole("a"), same.clone(), of_district("differs", "610103")])
    };
    let districts = Catalog { compiled: Some(day("2026-11-20")), ..districts };
    let merged = merge(&[authority.clone(), districts.clone()]).unwrap();
    let ids = |catalog: &Catalog| catalog.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&merged.catalog), ["a", "same", "copy"]);
    assert_eq!((merged.catalog.id.as_str(), merged.catalog.level), ("xa", Level::Municipal));
    assert_eq!(
        (merged.catalog.name.clone(), merged.catalog.compiled),
        (authority.name.clone(), Some(day("2026-11-20")))
    );
    let conflicts: Vec<_> = merged
        .conflicts
        .iter()
        .map(|conflict| {
            let sides: Vec<_> = conflict.sides.iter().map(|side| (side.source, side.entry.id.as_str())).collect();
            (conflict.kind, conflict.kept, conflict.fields.clone(), sides)
        })
        .collect();
    assert_eq!(
        conflicts,
        [
            (ConflictKind::OtherDistrict, false, vec![], vec![(1, "stray")]),
            (ConflictKind::SameIdDiffers, false, vec!["summary".to_owned()], vec![(0, "differs"), (1, "differs")]),
            (ConflictKind::SameDatum, true, vec![], vec![(0, "a"), (1, "copy")]),
        ]
    );
    // The document reads back, and merging again what is merged changes nothing.
    let text = crate::canon::to_string(&merged).unwrap();
    assert_eq!(crate::canon::read::<Merged>("Merged", text.as_bytes()).unwrap(), merged);
    let again = merge(std::slice::from_ref(&merged.catalog)).unwrap();
    assert_eq!(again.catalog, merged.catalog);
}

#[test]
fn a19_2_what_cannot_be_merged_is_refused() {
    assert_eq!(merge(&[]), Err(CatalogError::NothingToMerge));
    let lianhu = Catalog { district: Some("610104".into()), ..beilin(Vec::new()) };
    for other in [lianhu, city(Vec::new())] {
        assert_eq!(merge(&[beilin(Vec::new()), other]), Err(CatalogError::NotMergeable { index: 1 }));
    }
    let bureaus = merge(&[beilin(vec![of_district("a", "610103")]), beilin(vec![of_district("b", "610103")])]).unwrap();
    assert_eq!((bureaus.catalog.entries.len(), bureaus.conflicts.len()), (2, 0));
}

#[test]
fn a20_the_responsibility_list_is_broken_down_by_body() {
    let mut late = whole("late");
    late.updated = Some(day("2025-01-01"));
    late.responsible.contact = None;
    let mut withheld = of_other_body(whole("withheld"));
    (withheld.openness, withheld.access_ways) = (Some(Openness::Withheld), Vec::new());
    withheld.assessed = Some(day("2025-01-01"));
    let catalog = city(vec![whole("a"), withheld, late, Entry::new("orphan")]);
    let list = responsibility_list(&catalog, today(), &CatalogTerms::default());
    let bodies: Vec<_> = list
        .bodies
        .iter()
        .map(|body| {
            let ids: Vec<_> = body.entries.iter().map(|entry| entry.id.as_str()).collect();
            let id = body.body.as_ref().map(|body| body.id.as_str());
            (id, ids, body.updates_overdue, body.reassessments_due)
        })
        .collect();
    assert_eq!(
        bodies,
        [(None, vec!["orphan"], 0, 1), (Some(BODY), vec!["a", "late"], 1, 0), (Some(OTHER), vec!["withheld"], 0, 1)]
    );
    let body = &list.bodies[1];
    assert_eq!(body.responsible.leader, whole("a").responsible.leader);
    assert_eq!(body.responsible.contact, None, "one of its entries names no contact");
    let late = &body.entries[1];
    assert_eq!((late.next_update, late.update_overdue), (Some(day("2026-01-01")), true));
    let fields: Vec<_> = late.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["responsible.contact", "updated"]);
    assert_eq!(list.bodies[2].entries[0].reassess_by, Some(day("2026-01-01")));
    let text = crate::canon::to_string(&list).unwrap();
    assert_eq!(crate::canon::read::<ResponsibilityList>("ResponsibilityList", text.as_bytes()).unwrap(), list);
}

#[test]
fn a9_2_every_earlier_class_can_be_told() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let classify = |on: &str| policy.classify(&Facts::new(), day(on)).unwrap();
    let mut entry = Entry::new("a");
    let decide = |entry: &mut Entry, on: &str, chosen, content: &[u8]| {
        entry.rest_on(&classify(on), chosen, sha256(content), day(on)).unwrap();
    };
    decide(&mut entry, "2025-01-10", Openness::Withheld, b"1");
    assert_eq!((entry.assessed, entry.history.len(), entry.previous_openness), (Some(day("2025-01-10")), 0, None));
    decide(&mut entry, "2026-01-10", Openness::Withheld, b"1");
    decide(&mut entry, "2026-06-10", Openness::Conditional, b"2");
    decide(&mut entry, "2026-06-10", Openness::Conditional, b"2");
    decide(&mut entry, "2026-07-10", Openness::Unconditional, b"2");
    let told: Vec<_> = entry.history.iter().map(|past| (past.date.unwrap().to_string(), past.openness)).collect();
    assert_eq!(
        told,
        [
            ("2025-01-10".to_owned(), Openness::Withheld),
            ("2026-01-10".to_owned(), Openness::Withheld),
            ("2026-06-10".to_owned(), Openness::Conditional),
        ]
    );
    assert_eq!(entry.history[0].content, Some(sha256(b"1")));
    assert_eq!(entry.previous_openness, Some(Openness::Conditional));
    let text = crate::canon::to_string(&entry).unwrap();
    assert_eq!(Entry::from_json(&text).unwrap(), entry);
}

#[test]
fn core_metadata_is_read_strictly() {
    let entry = |metadata: &str| Entry::from_json(&format!(r#"{{"v": 1, "id": "a", "metadata": {metadata}}}"#));
    let full = entry(
        r#"{"code": "3060100001/000001", "category": {"class": "部门", "division": "交通", "group": "公交", "subgroup": "线路"},
            "provider_code": "11610100013300000X", "keywords": ["公交"], "subject": "交通运输", "domain": "城市交通",
            "first_published": "2024-01-01", "period": {"from": "2020-01-01"}, "related": ["3060100001/000002"]}"#,
    );
    assert_eq!(full.unwrap().metadata.unwrap().category.unwrap().group.as_deref(), Some("公交"));
    for bad in [r#"{"phone": "1"}"#, r#"{"category": "3"}"#, r#"{"period": {}}"#, r#"{"first_published": "2024"}"#] {
        assert_eq!(entry(bad).unwrap_err().code(), "KF-CATALOG-01", "{bad}");
    }
    let reversed = entry(r#"{"period": {"from": "2020-01-02", "until": "2020-01-01"}}"#).unwrap();
    assert!(reversed.check().iter().any(|problem| problem.code == "period_reversed"));
}

#[test]
fn bad_catalogs_are_refused_without_their_values() {
    for (json, code, place) in [
        ("", "KF-CATALOG-01", None),
        (r#"{"v": 1, "id": "xa"}"#, "KF-CATALOG-01", None),
        (r#"{"v": 1, "id": "xa", "level": "province"}"#, "KF-CATALOG-01", None),
        (r#"{"v": 1, "id": "xa", "level": "municipal", "phone": "13800138000"}"#, "KF-CATALOG-01", None),
        (r#"{"v": 1, "id": "13800138000", "level": "municipal", "entries": []}"#, "KF-CATALOG-05", Some("id")),
        (
            r#"{"v": 1, "id": "xa", "level": "municipal", "entries": [{"v": 1, "id": "A"}]}"#,
            "KF-CATALOG-06",
            Some("entries[0]"),
        ),
        (
            r#"{"v": 1, "id": "xa", "level": "municipal", "entries": [{"v": 1, "id": "a"},
                {"v": 1, "id": "b", "responsible": {"contact": {"role": "联系人", "contact": "13800138000"}}}]}"#,
            "KF-CATALOG-06",
            Some("entries[1]"),
        ),
    ] {
        let error = Catalog::from_json(json).unwrap_err();
        assert_eq!(error.code(), code, "{json}");
        assert!(place.is_none_or(|place| error.place().as_deref() == Some(place)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("13800138000"), "{error}");
    }
}
