//! [`kaifang::calendar`] for Python.

use kaifang::calendar;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::document::wrap;
use crate::errors::OrRaise;
use crate::moments::LegalDate;

/// The working days of China: official schedules by year.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Calendar(pub(crate) calendar::Calendar);

#[pymethods]
impl Calendar {
    /// The official schedules that the library ships with.
    #[staticmethod]
    fn builtin() -> Calendar {
        Calendar(calendar::Calendar::builtin().clone())
    }

    /// This calendar and the schedule of one more year, as JSON text: `{"year", "days": [{"date", "isOffDay"}]}`.
    fn with_year(&self, json: &Bound<'_, PyString>) -> PyResult<Calendar> {
        let mut calendar = self.0.clone();
        calendar.load_year(json.extract::<String>()?.as_bytes()).or_raise()?;
        Ok(Calendar(calendar))
    }

    /// The years whose schedules are loaded.
    #[getter]
    fn years(&self) -> Vec<i16> {
        self.0.years().collect()
    }

    /// Whether people work on this day.
    fn is_working_day(&self, date: LegalDate) -> bool {
        self.0.is_working_day(date.0)
    }

    /// Whether an official schedule settles this day.
    fn settled(&self, date: LegalDate) -> bool {
        self.0.settled(date.0)
    }

    /// The `n`th working day after `date`; the day itself does not count.
    fn add_working_days<'py>(&self, py: Python<'py>, date: LegalDate, n: u16) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Deadline", self.0.add_working_days(date.0, n))
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Calendar {:?}>", self.years())
    }
}
