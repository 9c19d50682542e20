//! Hashes, ciphers, keys and signatures: the only room that names `ring`, `sha2`, `aes`, `aes-gcm`, `sm2`, `sm3` and `sm4`.
//!
//! | | |
//! |---|---|
//! | [`sha256`], [`Hasher`] | SHA-256 (FIPS 180-4) and SM3 (GB/T 32905) |
//! | [`MacKey`] | HMAC-SHA-256 and HMAC-SM3 (RFC 2104), the two padded states computed once |
//! | `BlockCipher` | AES (FIPS 197) and SM4 (GB/T 32907); over them FF1 (NIST SP 800-38G), public as `desensitize::Ff1` (with the feature `tables`) |
//! | [`Keyring`] | secrets with ids; one key per domain by HKDF (RFC 5869) |
//! | `aead` | AES-256 and SM4 in Galois/counter mode |
//! | [`PublicKey`] | Ed25519 (RFC 8032) and, with the feature `gm`, SM2 (GB/T 32918.2) with the signer's id |
//! | [`Signer`]: [`Ed25519Key`], [`Sm2Key`], [`CallbackSigner`] | keys in PKCS#8 PEM as `openssl genpkey` writes it, devices behind a call |
//!
//! A key that hashes or signs has no `Debug`, no `Clone`, no `Serialize`; its bytes are overwritten when it is dropped
//! (not those inside `ring`'s key pair and `sm2`'s key, which offer no way to). A key file that others may read is refused.
//!
//! This room must never put a byte of a secret into an error, and must never hash an identifier without a key for
//! another room's sake: an unkeyed hash of an identifier does not exist here.

#[cfg(feature = "tables")]
pub(crate) mod aead;
#[cfg(feature = "tables")]
mod block;
mod ed25519;
#[cfg(feature = "tables")]
pub(crate) mod ff1;
mod file;
mod hash;
mod keyring;
mod lanes;
mod mac;
mod pem;
mod public_key;
mod signer;
#[cfg(feature = "gm")]
mod sm2;
#[cfg(test)]
mod tests;

#[cfg(feature = "tables")]
pub use block::BlockCipher;
pub use ed25519::{Ed25519Key, SIGNATURE_LENGTH};
#[cfg(feature = "tables")]
pub(crate) use hash::fill_random;
#[cfg(feature = "tables")]
pub(crate) use hash::frame;
pub(crate) use hash::random;
pub use hash::{Hasher, digest, sha256};
pub(crate) use hash::{hash_after_byte, hash_pair};
#[cfg(feature = "tables")]
pub(crate) use keyring::is_key_id;
pub use keyring::{Keyring, LEAST_SECRET};
pub use mac::MacKey;
pub use public_key::{PublicKey, SignatureAlgorithm};
pub use signer::{CallbackSigner, Signer, load_signer, signer_from_pem};
#[cfg(feature = "gm")]
pub use sm2::{DEFAULT_SIGNER_ID, Sm2Key};

use crate::terms::Text;

room_error! {
    /// Why a key can't be had or used.
    pub enum KeyError {
        /// A key file can't be read.
        Unreadable { file: String, what: Text } = "KF-KEY-01",
            en "the key file {file:?} can't be read: {what}",
            zh "无法读取密钥文件 {file:?}:{what:#}", at "{file}";
        /// A key file that group or others may read or write.
        Exposed { file: String, mode: String } = "KF-KEY-02",
            en "the key file {file:?} has mode {mode}; only its owner may read it (chmod 600)",
            zh "密钥文件 {file:?} 的权限为 {mode};应只允许属主读取(chmod 600)", at "{file}";
        /// A keyring file that isn't one.
        MalformedKeyring { what: Text } = "KF-KEY-03",
            en "not a keyring file: {what}",
            zh "不是密钥环文件:{what:#}";
        /// A private key that can't be read.
        MalformedPrivateKey { expected: Text } = "KF-KEY-04",
            en "not a private key: expected {expected}",
            zh "不是私钥:应为{expected:#}";
        /// A public key that can't be read.
        MalformedPublicKey { expected: Text } = "KF-KEY-05",
            en "not a public key: expected {expected}",
            zh "不是公钥:应为{expected:#}";
        /// A secret that could be guessed.
        ShortSecret { id: String, bytes: usize } = "KF-KEY-06",
            en "the secret of the key {id:?} has {bytes} bytes; at least 16 are needed",
            zh "密钥 {id:?} 只有 {bytes} 字节,至少需要 16 字节", at "{id}";
        /// No key of this name.
        NoSuchKey { id: String } = "KF-KEY-07",
            en "the keyring has no key {id:?}",
            zh "密钥环中没有密钥 {id:?}", at "{id}";
        /// Two keys of one name.
        DuplicateKey { id: String } = "KF-KEY-08",
            en "the keyring already has a key {id:?}",
            zh "密钥环中已有密钥 {id:?}", at "{id}";
        /// A name that a plan could not name.
        BadId = "KF-KEY-09",
            en "a key id is 1 to 64 of A-Z a-z 0-9 _ . -",
            zh "密钥标识应为 1 至 64 个 A-Z a-z 0-9 _ . - 字符";
        /// A key is derived for a domain.
        EmptyDomain = "KF-KEY-10",
            en "a key is derived for a domain, and the domain is empty",
            zh "密钥按用途域派生,而用途域为空";
        /// The operating system gave no random bytes.
        NoRandomness = "KF-KEY-11",
            en "the operating system gave no random bytes",
            zh "操作系统未能提供随机数";
        /// A key file that exists is never overwritten.
        Exists { file: String } = "KF-KEY-12",
            en "the file {file:?} exists; a key file is never overwritten",
            zh "文件 {file:?} 已存在;密钥文件不会被覆盖", at "{file}";
        /// A key file can't be written.
        Unwritable { file: String, what: Text } = "KF-KEY-13",
            en "the key file {file:?} can't be written: {what}",
            zh "无法写入密钥文件 {file:?}:{what:#}", at "{file}";
        /// The signer gave an error.
        SignerFailed { what: Text } = "KF-KEY-14",
            en "the signer failed: {what}",
            zh "签名失败:{what:#}";
        /// The signer gave a signature that its own public key rejects.
        WrongSignature = "KF-KEY-15",
            en "the signer returned a signature that its public key does not verify",
            zh "签名者返回的签名未能通过其公钥验证";
        /// The signer gave no answer in time.
        SignerTimedOut { milliseconds: u64 } = "KF-KEY-16",
            en "the signer gave no answer within {milliseconds} ms; while its call has not come back, nothing is signed",
            zh "签名者未在 {milliseconds} 毫秒内应答;其调用返回之前不再签名";
        /// Only SM2 signs a digest.
        NoMessageDigest = "KF-KEY-17",
            en "only an SM2 key signs a digest; this key signs the message",
            zh "只有 SM2 密钥对摘要签名;该密钥应对消息签名";
        /// An id that can't be written down.
        BadSignerId = "KF-KEY-18",
            en "the id of an SM2 signer is 1 to 255 bytes without white space at its ends and without control characters",
            zh "SM2 签名者标识应为 1 至 255 字节,首尾无空白,且不含控制字符";
        /// An environment variable that is not set, or no text.
        NoVariable { name: String } = "KF-KEY-20",
            en "the environment variable {name:?} holds no keyring",
            zh "环境变量 {name:?} 中没有密钥环", at "{name}";
        /// The host's callback gave no secret.
        NotGiven { id: String } = "KF-KEY-21",
            en "the host gave no secret for the key {id:?}",
            zh "宿主未提供密钥 {id:?}", at "{id}";
        /// A build without SM2.
        NoSm2 = "KF-KEY-19",
            en "this build has no SM2: it was made without the feature gm",
            zh "本构建不含 SM2:编译时未启用 gm 特性";
    }
}
