//! Dates and instants from Python: `datetime`, `date`, or their ISO text.
//!
//! It must never read a clock, and never guess a time zone: a naive `datetime` is refused.

use jiff::civil::Date;
use kaifang::terms::{Instant, legal_date};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The ISO text of a `datetime` (aware only) or a `date`; `None` for any other object.
pub(crate) fn iso_text(object: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = object.py();
    let datetime = py.import(intern!(py, "datetime"))?;
    if object.is_instance(&datetime.getattr(intern!(py, "datetime"))?)? {
        if object.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(PyValueError::new_err(
                "the datetime has no time zone: give an aware one, such as datetime.now(timezone.utc) / 时间缺少时区",
            ));
        }
        let utc = datetime.getattr(intern!(py, "timezone"))?.getattr(intern!(py, "utc"))?;
        let text = object.call_method1(intern!(py, "astimezone"), (utc,))?.call_method0(intern!(py, "isoformat"))?;
        // Documents write UTC as `Z`.
        return Ok(Some(text.extract::<String>()?.replace("+00:00", "Z")));
    }
    if object.is_instance(&datetime.getattr(intern!(py, "date"))?)? {
        return Ok(Some(object.call_method0(intern!(py, "isoformat"))?.extract()?));
    }
    Ok(None)
}

fn text_of(object: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = object.cast::<PyString>() {
        return text.extract();
    }
    iso_text(object)?.ok_or_else(|| PyTypeError::new_err("at: expected a date, an aware datetime or ISO text"))
}

/// A legal date: a `date`, an aware `datetime` (its date in Asia/Shanghai), or either as text.
pub(crate) struct LegalDate(pub(crate) Date);

impl<'py> FromPyObject<'_, 'py> for LegalDate {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = text_of(&object)?;
        // jiff reads the date of `2026-11-23T17:00:00Z` as the 23rd; in Xi'an it is the 24th.
        if text.len() == "2026-11-23".len() {
            if let Ok(date) = text.parse::<Date>() {
                return Ok(LegalDate(date));
            }
        } else if let Ok(instant) = text.parse::<Instant>() {
            return Ok(LegalDate(legal_date(instant)));
        }
        Err(PyValueError::new_err(
            "at: expected YYYY-MM-DD, or RFC 3339 with an offset such as 2026-11-23T10:00:00+08:00",
        ))
    }
}

/// An instant: an aware `datetime`, or RFC 3339 text with an offset. A date alone is not an instant.
pub(crate) struct At(pub(crate) Instant);

impl<'py> FromPyObject<'_, 'py> for At {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        text_of(&object)?.parse().map(At).map_err(|_| {
            PyValueError::new_err(
                "at: an instant is needed: an aware datetime, or RFC 3339 with an offset such as 2026-11-23T10:00:00+08:00",
            )
        })
    }
}
