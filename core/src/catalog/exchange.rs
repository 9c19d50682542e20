//! A catalog in the form that another program takes: one function for every face. This file must never hold a form itself.

use super::{Catalog, Publication, to_csv, to_dcat, to_frictionless, to_xlsx};
use crate::canon;
use crate::terms::words;

words! {
    /// In which form a catalog is written.
    pub enum ExportFormat {
        /// The document itself, canonical JSON
        Json = "json", "JSON", "JSON";
        /// CSV with Chinese headings
        Csv = "csv", "CSV", "CSV";
        /// An XLSX workbook with Chinese headings
        Xlsx = "xlsx", "XLSX", "XLSX";
        /// DCAT-AP 3, JSON-LD
        Dcat = "dcat", "DCAT-AP 3", "DCAT-AP 3";
        /// A Frictionless data package, version 2
        Frictionless = "frictionless", "Frictionless 数据包", "Frictionless data package";
    }
}

/// The catalog in one of the forms.
///
/// ```
/// use kaifang::catalog::{Catalog, ExportFormat, Level, Publication, export};
/// let bytes = export(&Catalog::new("xa", Level::Municipal), ExportFormat::Json, &Publication::default())?;
/// assert_eq!(bytes, br#"{"entries":[],"id":"xa","level":"municipal","v":1}"#);
/// # Ok::<(), kaifang::Error>(())
/// ```
///
/// # Errors
/// What the form has no room for: see [`to_xlsx`], [`to_csv`], [`to_frictionless`].
pub fn export(catalog: &Catalog, format: ExportFormat, publication: &Publication) -> Result<Vec<u8>, crate::Error> {
    Ok(match format {
        ExportFormat::Json => canon::to_bytes(catalog)?,
        ExportFormat::Csv => to_csv(catalog)?,
        ExportFormat::Xlsx => to_xlsx(catalog)?,
        ExportFormat::Dcat => canon::to_bytes(&to_dcat(catalog, publication))?,
        ExportFormat::Frictionless => canon::to_bytes(&to_frictionless(catalog)?)?,
    })
}
