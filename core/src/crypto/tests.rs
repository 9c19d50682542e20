//! What keys can't do, and what they can: where this does not hold, the tests don't compile.

use std::fmt::{Debug, Display};

use serde::Serialize;
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// Not printed, not copied, not serialized; shared by threads.
macro_rules! is_a_key {
    ($key:ty) => {
        assert_not_impl_any!($key: Debug, Display, Clone, Serialize);
        assert_impl_all!($key: Send, Sync);
    };
}

is_a_key!(super::Keyring);
is_a_key!(super::MacKey);
is_a_key!(super::Ed25519Key);
is_a_key!(super::CallbackSigner);
#[cfg(feature = "gm")]
is_a_key!(super::Sm2Key);
#[cfg(feature = "tables")]
is_a_key!(super::aead::AeadKey);
#[cfg(feature = "tables")]
is_a_key!(super::block::BlockKey);
#[cfg(feature = "tables")]
is_a_key!(super::ff1::Ff1);
#[cfg(feature = "tables")]
is_a_key!(crate::desensitize::Ff1);
