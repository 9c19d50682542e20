//! Catalog entries, and the catalogs that are compiled of them.

use std::ffi::c_char;

use kaifang_core::canon;
use kaifang_core::catalog::{self, Catalog, CatalogTerms, Entry, ExportFormat, Publication};
use kaifang_core::policy::Classification;
use kaifang_core::terms::{Digest, Openness, Word as _};

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// Everything that keeps a catalog entry (JSON) from being opened, as a JSON array; empty when the entry is whole.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_entry_check(
    entry: *const c_char,
    entry_len: usize,
    problems: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("problems", problems)?;
            let entry = Entry::from_json(input::text("entry", entry, entry_len)?)?;
            out.write(text::document(&entry.check())?);
            Ok(())
        })
    }
}

/// Writes what was decided into an entry (JSON): the class that the body chose within the permitted set, the digest of the
/// `Classification` that permits it, the digest of the content that was assessed, and the day (`YYYY-MM-DD`); to the
/// changed entry, whose history keeps what it rested on before.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_entry_rest_on(
    entry: *const c_char,
    entry_len: usize,
    classification: *const c_char,
    classification_len: usize,
    chosen: *const c_char,
    chosen_len: usize,
    content: *const c_char,
    content_len: usize,
    on: *const c_char,
    on_len: usize,
    changed: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("changed", changed)?;
            let mut entry = Entry::from_json(input::text("entry", entry, entry_len)?)?;
            let classification = input::text("classification", classification, classification_len)?;
            let classification: Classification = canon::read("Classification", classification.as_bytes())?;
            let chosen = Openness::from_id(input::text("chosen", chosen, chosen_len)?).ok_or_else(|| {
                Failure::argument(
                    "chosen",
                    "unconditional, conditional or withheld",
                    " unconditional、conditional 或 withheld",
                )
            })?;
            let content = input::text("content", content, content_len)?;
            let content: Digest = content.parse().map_err(|_| {
                Failure::argument("content", "sha256: and 64 hexadecimal digits", " sha256: 与 64 位十六进制数字")
            })?;
            entry.rest_on(&classification, chosen, content, input::date("on", on, on_len)?)?;
            out.write(text::document(&entry)?);
            Ok(())
        })
    }
}

/// What a host may set, or what it is by default.
///
/// # Safety
/// As [`input::optional`].
unsafe fn terms(terms: *const c_char, len: usize) -> Result<CatalogTerms, Failure> {
    // SAFETY: as promised by the caller.
    let terms = unsafe { input::optional("terms", terms, len) }?;
    terms.map_or_else(|| Ok(CatalogTerms::default()), |json| Ok(canon::read("CatalogTerms", json.as_bytes())?))
}

/// Everything that is wrong in a catalog (JSON) on a day (`YYYY-MM-DD`), as a JSON array; empty when all is well. `terms`
/// (JSON) may be NULL: `{"reassess_months":12}`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_catalog_check(
    catalog: *const c_char,
    catalog_len: usize,
    on: *const c_char,
    on_len: usize,
    terms: *const c_char,
    terms_len: usize,
    problems: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("problems", problems)?;
            let catalog = Catalog::from_json(input::text("catalog", catalog, catalog_len)?)?;
            let (on, terms) = (input::date("on", on, on_len)?, self::terms(terms, terms_len)?);
            out.write(text::document(&catalog.check(on, &terms))?);
            Ok(())
        })
    }
}

/// Merges catalogs (a JSON array) into the first one, and gives the merged catalog and every conflict with all its sides.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_catalog_merge(
    catalogs: *const c_char,
    catalogs_len: usize,
    merged: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("merged", merged)?;
            let catalogs = Catalog::list_from_json(input::text("catalogs", catalogs, catalogs_len)?)?;
            out.write(text::document(&catalog::merge(&catalogs)?)?);
            Ok(())
        })
    }
}

/// The responsibility list of a catalog (JSON) on a day: what each opening body answers for, and by when. `terms` is as
/// for `kf_catalog_check`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_catalog_list(
    catalog: *const c_char,
    catalog_len: usize,
    on: *const c_char,
    on_len: usize,
    terms: *const c_char,
    terms_len: usize,
    list: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("list", list)?;
            let catalog = Catalog::from_json(input::text("catalog", catalog, catalog_len)?)?;
            let (on, terms) = (input::date("on", on, on_len)?, self::terms(terms, terms_len)?);
            out.write(text::document(&catalog::responsibility_list(&catalog, on, &terms))?);
            Ok(())
        })
    }
}

/// A catalog (JSON) in the form that another program takes: `json`, `csv`, `xlsx`, `dcat` (DCAT-AP 3, JSON-LD) or
/// `frictionless` (data package, version 2); `bytes` are the file. `publication` (JSON) may be NULL; it says what makes the
/// IRIs, and which instrument is cited: `{"base":"https://…/","legislation":{"number","title":{"zh","en"},"iri"}}`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_catalog_export(
    catalog: *const c_char,
    catalog_len: usize,
    format: *const c_char,
    format_len: usize,
    publication: *const c_char,
    publication_len: usize,
    bytes: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("bytes", bytes)?;
            let catalog = Catalog::from_json(input::text("catalog", catalog, catalog_len)?)?;
            let format = ExportFormat::from_id(input::text("format", format, format_len)?).ok_or_else(|| {
                Failure::argument(
                    "format",
                    "json, csv, xlsx, dcat or frictionless",
                    " json、csv、xlsx、dcat 或 frictionless",
                )
            })?;
            let publication = input::optional("publication", publication, publication_len)?;
            let publication: Publication = match publication {
                Some(json) => canon::read("Publication", json.as_bytes())?,
                None => Publication::default(),
            };
            out.write(text::make(catalog::export(&catalog, format, &publication)?)?);
            Ok(())
        })
    }
}

/// The XLSX workbook that officials fill in; `bytes` are the file.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_catalog_template(bytes: *mut *mut kf_text, err: *mut *mut kf_error) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("bytes", bytes)?;
            out.write(text::make(catalog::template()?)?);
            Ok(())
        })
    }
}

/// A filled sheet, CSV or XLSX, as a JSON document: `{"v":1,"catalog":…,"problems":[{"row","column","zh","en"}]}`. Rows in
/// which every cell could be read are in the catalog, the other cells are named.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_catalog_read(
    path: *const c_char,
    path_len: usize,
    filled: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("filled", filled)?;
            out.write(text::document(&catalog::read_sheet(input::text("path", path, path_len)?)?)?);
            Ok(())
        })
    }
}
