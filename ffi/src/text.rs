//! `kf_text`: bytes that the library hands out, and the caller frees.

use kaifang_core::canon;
use serde::Serialize;

use crate::error::Failure;
use crate::guard::{guard, guard_or};
use crate::handle::{self, Object};
use crate::input::Out;
use crate::status::kf_status;

/// Bytes with a NUL after them that is not counted, so that C may also read them as a string.
pub(crate) struct Terminated(Vec<u8>);

impl Terminated {
    pub(crate) fn new(mut bytes: Vec<u8>) -> Self {
        bytes.push(0);
        Terminated(bytes)
    }

    /// The first byte, and the length if it is asked for.
    ///
    /// # Safety
    /// `len` is NULL or writable.
    pub(crate) unsafe fn give(&self, len: *mut usize) -> *const u8 {
        let (data, bytes) = self.parts();
        // SAFETY: as promised by the caller.
        unsafe { tell(len, bytes) };
        data
    }

    fn parts(&self) -> (*const u8, usize) {
        (self.0.as_ptr(), self.0.len() - 1)
    }
}

/// Tells a length if it is asked for.
///
/// # Safety
/// `len` is NULL or writable.
unsafe fn tell(len: *mut usize, bytes: usize) {
    if !len.is_null() && len.is_aligned() {
        // SAFETY: writable, as promised by the caller.
        unsafe { len.write(bytes) };
    }
}

/// Bytes: a document as UTF-8 JSON, a note, an Arrow IPC stream. The caller owns it and frees it with `kf_text_free`.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_text {
    _private: [u8; 0],
}

struct TextObject(Terminated);

impl Object for TextObject {
    type Opaque = kf_text;
    const KIND: u8 = 2;
    const NAME: &'static str = "kf_text";
}

/// A handle of these bytes.
pub(crate) fn make(bytes: Vec<u8>) -> Result<*mut kf_text, Failure> {
    handle::insert(TextObject(Terminated::new(bytes)))
}

/// A handle of the canonical JSON of a document.
pub(crate) fn document<T: Serialize + ?Sized>(document: &T) -> Result<*mut kf_text, Failure> {
    make(canon::to_bytes(document)?)
}

/// Writes two texts, or none: no output is there without the other.
pub(crate) fn write_both(
    outs: (Out<*mut kf_text>, Out<*mut kf_text>),
    texts: (Vec<u8>, Vec<u8>),
) -> Result<(), Failure> {
    let first = make(texts.0)?;
    match make(texts.1) {
        Ok(second) => {
            outs.0.write(first);
            outs.1.write(second);
            Ok(())
        }
        Err(failure) => {
            drop(handle::remove::<TextObject>(first));
            Err(failure)
        }
    }
}

/// The bytes of a text, followed by a NUL byte that `len` does not count. Valid until the text is freed. `len` may be
/// NULL. Returns NULL if this is no live text.
///
/// # Safety
/// `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_text_data(text: *const kf_text, len: *mut usize) -> *const u8 {
    guard_or(std::ptr::null(), || {
        // The bytes live as long as the handle does.
        let (data, bytes) = handle::look(text, |object: &TextObject| object.0.parts())?;
        // SAFETY: as promised by the caller.
        unsafe { tell(len, bytes) };
        Ok(data)
    })
}

/// Frees a text. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_text_free(text: *mut kf_text) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<TextObject>(text)) }
}
