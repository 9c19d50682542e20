//! Which library this is.

use std::ffi::c_char;

/// The version of this interface. A program compiled against one number runs with libraries of the same number.
pub const KF_ABI_VERSION: u32 = 3;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the interface that the library was built with: compare it with `KF_ABI_VERSION` before anything else.
#[unsafe(no_mangle)]
pub extern "C" fn kf_abi_version() -> u32 {
    KF_ABI_VERSION
}

/// The version of the library, such as `0.1.0`; a static string.
#[unsafe(no_mangle)]
pub extern "C" fn kf_version() -> *const c_char {
    VERSION.as_ptr().cast()
}
