//! Working days.

use std::ffi::c_char;

use kaifang_core::calendar::Calendar;
use kaifang_core::canon;
use serde_json::Value;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// The official schedules that the library ships with, and those that the caller has besides.
///
/// # Safety
/// As [`input::optional`].
pub(crate) unsafe fn calendar(years: *const c_char, len: usize) -> Result<Calendar, Failure> {
    let mut calendar = Calendar::builtin().clone();
    // SAFETY: as promised by the caller.
    if let Some(json) = unsafe { input::optional("years", years, len) }? {
        let years: Vec<Value> = canon::read("schedules", json.as_bytes())?;
        for year in years {
            calendar.load_year(year.to_string().as_bytes())?;
        }
    }
    Ok(calendar)
}

/// Whether people work on a day (`YYYY-MM-DD`), and whether an official schedule settles it: `{"date","working_day",
/// "settled"}`. `years` (JSON) may be NULL; it is an array of schedules of further years, each
/// `{"year":2027,"days":[{"date":"2027-01-01","isOffDay":true}]}`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_calendar_is_working_day(
    date: *const c_char,
    date_len: usize,
    years: *const c_char,
    years_len: usize,
    day: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("day", day)?;
            let date = input::date("date", date, date_len)?;
            out.write(text::document(&calendar(years, years_len)?.day(date))?);
            Ok(())
        })
    }
}

/// The `n`th working day after a day (`YYYY-MM-DD`), which does not count itself, and whether it may still move:
/// `{"date","provisional","missing_years"}`. `years` is as for `kf_calendar_is_working_day`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_calendar_add_working_days(
    date: *const c_char,
    date_len: usize,
    n: u16,
    years: *const c_char,
    years_len: usize,
    deadline: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("deadline", deadline)?;
            let date = input::date("date", date, date_len)?;
            out.write(text::document(&calendar(years, years_len)?.add_working_days(date, n))?);
            Ok(())
        })
    }
}
