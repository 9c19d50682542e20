use super::super::vocabulary::Transform;
use super::*;

fn wide(entry: &ColumnPlan, value: &str) -> Option<String> {
    let mut out = Vec::new();
    Generalize::new(entry).unwrap().append(value, &mut out).then(|| String::from_utf8(out).unwrap())
}

fn entry() -> ColumnPlan {
    ColumnPlan::new(Transform::Generalize)
}

fn to(level: Level, kind: impl Into<Option<Kind>>) -> ColumnPlan {
    ColumnPlan { to: Some(level), kind: kind.into(), ..entry() }
}

#[test]
fn dates_widen_to_month_year_and_decade() {
    let to = |level, value| wide(&to(level, None), value);
    for spelling in ["1990-03-07", "1990/3/7", "19900307", "1990年3月7日"] {
        assert_eq!(to(Level::Month, spelling).as_deref(), Some("1990-03"), "{spelling}");
        assert_eq!(to(Level::Quarter, spelling).as_deref(), Some("1990-Q1"));
        assert_eq!(to(Level::Year, spelling).as_deref(), Some("1990"));
        assert_eq!(to(Level::Decade, spelling).as_deref(), Some("1990s"));
    }
    for bad in ["", "1990-02-30", "yesterday", "1990"] {
        assert_eq!(to(Level::Year, bad), None, "{bad}");
    }
}

#[test]
fn codes_and_resident_ids_widen_to_codes() {
    let to = |kind, value| wide(&to(Level::City, kind), value);
    assert_eq!(to(Some(Kind::Region), "610113").as_deref(), Some("610100"));
    assert_eq!(to(None, "610113").as_deref(), Some("610100"));
    assert_eq!(to(Some(Kind::ResidentId), "11010519491231002X").as_deref(), Some("110100"));
    assert_eq!(to(Some(Kind::ResidentId), "110105194912310021"), None, "wrong check digit");
    assert_eq!(to(Some(Kind::Address), "610113"), None, "a code is no address");
}

#[test]
fn ages_are_completed_years_in_bins() {
    let at = |day: &str, kind: Option<Kind>| ColumnPlan {
        at: Some(day.to_owned()),
        bounds: Some((0..100).collect()),
        ..to(Level::Age, kind)
    };
    for (born, day, age) in [
        ("1990-03-07", "2026-03-06", "[35,36)"),
        ("1990-03-07", "2026-03-07", "[36,37)"),
        ("1990年3月7日", "1990-03-07", "[0,1)"),
        ("2000-02-29", "2026-02-28", "[25,26)"),
        ("2000-02-29", "2026-03-01", "[26,27)"),
        ("19200101", "2026-01-01", "[99,)"),
    ] {
        assert_eq!(wide(&at(day, None), born).as_deref(), Some(age), "{born} at {day}");
    }
    for bad in ["1990-03-08", "9999-12-31", "1700-01-01", ""] {
        assert_eq!(wide(&at("1990-03-07", Some(Kind::BirthDate)), bad), None, "{bad}");
    }
    let band = ColumnPlan { width: Some(5), bounds: None, ..at("2026-01-01", Some(Kind::ResidentId)) };
    assert_eq!(wide(&band, "11010519491231002X").as_deref(), Some("[75,80)"));
}

#[test]
fn numbers_fall_into_bins_that_hold_them() {
    let bins = ColumnPlan { width: Some(10), ..entry() };
    for (value, bin) in [
        ("0", "[0,10)"),
        ("9.99", "[0,10)"),
        ("10", "[10,20)"),
        ("-0.001", "[-10,0)"),
        ("18446744073709551615", "[18446744073709551610,18446744073709551620)"),
    ] {
        assert_eq!(wide(&bins, value).as_deref(), Some(bin));
    }
    let least = format!("[{},{})", -9_223_372_036_854_775_810_i128, i64::MIN + 8);
    assert_eq!(wide(&bins, &i64::MIN.to_string()).unwrap(), least);
    for bad in ["", "ten", "1e5", "NaN", &"9".repeat(39), &i128::MAX.to_string()] {
        assert_eq!(wide(&bins, bad), None, "{bad}");
    }
    let bounds = ColumnPlan { bounds: Some(vec![0, 18, 60]), ..entry() };
    for (value, bin) in [("-0.5", "(,0)"), ("0", "[0,18)"), ("17.9", "[0,18)"), ("18.0", "[18,60)"), ("60", "[60,)")] {
        assert_eq!(wide(&bounds, value).as_deref(), Some(bin), "{value}");
    }
}

#[test]
fn a_hierarchy_widens_what_it_lists_and_nothing_else() {
    let wider = |levels: &[&str]| levels.iter().map(|level| (*level).to_owned()).collect::<Vec<_>>();
    let table = [("哮喘", wider(&["呼吸系统疾病", "疾病"])), ("肺炎", wider(&["呼吸系统疾病", "疾病"]))];
    let hierarchy = Some(table.map(|(value, wider)| (value.to_owned(), wider)).into());
    let at = |level, value| wide(&ColumnPlan { hierarchy: hierarchy.clone(), level: Some(level), ..entry() }, value);
    assert_eq!(at(1, "哮喘").as_deref(), Some("呼吸系统疾病"));
    assert_eq!(at(2, "肺炎").as_deref(), Some("疾病"));
    assert_eq!((at(1, "骨折"), at(1, "哮喘 ")), (None, None));
}

#[test]
fn a_level_is_defined_for_its_kinds_only() {
    assert!(Generalize::new(&to(Level::Year, Kind::Address)).is_none());
    assert!(Generalize::new(&to(Level::City, Kind::BirthDate)).is_none());
    assert!(Generalize::new(&to(Level::Age, Kind::Date)).is_none());
}
