//! The table that is printed: rows of Markdown.

use std::fmt;

use crate::race::Race;

/// How a time of one unit is told.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// As so many of these in a second.
    Rate(&'static str),
    Microseconds,
    Milliseconds,
}

impl Unit {
    pub(crate) fn tell(self, seconds: f64) -> String {
        match self {
            Unit::Rate(what) if seconds < 1e-4 => format!("{:.0} k {what}/s", 1e-3 / seconds),
            Unit::Rate(what) => format!("{:.0} {what}/s", 1.0 / seconds),
            Unit::Microseconds => format!("{:.2} µs", seconds * 1e6),
            Unit::Milliseconds => format!("{:.2} ms", seconds * 1e3),
        }
    }
}

/// Rows of what, ours, beside, ratio, bound, whether it holds.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 6]>);

impl Table {
    /// The first of a race, against a bound on its time and beside each other who took part.
    pub(crate) fn race(&mut self, what: &str, unit: Unit, most_seconds: Option<f64>, race: &Race) {
        let Some((ours, others)) = race.results.split_first() else { return };
        let seconds = ours.seconds();
        if most_seconds.is_some() || others.is_empty() {
            self.alone(what, unit, most_seconds, seconds);
        }
        for other in others {
            let ratio = race.ratio(other);
            self.push([
                what.to_owned(),
                unit.tell(seconds),
                format!("{}: {}", other.name, unit.tell(other.seconds())),
                format!("{ratio:.2}"),
                other.least_ratio.map_or_else(String::new, |least| format!("≥ {least:.2}")),
                holds(other.least_ratio.map(|least| ratio >= least)),
            ]);
        }
    }

    /// One figure and its bound.
    pub(crate) fn alone(&mut self, what: &str, unit: Unit, most_seconds: Option<f64>, seconds: f64) {
        let sign = if matches!(unit, Unit::Rate(_)) { "≥" } else { "≤" };
        self.push([
            what.to_owned(),
            unit.tell(seconds),
            String::new(),
            most_seconds.map_or_else(String::new, |most| format!("{:.2}", most / seconds)),
            most_seconds.map_or_else(String::new, |most| format!("{sign} {}", unit.tell(most))),
            holds(most_seconds.map(|most| seconds <= most)),
        ]);
    }

    /// What is only told.
    pub(crate) fn say(&mut self, what: &str, ours: String, beside: String) {
        self.push([what.to_owned(), ours, beside, String::new(), String::new(), String::new()]);
    }

    fn push(&mut self, row: [String; 6]) {
        eprintln!("{}", row.join(" | "));
        self.0.push(row);
    }
}

fn holds(holds: Option<bool>) -> String {
    holds.map_or("", |holds| if holds { "yes" } else { "no" }).to_owned()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| measured | ours | beside | times as fast, or as good as the bound | bound | holds |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        self.0.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}
