//! `kf_ledger`: a ledger that is open, for many threads.

use std::ffi::c_char;

use kaifang_core::crypto::PublicKey;
use kaifang_core::ledger::{self, Ledger, LedgerConfig, SharedLedger};
use kaifang_core::terms::Word as _;
use serde::Serialize;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::progress::{self, kf_progress};
use crate::signer::{SignerObject, kf_signer};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// A ledger that is open: for writing (one writer), or for reading. Threads that append at the same time share the writes
/// to the disk. Freeing it lets the directory go, so that another may write.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_ledger {
    _private: [u8; 0],
}

struct LedgerObject(SharedLedger);

impl Object for LedgerObject {
    type Opaque = kf_ledger;
    const KIND: u8 = 10;
    const NAME: &'static str = "kf_ledger";
}

fn give(out: Out<*mut kf_ledger>, ledger: Ledger) -> Result<(), Failure> {
    out.write(handle::insert(LedgerObject(SharedLedger::new(ledger)))?);
    Ok(())
}

/// Makes a ledger in a directory that is new or empty, and signs its empty head. `profile` is `intl` (SHA-256 and an
/// Ed25519 key) or `gm` (SM3 and an SM2 key); `origin` names the log in its heads.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_create(
    directory: *const c_char,
    directory_len: usize,
    profile: *const c_char,
    profile_len: usize,
    origin: *const c_char,
    origin_len: usize,
    signer: *const kf_signer,
    ledger: *mut *mut kf_ledger,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("ledger", ledger)?;
            let directory = input::text("directory", directory, directory_len)?;
            let profile = ledger::Profile::from_id(input::text("profile", profile, profile_len)?);
            let profile = profile.ok_or_else(|| Failure::argument("profile", "intl or gm", "intl 或 gm"))?;
            let origin = input::text("origin", origin, origin_len)?.to_owned();
            let signer = handle::get::<SignerObject>(signer)?.signer();
            give(out, Ledger::create(directory, &LedgerConfig { origin, profile }, signer)?)
        })
    }
}

/// Opens a ledger: with a signer for writing, with NULL for reading. What an append never acknowledged, after a crash, is
/// dropped by a writer; `kf_ledger_state` says what.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_open(
    directory: *const c_char,
    directory_len: usize,
    signer: *const kf_signer,
    ledger: *mut *mut kf_ledger,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("ledger", ledger)?;
            let directory = input::text("directory", directory, directory_len)?;
            let signer = if signer.is_null() { None } else { Some(handle::get::<SignerObject>(signer)?.signer()) };
            give(out, Ledger::open(directory, signer)?)
        })
    }
}

/// Appends one record: canonical JSON of at most 65535 bytes. When this returns its index, it is on the disk.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_append(
    ledger: *const kf_ledger,
    record: *const c_char,
    record_len: usize,
    index: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("index", index)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            out.write(ledger.0.append(input::bytes("record", record.cast(), record_len)?)?);
            Ok(())
        })
    }
}

/// Appends records in order, all or none, with one write to the disk: a record a line, each ended by a line feed (the last
/// may lack it), which is no part of it. `first` gets the index of the first.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_append_lines(
    ledger: *const kf_ledger,
    lines: *const c_char,
    lines_len: usize,
    first: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("first", first)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let lines = input::bytes("lines", lines.cast(), lines_len)?;
            let records = ledger::lines(lines);
            out.write(ledger.0.append_batch(&records)?.start);
            Ok(())
        })
    }
}

/// Appends one record in the space that is held for it, after an append answered `KF-LEDGER-21`: that the ledger is full
/// can be recorded and signed.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_append_last(
    ledger: *const kf_ledger,
    record: *const c_char,
    record_len: usize,
    index: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("index", index)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let record = input::bytes("record", record.cast(), record_len)?;
            out.write(ledger.0.with(|ledger| ledger.append_last(record))?);
            Ok(())
        })
    }
}

/// Signs the present head, unless it is signed already, to a `Checkpoint`. When the signer fails, the records stay,
/// unsigned.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_checkpoint(
    ledger: *const kf_ledger,
    checkpoint: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("checkpoint", checkpoint)?;
            out.write(text::document(&handle::get::<LedgerObject>(ledger)?.0.checkpoint()?)?);
            Ok(())
        })
    }
}

/// Ends an interval in which there may have been no record: appends one that says when, and signs, to a `Checkpoint`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_seal(
    ledger: *const kf_ledger,
    at: *const c_char,
    at_len: usize,
    checkpoint: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("checkpoint", checkpoint)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&ledger.0.with(|ledger| ledger.seal(at))?)?);
            Ok(())
        })
    }
}

/// How the ledger stands, to a document: `origin`, `profile`, `public_key`, `size`, `root`, the last signed head
/// `signed`, and what the opening `dropped`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_state(
    ledger: *const kf_ledger,
    state: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("state", state)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            out.write(ledger.0.with(|ledger| text::document(&ledger.state()))?);
            Ok(())
        })
    }
}

/// One record, its bytes as they were appended.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_read(
    ledger: *const kf_ledger,
    index: u64,
    record: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("record", record)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            out.write(text::make(ledger.0.with(|ledger| ledger.read(index))?)?);
            Ok(())
        })
    }
}

/// The proof that a record is under the last signed head, to a `Receipt`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_receipt(
    ledger: *const kf_ledger,
    index: u64,
    receipt: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("receipt", receipt)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            out.write(text::document(&ledger.0.with(|ledger| ledger.receipt(index))?)?);
            Ok(())
        })
    }
}

/// The proof that the tree of the first `size1` records begins that of `size2`, to a proof document that
/// `kf_ledger_verify_proof` checks.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_consistency(
    ledger: *const kf_ledger,
    size1: u64,
    size2: u64,
    proof: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("proof", proof)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            out.write(text::document(&ledger.0.with(|ledger| ledger.consistency_document(size1, size2))?)?);
            Ok(())
        })
    }
}

/// Changes the key: appends a record that both keys have signed; `index` gets its index. With it the change is made: only the
/// new key opens the ledger for writing from then on. The head is signed with both if the signers can now
/// (`kf_ledger_checkpoint` says why not), and heads are until the ledger is freed.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_change_key(
    ledger: *const kf_ledger,
    new_signer: *const kf_signer,
    index: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("index", index)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let signer = handle::get::<SignerObject>(new_signer)?.signer();
            out.write(ledger.0.with(|ledger| ledger.change_key(signer))?);
            Ok(())
        })
    }
}

/// Signs heads also with the key before the present one, after the ledger was opened again; with NULL, with the present
/// key alone from now on.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_sign_with_previous_key(
    ledger: *const kf_ledger,
    previous: *const kf_signer,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let ledger = handle::get::<LedgerObject>(ledger)?;
            if previous.is_null() {
                ledger.0.with(Ledger::retire_previous_key);
                return Ok(());
            }
            let previous = handle::get::<SignerObject>(previous)?.signer();
            Ok(ledger.0.with(|ledger| ledger.sign_with_previous_key(previous))?)
        })
    }
}

/// Keeps a blob, and gives its digest: `sha256:...` or `sm3:...`, by which a record names it in its member `blobs`. When
/// this returns, it is on the disk.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_put_blob(
    ledger: *const kf_ledger,
    content: *const u8,
    content_len: usize,
    digest: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("digest", digest)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let mut content = input::bytes("content", content, content_len)?;
            let digest = ledger.0.with(|ledger| ledger.put_blob(&mut content))?;
            out.write(text::make(digest.to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// The content of a blob of at most `limit` bytes: it is what was put, or an error.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_read_blob(
    ledger: *const kf_ledger,
    digest: *const c_char,
    digest_len: usize,
    limit: u64,
    content: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("content", content)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let digest = input::digest("digest", digest, digest_len)?;
            out.write(text::make(ledger.0.with(|ledger| ledger.read_blob(&digest, limit))?)?);
            Ok(())
        })
    }
}

/// Erases a blob for ever. The records that name it stay, and the ledger verifies and says that it is gone.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_erase_blob(
    ledger: *const kf_ledger,
    digest: *const c_char,
    digest_len: usize,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let digest = input::digest("digest", digest, digest_len)?;
            Ok(ledger.0.with(|ledger| ledger.erase_blob(&digest))?)
        })
    }
}

/// How many records were exported.
#[derive(Serialize)]
struct Exported {
    bytes: u64,
    rows: u64,
}

/// Writes the records to a Parquet file of the columns `index`, `leaf_hash`, `record`, with the signed head in its
/// metadata, to `{"bytes":...,"rows":...}`. Appends go on meanwhile.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say. `callback` may be called with `user` during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_export(
    ledger: *const kf_ledger,
    path: *const c_char,
    path_len: usize,
    callback: kf_progress,
    user: *mut std::ffi::c_void,
    exported: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("exported", exported)?;
            let ledger = handle::get::<LedgerObject>(ledger)?;
            let path = input::text("path", path, path_len)?;
            let mut progress = progress::callback(callback, user);
            // By a handle of its own: appends go on, and the callback may use the ledger.
            let reader = ledger.0.with(|ledger| ledger.reader())?;
            let stats = reader.export(path, &mut progress)?;
            out.write(text::document(&Exported { bytes: stats.bytes, rows: stats.rows })?);
            Ok(())
        })
    }
}

/// The document that proves that the key signed two trees of one size under one name, from two signed notes. Heads that
/// don't contradict each other are `KF_ERR_INTEGRITY`. `kf_ledger_verify_proof` checks the document.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_prove_equivocation(
    note1: *const c_char,
    note1_len: usize,
    note2: *const c_char,
    note2_len: usize,
    public_key: *const c_char,
    public_key_len: usize,
    proof: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("proof", proof)?;
            let (note1, note2) = (input::text("note1", note1, note1_len)?, input::text("note2", note2, note2_len)?);
            let key: PublicKey = input::text("public_key", public_key, public_key_len)?.parse()?;
            out.write(text::document(&ledger::prove_equivocation(note1, note2, &key)?)?);
            Ok(())
        })
    }
}

/// Closes a ledger. Calls of other threads that are under way end as they would, and then the directory is let go; later
/// ones are `KF_ERR_HANDLE`. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_ledger_free(ledger: *mut kf_ledger) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<LedgerObject>(ledger)) }
}
