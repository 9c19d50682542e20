//! The answers of `tests/vectors/calendar.json`.

use jiff::civil::Date;
use kaifang::Error;
use kaifang::calendar::Calendar;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    date: Date,
    #[serde(default)]
    add: Option<u16>,
    #[serde(default)]
    years: Vec<Value>,
}

/// The outer error is a case that is none.
pub(super) fn answer(input: &Value) -> Result<Result<Value, Error>, String> {
    let input = serde_json::from_value(input.clone()).map_err(|error| error.to_string())?;
    Ok(settle(&input))
}

fn settle(input: &Input) -> Result<Value, Error> {
    let mut calendar = Calendar::builtin().clone();
    for year in &input.years {
        calendar.load_year(year.to_string().as_bytes())?;
    }
    let document = match input.add {
        Some(days) => serde_json::to_value(calendar.add_working_days(input.date, days)),
        None => serde_json::to_value(calendar.day(input.date)),
    };
    Ok(document.unwrap_or_default())
}
