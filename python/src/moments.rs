//! Dates and instants from Python: `datetime`, `date`, or their ISO text.
//!
//! It must never read a clock, and never guess a time zone: a naive `datetime` is refused.

use jiff::civil::Date;
use kaifang::terms::{Instant, legal_date};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

/// A class of the module `datetime`.
fn class<'py>(
    py: Python<'py>,
    known: &'static PyOnceLock<Py<PyType>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    known.import(py, "datetime", name)
}

fn is_datetime(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    object.is_instance(class(object.py(), &DATETIME, "datetime")?)
}

fn iso_format<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    Ok(object.call_method0(intern!(object.py(), "isoformat"))?.cast_into()?)
}

/// The ISO text of a `datetime` (aware only) or a `date`; `None` for any other object.
pub(crate) fn iso_text(object: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    static DATE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static ZONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = object.py();
    if is_datetime(object)? {
        if object.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(PyValueError::new_err(
                "the datetime has no time zone: give an aware one, such as datetime.now(timezone.utc) / 时间缺少时区",
            ));
        }
        let utc = class(py, &ZONE, "timezone")?.getattr(intern!(py, "utc"))?;
        let text = iso_format(&object.call_method1(intern!(py, "astimezone"), (utc,))?)?;
        // Documents write UTC as `Z`.
        return Ok(Some(text.to_cow()?.replace("+00:00", "Z")));
    }
    if object.is_instance(class(py, &DATE, "date")?)? {
        return Ok(Some(iso_format(object)?.extract()?));
    }
    Ok(None)
}

/// What is read from the text of an object; `None` where its text can't be read.
fn read<T>(object: &Bound<'_, PyAny>, parse: impl Fn(&str) -> Option<T>) -> PyResult<Option<T>> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(parse(&text.to_cow()?));
    }
    // An aware datetime writes its offset, and is not moved to UTC first. Without one it is no instant.
    if is_datetime(object)?
        && let Some(moment) = parse(&iso_format(object)?.to_cow()?)
    {
        return Ok(Some(moment));
    }
    match iso_text(object)? {
        Some(text) => Ok(parse(&text)),
        None => Err(PyTypeError::new_err("at: expected a date, an aware datetime or ISO text")),
    }
}

/// A legal date: a `date`, an aware `datetime` (its date in Asia/Shanghai), or either as text.
pub(crate) struct LegalDate(pub(crate) Date);

impl<'py> FromPyObject<'_, 'py> for LegalDate {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // jiff reads the date of `2026-11-23T17:00:00Z` as the 23rd; in Xi'an it is the 24th.
        let date = read(&object, |text| match text.len() == "2026-11-23".len() {
            true => text.parse::<Date>().ok(),
            false => text.parse::<Instant>().ok().map(legal_date),
        })?;
        date.map(LegalDate).ok_or_else(|| {
            PyValueError::new_err(
                "at: expected YYYY-MM-DD, or RFC 3339 with an offset such as 2026-11-23T10:00:00+08:00",
            )
        })
    }
}

/// An instant: an aware `datetime`, or RFC 3339 text with an offset. A date alone is not an instant.
pub(crate) struct At(pub(crate) Instant);

impl<'py> FromPyObject<'_, 'py> for At {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        read(&object, |text| text.parse().ok())?.map(At).ok_or_else(|| {
            PyValueError::new_err(
                "at: an instant is needed: an aware datetime, or RFC 3339 with an offset such as 2026-11-23T10:00:00+08:00",
            )
        })
    }
}
