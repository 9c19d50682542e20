//! `kaifang calendar`: working days.

use std::path::PathBuf;

use clap::Args;
use kaifang::calendar::{Calendar, Deadline};
use kaifang::terms::legal_date;

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Options {
    /// The date
    date: String,
    /// The date after so many working days
    #[arg(long)]
    add: Option<u16>,
    #[command(flatten)]
    years: Years,
    /// The answer as a JSON document
    #[arg(long)]
    json: bool,
}

/// The schedules that working days are counted with.
#[derive(Args)]
pub(crate) struct Years {
    /// The schedule of one more year, JSON: {"year", "days": [{"date", "isOffDay"}]}
    #[arg(long = "year", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Years {
    pub(crate) fn calendar(&self) -> Result<Calendar, Failure> {
        let mut calendar = Calendar::builtin().clone();
        for file in &self.files {
            calendar.load_year(&input::bytes(file)?)?;
        }
        Ok(calendar)
    }
}

pub(crate) fn run(options: &Options) -> Result<Outcome, Failure> {
    let date = legal_date(input::instant_of("DATE", &options.date)?);
    let calendar = options.years.calendar()?;
    if let Some(days) = options.add {
        let deadline = calendar.add_working_days(date, days);
        if options.json {
            output::json(&deadline)?;
            return Ok(Outcome::Done);
        }
        let Deadline { date, missing_years, .. } = deadline;
        let waits: Vec<String> = missing_years.iter().map(i16::to_string).collect();
        let waits = waits.join(", ");
        output::text(&if waits.is_empty() {
            date.to_string()
        } else {
            format!("{date}  暂定,待公布 {waits} 年安排 · provisional until the schedule of {waits} is loaded")
        })?;
    } else {
        let day = calendar.day(date);
        if options.json {
            output::json(&day)?;
            return Ok(Outcome::Done);
        }
        let (zh, en) =
            if day.working_day { ("工作日", "a working day") } else { ("非工作日", "no working day") };
        let (more_zh, more_en) = if day.settled { ("", "") } else { (",暂定", ", provisional") };
        output::text(&format!("{zh}{more_zh} · {en}{more_en}"))?;
    }
    Ok(Outcome::Done)
}
