//! `kaifang._kaifang`: the core for Python.
//!
//! Documents cross as dicts, tables as Arrow capsules. Long work runs without the GIL, tells its progress and is
//! stopped by Ctrl-C. This crate must hold no rule, transform or check of its own, and needs no `unsafe`: pyo3 and
//! pyo3-arrow have it.
#![deny(unsafe_code)]

mod assess;
mod audit;
mod calendar;
mod catalog;
mod data;
mod document;
mod documents;
mod errors;
mod evidence;
mod ff1;
mod held;
mod jobs;
mod keys;
mod ledger;
mod moments;
mod pick;
mod plan;
mod platform;
mod policy;
mod proofs;
mod reader;
mod risk;
mod scan;
mod signers;
mod table;
mod worker;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _kaifang {
    #[pymodule_export]
    use crate::assess::{assess, assessment_events, assessment_html};
    #[pymodule_export]
    use crate::audit::{audit_directory, bundle, draft_risk_report, usage_summary, uses, verify_bundle};
    #[pymodule_export]
    use crate::calendar::Calendar;
    #[pymodule_export]
    use crate::catalog::{
        catalog_template, check_catalog, check_entry, export_catalog, legislation_of, load_catalog_sheet,
        merge_catalogs, parse_catalog, read_catalog, read_catalog_sheet, responsibility_list, rest_on,
    };
    #[pymodule_export]
    use crate::data::Sheet;
    #[pymodule_export]
    use crate::document::Document;
    #[pymodule_export]
    use crate::documents::{canonical_json, document_digest};
    #[pymodule_export]
    use crate::evidence::{content_digest, evidence};
    #[pymodule_export]
    use crate::ff1::Ff1;
    #[pymodule_export]
    use crate::keys::Keyring;
    #[pymodule_export]
    use crate::ledger::{Ledger, verify_ledger};
    #[pymodule_export]
    use crate::plan::{Plan, treat_values, verify_applied};
    #[pymodule_export]
    use crate::platform::{Platform, decide_facts};
    #[pymodule_export]
    use crate::policy::Policy;
    #[pymodule_export]
    use crate::proofs::{
        leaf_hash, parse_checkpoint, prove_equivocation, verify_consistency, verify_document, verify_inclusion,
        verify_receipt,
    };
    #[pymodule_export]
    use crate::risk::risk;
    #[pymodule_export]
    use crate::scan::scan;
    #[pymodule_export]
    use crate::signers::{CallbackSigner, Ed25519Key, Sm2Key};
    #[pymodule_export]
    use crate::table::Table;
    #[pymodule_export]
    use crate::worker::Worker;

    /// The version of the package.
    #[allow(non_upper_case_globals, reason = "the name that Python gives it")]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
