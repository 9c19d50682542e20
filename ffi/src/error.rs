//! `kf_error`: what went wrong, with its stable code, in Chinese and English, and where.

use std::ffi::c_char;

use kaifang_core::error::{ErrorDocument, Explain, Family};

use crate::guard::{guard, guard_or};
use crate::handle::{self, Object};
use crate::status::kf_status;
use crate::text::Terminated;

/// Why a body failed: the status that C gets, and the error that it may ask for.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: kf_status,
    pub(crate) document: ErrorDocument,
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        let document = ErrorDocument::from(&error);
        // A progress callback that breaks is the caller's wish, whatever room it stopped.
        let status = match document.code.as_str() {
            code if CANCELLED.contains(&code) => kf_status::KF_ERR_CANCELLED,
            code => kf_status::from(Family::of_code(code)),
        };
        Failure { status, document }
    }
}

/// The codes of the rooms that a progress callback can stop.
const CANCELLED: &[&str] = &["KF-TABLE-16"];

impl Failure {
    fn new(status: kf_status, code: &str, place: &str, zh: String, en: String) -> Self {
        Failure { status, document: ErrorDocument { code: code.to_owned(), zh, en, place: Some(place.to_owned()) } }
    }

    pub(crate) fn null(argument: &str) -> Self {
        Failure::new(
            kf_status::KF_ERR_NULL,
            "KF-C-01",
            argument,
            format!("参数 {argument} 为 NULL 或未对齐"),
            format!("the argument {argument} is NULL or misaligned"),
        )
    }

    pub(crate) fn utf8(argument: &str, offset: usize) -> Self {
        Failure::new(
            kf_status::KF_ERR_UTF8,
            "KF-C-02",
            &format!("{argument}, byte {offset}"),
            format!("参数 {argument} 自第 {offset} 字节起不是 UTF-8"),
            format!("the argument {argument} is not UTF-8 from byte {offset} on"),
        )
    }

    pub(crate) fn handle(kind: &str) -> Self {
        Failure::new(
            kf_status::KF_ERR_HANDLE,
            "KF-C-03",
            kind,
            format!("不是有效的 {kind} 句柄:已释放,或属于其他类型"),
            format!("not a live {kind} handle: it was freed, or is of another kind"),
        )
    }

    pub(crate) fn arrow(place: &str, zh: &str, en: &str) -> Self {
        Failure::new(
            kf_status::KF_ERR_ARROW,
            "KF-C-04",
            place,
            format!("Arrow C 数据结构有误:{zh}"),
            format!("the Arrow structure is not valid: {en}"),
        )
    }

    pub(crate) fn callback(callback: &str, number: i32) -> Self {
        Failure::new(
            kf_status::KF_ERR_CALLBACK,
            "KF-C-05",
            callback,
            format!("回调 {callback} 返回错误 {number}"),
            format!("the callback {callback} failed with {number}"),
        )
    }

    pub(crate) fn argument(argument: &str, en: &str, zh: &str) -> Self {
        Failure::new(
            kf_status::KF_ERR_ARGUMENT,
            "KF-C-06",
            argument,
            format!("参数 {argument} 超出范围:应为{zh}"),
            format!("the argument {argument} is out of range: expected {en}"),
        )
    }

    pub(crate) fn used(kind: &str) -> Self {
        Failure::new(
            kf_status::KF_ERR_HANDLE,
            "KF-C-07",
            kind,
            format!("该 {kind} 已被使用,或因此前的内部错误而不可再用"),
            format!("this {kind} is used up, or unusable after an earlier internal error"),
        )
    }

    pub(crate) fn unfinished() -> Self {
        Failure::new(
            kf_status::KF_ERR_UNFINISHED,
            "KF-C-08",
            "stream",
            "数据流尚未读完,处理证明尚不存在".to_owned(),
            "the stream was not read to its end, so there is no proof of treatment yet".to_owned(),
        )
    }

    pub(crate) fn panic() -> Self {
        Failure::new(
            kf_status::KF_ERR_PANIC,
            "KF-C-99",
            "library",
            "库内部错误:请报告此缺陷".to_owned(),
            "an internal error was caught: please report this defect".to_owned(),
        )
    }
}

/// An error. The caller owns it and frees it with `kf_error_free`.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_error {
    _private: [u8; 0],
}

struct ErrorObject {
    status: kf_status,
    code: Terminated,
    zh: Terminated,
    en: Terminated,
    place: Option<Terminated>,
}

impl Object for ErrorObject {
    type Opaque = kf_error;
    const KIND: u8 = 1;
    const NAME: &'static str = "kf_error";
}

/// Makes the error that C gets. NULL where no handle is left.
pub(crate) fn make(failure: Failure) -> *mut kf_error {
    let Failure { status, document } = failure;
    let object = ErrorObject {
        status,
        code: Terminated::new(document.code.into_bytes()),
        zh: Terminated::new(document.zh.into_bytes()),
        en: Terminated::new(document.en.into_bytes()),
        place: document.place.map(|place| Terminated::new(place.into_bytes())),
    };
    handle::insert(object).unwrap_or(std::ptr::null_mut())
}

/// # Safety
/// `len` is NULL or writable.
unsafe fn part(
    error: *const kf_error,
    len: *mut usize,
    choose: fn(&ErrorObject) -> Option<&Terminated>,
) -> *const c_char {
    guard_or(std::ptr::null(), || {
        let object = handle::get::<ErrorObject>(error)?;
        let Some(text) = choose(&object) else { return Ok(std::ptr::null()) };
        // SAFETY: `len` as promised by the caller. The text lives as long as the handle does.
        Ok(unsafe { text.give(len) }.cast())
    })
}

/// The status that came with the error. `KF_ERR_HANDLE` if this is no live error.
#[unsafe(no_mangle)]
pub extern "C" fn kf_error_status(error: *const kf_error) -> kf_status {
    guard_or(kf_status::KF_ERR_HANDLE, || Ok(handle::get::<ErrorObject>(error)?.status))
}

/// The stable code, such as `KF-FACT-01`.
///
/// UTF-8, followed by a NUL byte; valid until the error is freed. `len` may be NULL. Returns NULL if this is no
/// live error.
///
/// # Safety
/// `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_error_code(error: *const kf_error, len: *mut usize) -> *const c_char {
    // SAFETY: as promised by the caller.
    unsafe { part(error, len, |object| Some(&object.code)) }
}

/// The Chinese text. As `kf_error_code`.
///
/// # Safety
/// `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_error_zh(error: *const kf_error, len: *mut usize) -> *const c_char {
    // SAFETY: as promised by the caller.
    unsafe { part(error, len, |object| Some(&object.zh)) }
}

/// The English text. As `kf_error_code`.
///
/// # Safety
/// `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_error_en(error: *const kf_error, len: *mut usize) -> *const c_char {
    // SAFETY: as promised by the caller.
    unsafe { part(error, len, |object| Some(&object.en)) }
}

/// Where in the input: a column, a row, a field, a byte. NULL where that is not known. As `kf_error_code`.
///
/// # Safety
/// `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_error_where(error: *const kf_error, len: *mut usize) -> *const c_char {
    // SAFETY: as promised by the caller.
    unsafe { part(error, len, |object| object.place.as_ref()) }
}

/// Frees an error. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_error_free(error: *mut kf_error) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<ErrorObject>(error)) }
}
