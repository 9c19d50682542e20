use super::*;
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The days that differ from their weekday, written by hand from the notices, independently of the data files:
/// Monday-to-Friday days off, and weekend days worked.
const OFF_ON_A_WEEKDAY: &[&str] = &[
    "2023-01-02 2023-01-23 2023-01-24 2023-01-25 2023-01-26 2023-01-27 2023-04-05 2023-05-01 2023-05-02 2023-05-03",
    "2023-06-22 2023-06-23 2023-09-29 2023-10-02 2023-10-03 2023-10-04 2023-10-05 2023-10-06",
    "2024-01-01 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-04-04 2024-04-05 2024-05-01 2024-05-02",
    "2024-05-03 2024-06-10 2024-09-16 2024-09-17 2024-10-01 2024-10-02 2024-10-03 2024-10-04 2024-10-07",
    "2025-01-01 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-02-03 2025-02-04 2025-04-04 2025-05-01 2025-05-02",
    "2025-05-05 2025-06-02 2025-10-01 2025-10-02 2025-10-03 2025-10-06 2025-10-07 2025-10-08",
    "2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23 2026-04-06 2026-05-01",
    "2026-05-04 2026-05-05 2026-06-19 2026-09-25 2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07",
];
const WORKED_AT_A_WEEKEND: &[&str] = &[
    "2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07 2023-10-08",
    "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12",
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11",
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10",
];

fn listed(lists: &[&str]) -> BTreeSet<Date> {
    lists.iter().flat_map(|list| list.split(' ')).map(day).collect()
}

#[test]
fn every_day_of_2023_to_2026_agrees_with_the_notices() {
    let calendar = Calendar::builtin();
    assert_eq!(calendar.years().collect::<Vec<_>>(), [2023, 2024, 2025, 2026]);
    let (off, worked) = (listed(OFF_ON_A_WEEKDAY), listed(WORKED_AT_A_WEEKEND));
    let mut date = day("2023-01-01");
    while date.year() < 2027 {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let expected = if weekend { worked.contains(&date) } else { !off.contains(&date) };
        assert_eq!(calendar.is_working_day(date), expected, "{date}");
        date = date.tomorrow().unwrap();
    }
}

#[test]
fn the_end_of_december_waits_for_the_next_year() {
    let calendar = Calendar::builtin();
    assert!(calendar.settled(day("2026-12-25")) && !calendar.settled(day("2026-12-26")));
    assert!(calendar.settled(day("2025-12-31")), "2026 is loaded");
    assert!(!calendar.settled(day("2022-12-25")) && !calendar.settled(day("2027-01-01")), "years that are not loaded");
    // 2022 is not loaded, but the schedule of 2023 begins with its last day.
    assert!(!calendar.is_working_day(day("2022-12-31")));

    let mut loaded = calendar.clone();
    let friday_off = br#"{"year": 2027, "papers": ["x"], "days": [
        {"name": "a", "date": "2026-12-31", "isOffDay": true}, {"name": "a", "date": "2027-01-01", "isOffDay": true}]}"#;
    assert_eq!(loaded.load_year(friday_off), Ok(2027));
    assert!(loaded.settled(day("2026-12-31")) && !loaded.is_working_day(day("2026-12-31")));
    let deadline = loaded.add_working_days(day("2026-12-25"), 10);
    // 28 29 30 | 4 5 6 7 8 | 11 12
    assert_eq!(deadline, Deadline { date: day("2027-01-12"), provisional: false, missing_years: vec![] });
}

#[test]
fn deadlines_cross_holidays_and_days_worked() {
    let calendar = Calendar::builtin();
    for (from, n, due) in [
        ("2026-11-23", 0, "2026-11-23"),
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-23", 10, "2026-12-07"),
        ("2026-09-30", 1, "2026-10-08"), // National Day
        ("2026-09-30", 3, "2026-10-10"), // the Saturday worked in exchange
        ("2025-09-30", 1, "2025-10-09"),
        ("2024-02-09", 1, "2024-02-18"), // a Sunday worked
        ("2023-01-20", 2, "2023-01-29"),
        ("2025-12-31", 1, "2026-01-04"),
    ] {
        let deadline = calendar.add_working_days(day(from), n);
        assert_eq!((deadline.date, deadline.provisional), (day(due), false), "{from} + {n}");
    }
    let deadline = calendar.add_working_days(day("2026-12-25"), 10);
    assert_eq!(deadline, Deadline { date: day("2027-01-08"), provisional: true, missing_years: vec![2027] });
    assert!(!calendar.add_working_days(day("2026-12-25"), 0).provisional);
    assert!(calendar.add_working_days(Date::MAX, 1).provisional, "the end of the calendar");
}

#[test]
fn bad_schedules_are_refused() {
    let mut calendar = Calendar::builtin().clone();
    let load = |calendar: &mut Calendar, json: &str| calendar.load_year(json.as_bytes());
    let one = |date: &str| format!(r#"{{"year":2027,"days":[{{"name":"x","date":"{date}","isOffDay":true}}]}}"#);
    assert_eq!(load(&mut calendar, r#"{"year":2027,"days":[]}"#), Err(CalendarError::EmptyYear { year: 2027 }));
    for other in ["2028-01-01", "2026-12-25", "2026-06-01", "2025-12-31"] {
        assert_eq!(load(&mut calendar, &one(other)), Err(CalendarError::OtherYear { year: 2027, index: 0 }));
    }
    let twice = r#"{"year":2027,"days":[{"name":"x","date":"2027-01-01","isOffDay":true},
        {"name":"x","date":"2027-01-01","isOffDay":false}]}"#;
    assert_eq!(load(&mut calendar, twice), Err(CalendarError::Twice { year: 2027, index: 1 }));
    for bad in ["", "[]", "{", r#"{"year":2027}"#, r#"{"year":"2027","days":[]}"#, &one("2027-02-29")] {
        assert!(matches!(load(&mut calendar, bad), Err(CalendarError::Malformed { .. })), "{bad}");
    }
    assert_eq!(&calendar, Calendar::builtin(), "nothing is half loaded");
}

proptest! {
    /// Against the slow plain definition: the due date is the day up to which exactly `n` working days were counted.
    #[test]
    fn a_deadline_is_the_nth_working_day(offset in 0_i32..1700, n in 1_u16..60) {
        let calendar = Calendar::builtin();
        let from = day("2022-12-01").saturating_add(jiff::Span::new().days(offset));
        let deadline = calendar.add_working_days(from, n);
        let walked: Vec<Date> =
            from.series(jiff::Span::new().days(1)).skip(1).take_while(|date| *date <= deadline.date).collect();
        prop_assert_eq!(walked.iter().filter(|date| calendar.is_working_day(**date)).count(), usize::from(n));
        prop_assert!(calendar.is_working_day(deadline.date));
        let unsettled = !calendar.settled(from) || walked.iter().any(|date| !calendar.settled(*date));
        prop_assert_eq!(deadline.provisional, unsettled);
        prop_assert_eq!(deadline.missing_years.is_empty(), !unsettled);
        prop_assert!(deadline.missing_years.iter().all(|year| calendar.years().all(|known| known != *year)));
    }
}
