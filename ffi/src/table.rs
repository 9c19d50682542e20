//! `kf_table`: a table that is read once, from a file, a host's Arrow stream, or IPC bytes.

use std::ffi::{c_char, c_void};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use kaifang_core::canon;
use kaifang_core::detect::{ScanOptions, scan};
use kaifang_core::risk::{RiskQuestion, risk};
use kaifang_core::table::{self, ReadOptions, Source};

use crate::arrow::{ArrowArrayStream, StreamIn};
use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::progress::{self, kf_progress};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// A table. It is read once: the function that reads it consumes the handle.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_table {
    _private: [u8; 0],
}

/// What a host's stream did wrong while core read it: core itself only hears that the data is malformed.
pub(crate) type Complaint = Arc<Mutex<Option<Failure>>>;

/// A source, and the complaint about where it comes from.
pub(crate) struct Given {
    pub(crate) source: Source,
    complaint: Complaint,
}

impl Given {
    /// Runs a job over the source, and prefers the stream's own complaint to what core made of it.
    pub(crate) fn run<T>(self, job: impl FnOnce(Source) -> Result<T, Failure>) -> Result<T, Failure> {
        let result = job(self.source);
        match result {
            Err(failure) => Err(lock(&self.complaint).take().unwrap_or(failure)),
            done => done,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Only whole values are put in and taken out under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct TableObject(Mutex<Option<Given>>);

impl Object for TableObject {
    type Opaque = kf_table;
    const KIND: u8 = 5;
    const NAME: &'static str = "kf_table";
}

impl TableObject {
    /// Looks at the source without reading it.
    pub(crate) fn look<T>(
        table: *const kf_table,
        look: impl FnOnce(&Source) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let object = handle::get::<TableObject>(table)?;
        let given = lock(&object.0);
        look(&given.as_ref().ok_or_else(|| Failure::used(Self::NAME))?.source)
    }

    /// Takes the source: the handle is consumed.
    pub(crate) fn take(table: *mut kf_table) -> Result<Given, Failure> {
        let object = handle::remove::<TableObject>(table)?;
        let given = lock(&object.0).take();
        given.ok_or_else(|| Failure::used(Self::NAME))
    }
}

fn give(out: Out<*mut kf_table>, source: Source, complaint: Complaint) -> Result<(), Failure> {
    out.write(handle::insert(TableObject(Mutex::new(Some(Given { source, complaint }))))?);
    Ok(())
}

/// Opens a CSV (UTF-8 or GB18030), Excel, Parquet or Arrow IPC file; its content says which.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_table_open(
    path: *const c_char,
    path_len: usize,
    table: *mut *mut kf_table,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("table", table)?;
            let path = input::text("path", path, path_len)?;
            give(out, table::open(Path::new(path), &ReadOptions::default())?, Complaint::default())
        })
    }
}

/// Opens the sheet of this name of an Excel workbook. `kf_table_open` opens the first.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_table_open_sheet(
    path: *const c_char,
    path_len: usize,
    sheet: *const c_char,
    sheet_len: usize,
    table: *mut *mut kf_table,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("table", table)?;
            let path = input::text("path", path, path_len)?;
            let sheet = Some(input::text("sheet", sheet, sheet_len)?.to_owned());
            let options = ReadOptions { sheet, ..ReadOptions::default() };
            give(out, table::open(Path::new(path), &options)?, Complaint::default())
        })
    }
}

/// Takes a stream of record batches. The stream is moved in: the caller's structure is marked released, on failure too.
/// It is read when the table is, on the thread that does it.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_table_from_stream(
    stream: *mut ArrowArrayStream,
    table: *mut *mut kf_table,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            // First of all, so that a failure releases the stream as well.
            let complaint = Complaint::default();
            let stream = StreamIn::take(stream, Arc::clone(&complaint))?;
            let out = Out::new("table", table)?;
            give(out, Source::from_reader(Box::new(stream))?, complaint)
        })
    }
}

/// Takes a whole table as the bytes of an Arrow IPC stream or file, which are copied. The way for producers that are not
/// trusted, and for languages without the C Data Interface.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_table_from_ipc(
    ipc: *const u8,
    ipc_len: usize,
    table: *mut *mut kf_table,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("table", table)?;
            let bytes = input::bytes("ipc", ipc, ipc_len)?;
            let mut owned = Vec::new();
            owned
                .try_reserve_exact(bytes.len())
                .map_err(|_| Failure::argument("ipc_len", "no more bytes than memory", "不超过可用内存的字节数"))?;
            owned.extend_from_slice(bytes);
            give(out, table::from_ipc_bytes(owned, &ReadOptions::default())?, Complaint::default())
        })
    }
}

/// Finds what the columns of a table hold, to `Findings` (canonical JSON). With `all` other than 0 every row is looked at,
/// else ever fewer of them as the table grows. Consumes `table`. `progress` may be NULL.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_table_scan(
    table: *mut kf_table,
    all: i32,
    progress: kf_progress,
    user: *mut c_void,
    findings: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let out = Out::new("findings", findings)?;
            let options = ScanOptions { all: all != 0, ..ScanOptions::default() };
            let mut progress = progress::callback(progress, user);
            let findings = given.run(|source| Ok(scan(source, &options, &mut progress)?))?;
            out.write(text::document(&findings)?);
            Ok(())
        })
    }
}

/// Measures the re-identification risk of a table. `question` is JSON: `{"quasi":["csrq","xb"],"sensitive":["jb"],
/// "sharing":"controlled","direct":["sfzh"]}`; nothing is scanned here, so the direct identifiers that the table still
/// holds are the caller's to name (level 1 is given for them alone). `report` gets a `RiskReport` (canonical JSON). Consumes `table`. `progress` may be NULL.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_table_risk(
    table: *mut kf_table,
    question: *const c_char,
    question_len: usize,
    progress: kf_progress,
    user: *mut c_void,
    report: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let out = Out::new("report", report)?;
            let question = input::text("question", question, question_len)?;
            let question: RiskQuestion = canon::read("RiskQuestion", question.as_bytes())?;
            let mut progress = progress::callback(progress, user);
            let report = given.run(|source| Ok(risk(source, &question, &mut progress)?))?;
            out.write(text::document(&report)?);
            Ok(())
        })
    }
}

/// Frees a table that was not consumed. NULL is nothing to free; a second free, or a free of a consumed table, is
/// `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_table_free(table: *mut kf_table) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<TableObject>(table)) }
}
