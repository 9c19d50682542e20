//! The openness report: one assessment as one HTML page that a person reads, prints on A4 and files, and its JSON twin.
//!
//! The page stands alone: Chinese first with English beside it, charts as inline SVG, no script, no network. Equal
//! assessments give equal bytes. This room must never decide anything, and never show a value of the data: whatever it
//! sets comes from documents that hold none, and is escaped.

mod charts;
mod compose;
mod page;

use minijinja::Environment;
use minijinja::value::Serde;

use crate::assess::Assessment;
use crate::canon;
use crate::canon::CanonError;
use page::Page;

room_error! {
    /// Why a report could not be written.
    pub enum ReportError {
        /// The page's own template failed: a defect of this library.
        Template { what: String } = "KF-REPORT-01",
            en "the report could not be set: {what}",
            zh "报告无法生成:{what}";
    }
}

/// The page's name ends in `.html`, which turns escaping on.
const TEMPLATE: (&str, &str) = ("openness.html", include_str!("openness.html"));

/// The report as one HTML file.
///
/// # Errors
/// [`ReportError::Template`]: a defect of this library.
pub fn to_html(assessment: &Assessment) -> Result<String, ReportError> {
    set(&Page::of(assessment))
}

/// The report's twin: the assessment itself in its canonical encoding.
///
/// # Errors
/// [`CanonError`] where a figure has no canonical encoding.
pub fn to_json(assessment: &Assessment) -> Result<String, CanonError> {
    canon::to_string(assessment)
}

fn set(page: &Page) -> Result<String, ReportError> {
    let failed = |error: minijinja::Error| ReportError::Template { what: error.kind().to_string() };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_template(TEMPLATE.0, TEMPLATE.1).map_err(failed)?;
    environment.get_template(TEMPLATE.0).and_then(|template| template.render(Serde(page))).map_err(failed)
}

#[cfg(test)]
mod tests;
