//! The progress callback of long jobs.

use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;

use kaifang_core::table::ProgressUpdate;

/// What a progress callback returns to go on. Any other number, 0 included, cancels the job: bridges such as JNA turn
/// a callback that threw into 0.
pub const KF_CONTINUE: i32 = 1;

/// `total` of a job whose size is not known beforehand.
pub const KF_UNKNOWN: u64 = u64::MAX;

/// Told how far a job is: `stage` is a word of `stage_len` bytes followed by NUL, `done` and `total` are rows, `bytes`
/// those of the result that are written so far (0 where none are). Returns `KF_CONTINUE`, or anything else to cancel.
/// Called on the thread that made the call; it must not throw or jump out.
#[allow(non_camel_case_types, reason = "the names of C")]
pub type kf_progress = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        stage: *const c_char,
        stage_len: usize,
        done: u64,
        total: u64,
        bytes: u64,
    ) -> i32,
>;

/// The callback as core wants it. NULL shows nothing and never cancels.
///
/// # Safety
/// `callback` may be called with `user` while the result lives.
pub(crate) unsafe fn callback(
    callback: kf_progress,
    user: *mut c_void,
) -> impl FnMut(ProgressUpdate) -> ControlFlow<()> {
    let mut stage: Option<(&'static str, Vec<u8>)> = None;
    move |update| {
        let Some(call) = callback else { return ControlFlow::Continue(()) };
        let (_, terminated) = match &mut stage {
            Some(known) if known.0 == update.stage => known,
            other => other.insert((update.stage, [update.stage.as_bytes(), b"\0"].concat())),
        };
        let (word, length) = (terminated.as_ptr().cast(), update.stage.len());
        let total = update.total.unwrap_or(KF_UNKNOWN);
        // SAFETY: as promised by the caller; the word lives during the call.
        let answer = unsafe { call(user, word, length, update.done, total, update.bytes) };
        if answer == KF_CONTINUE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
