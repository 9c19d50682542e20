//! The openness report: one assessment as one HTML page that a person reads, prints on A4 and files, and its JSON twin;
//! and the page of a policy, for whoever publishes the rules that it applies.
//!
//! A page stands alone: Chinese first with English beside it, charts as inline SVG, no script, no network. Equal
//! documents give equal bytes. This room must never decide anything, and never show a value of the data: whatever it
//! sets comes from documents that hold none, and is escaped.

mod charts;
mod compose;
mod page;
mod policy_page;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::assess::Assessment;
use crate::canon;
use page::Page;
pub use policy_page::policy_html;

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
/// ```
/// use kaifang::assess::{Terms, assess};
/// use kaifang::catalog::Entry;
/// use kaifang::crypto::sha256;
/// use kaifang::detect::{ScanOptions, scan};
/// use kaifang::policy::{Facts, Policy};
/// use kaifang::table::{ReadOptions, open, silent};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("roads.csv");
/// std::fs::write(&path, "road,length\n朱雀大街,12\n")?;
/// let findings = scan(open(&path, &ReadOptions::default())?, &ScanOptions::default(), &mut silent)?;
/// let (policy, entry) = (Policy::builtin("xian-2022-013")?, Entry::new("xa-roads"));
/// let terms = Terms { policy: &policy, entry: &entry, facts: &Facts::new(), at: "2026-11-23T02:00:00Z".parse()? };
/// let assessment = assess(&terms, sha256(&std::fs::read(&path)?), findings, None)?;
/// let html = kaifang::report::to_html(&assessment)?;
/// assert!(html.contains("尚待评估") && !html.contains("<script"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReportError::Template`]: a defect of this library.
pub fn to_html(assessment: &Assessment) -> Result<String, crate::Error> {
    Ok(set(TEMPLATE, &Page::of(assessment))?)
}

/// The report's twin: the assessment itself in its canonical encoding.
///
/// # Errors
/// [`CanonError`](canon::CanonError) where a figure has no canonical encoding.
pub fn to_json(assessment: &Assessment) -> Result<String, crate::Error> {
    Ok(canon::to_string(assessment)?)
}

fn set(template: (&str, &str), page: &impl Serialize) -> Result<String, ReportError> {
    let failed = |error: minijinja::Error| ReportError::Template { what: error.kind().to_string() };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_filter("grouped", |digits: String| charts::apart(&digits));
    environment.add_template(template.0, template.1).map_err(failed)?;
    environment.get_template(template.0).and_then(|template| template.render(Serde(page))).map_err(failed)
}

#[cfg(test)]
mod tests;
