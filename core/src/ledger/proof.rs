//! What a third party checks without the log: receipts, and proofs as documents.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::tree::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use super::{Checkpoint, Expected, IntegrityError, equivocation};
use crate::Error;
use crate::canon;
use crate::crypto::PublicKey;
use crate::terms::{HashAlgorithm, V1};

/// A hash of the tree; in documents and in C2SP texts base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProofHash(pub Hash);

impl From<Hash> for ProofHash {
    fn from(hash: Hash) -> Self {
        ProofHash(hash)
    }
}

impl fmt::Display for ProofHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for ProofHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ProofHash {
    fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(ProofHash)
    }
}

impl Serialize for ProofHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProofHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a hash is base64 of 32 bytes"))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ProofHash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProofHash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$" })
    }
}

/// Proof that a record is in a log under a signed head. With the record and the log's key it is verified offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// The version of this document.
    pub v: V1,
    /// The record's index.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub proof: Vec<ProofHash>,
    /// The head.
    pub checkpoint: Checkpoint,
}

const TLOG_PROOF: &str = "c2sp.org/tlog-proof@v1";

impl Receipt {
    /// The receipt as a `.tlog-proof` text (c2sp.org/tlog-proof).
    #[must_use]
    pub fn to_tlog_proof(&self) -> String {
        let hashes: String = self.proof.iter().map(|hash| format!("{hash}\n")).collect();
        format!("{TLOG_PROOF}\nindex {}\n{hashes}\n{}", self.index, self.checkpoint.note)
    }

    /// Reads a `.tlog-proof` text, after the signature of its checkpoint was verified. Extra data is passed over.
    ///
    /// # Errors
    /// [`IntegrityError::MalformedNote`], and those of [`Checkpoint::parse`].
    pub fn from_tlog_proof(text: &str, key: &PublicKey) -> Result<Self, IntegrityError> {
        let malformed = |line, expected| IntegrityError::MalformedNote { line, expected };
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(malformed(1, Expected::new("证明、空行与检查点", "a proof, an empty line and a checkpoint")))?;
        let mut lines = head.split('\n').enumerate().peekable();
        if lines.next().is_none_or(|(_, line)| line != TLOG_PROOF) {
            return Err(malformed(1, Expected::new(TLOG_PROOF, TLOG_PROOF)));
        }
        lines.next_if(|(_, line)| line.strip_prefix("extra ").is_some_and(|extra| STANDARD.decode(extra).is_ok()));
        let index = lines.next().and_then(|(_, line)| line.strip_prefix("index "));
        let index = index.and_then(|text| text.parse::<u64>().ok().filter(|index| index.to_string() == text));
        let index = index.ok_or(malformed(2, Expected::new("十进制的序号", "an index in decimal")))?;
        let mut proof = Vec::new();
        for (number, line) in lines {
            proof.push(
                ProofHash::parse(line).ok_or(malformed(
                    number + 1,
                    Expected::new("32 字节哈希的 base64", "base64 of a hash of 32 bytes"),
                ))?,
            );
        }
        Ok(Receipt { v: V1, index, proof, checkpoint: Checkpoint::parse(note, key)? })
    }
}

/// Verifies that `record`, byte for byte, is in the log of `key` where the receipt says.
///
/// # Errors
/// Those of [`Checkpoint::verify`] and [`verify_inclusion`].
pub fn verify_receipt(record: &[u8], receipt: &Receipt, key: &PublicKey) -> Result<(), IntegrityError> {
    let head = &receipt.checkpoint;
    head.verify(key)?;
    let hash = head.root.algorithm();
    verify_inclusion(
        hash,
        &leaf_hash(hash, record),
        receipt.index,
        head.size,
        &hashes(&receipt.proof),
        head.root.as_bytes(),
    )
}

fn hashes(proof: &[ProofHash]) -> Vec<Hash> {
    proof.iter().map(|hash| hash.0).collect()
}

/// The bytes of a record in a document: base64.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBytes(pub Vec<u8>);

impl fmt::Debug for RecordBytes {
    /// The length alone: a record may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for RecordBytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for RecordBytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(&*text).map(RecordBytes).map_err(|_| serde::de::Error::custom("a record is base64"))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RecordBytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RecordBytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

fn sha256() -> HashAlgorithm {
    HashAlgorithm::Sha256
}

fn is_sha256(hash: &HashAlgorithm) -> bool {
    *hash == sha256()
}

/// A claim about a log and its proof in one document: what every language hands over.
///
/// ```
/// use kaifang::ledger::verify_document;
/// let alone = r#"{"v":1,"op":"consistency","size1":1,"size2":1,"proof":[],
///     "root1":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","root2":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}"#;
/// assert!(verify_document(alone.as_bytes()).is_ok());
/// assert!(verify_document(alone.replace("\"size1\":1", "\"size1\":2").as_bytes()).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ProofDocument {
    /// A leaf is in a tree.
    Inclusion {
        /// The version of this document.
        v: V1,
        /// The hash of the tree.
        #[serde(default = "sha256", skip_serializing_if = "is_sha256")]
        hash: HashAlgorithm,
        /// The leaf hash.
        leaf: ProofHash,
        /// The leaf's index.
        index: u64,
        /// The size of the tree.
        size: u64,
        /// From the leaf's sibling up to the root's child.
        proof: Vec<ProofHash>,
        /// The root of the tree.
        root: ProofHash,
    },
    /// One tree begins another.
    Consistency {
        /// The version of this document.
        v: V1,
        /// The hash of the trees.
        #[serde(default = "sha256", skip_serializing_if = "is_sha256")]
        hash: HashAlgorithm,
        /// The size of the older tree.
        size1: u64,
        /// The size of the newer tree.
        size2: u64,
        /// The proof of RFC 6962, section 2.1.2.
        proof: Vec<ProofHash>,
        /// The root of the older tree.
        root1: ProofHash,
        /// The root of the newer tree.
        root2: ProofHash,
    },
    /// A head is signed by a key.
    Checkpoint {
        /// The version of this document.
        v: V1,
        /// The signed note.
        note: String,
        /// The key of the log.
        public_key: PublicKey,
        /// The name that the log must have, where that matters.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        origin: Option<String>,
    },
    /// A key signed two trees of one size under one name.
    Equivocation {
        /// The version of this document.
        v: V1,
        /// One signed note.
        note1: String,
        /// The other.
        note2: String,
        /// The key of the log.
        public_key: PublicKey,
    },
    /// A record is under a head that is signed by a key.
    Receipt {
        /// The version of this document.
        v: V1,
        /// The bytes of the record.
        record_base64: RecordBytes,
        /// The receipt.
        receipt: Receipt,
        /// The key of the log.
        public_key: PublicKey,
    },
}

impl ProofDocument {
    /// Checks the proof.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self) -> Result<(), IntegrityError> {
        match self {
            Self::Inclusion { hash, leaf, index, size, proof, root, .. } => {
                verify_inclusion(*hash, &leaf.0, *index, *size, &hashes(proof), &root.0)
            }
            Self::Consistency { hash, size1, size2, proof, root1, root2, .. } => {
                verify_consistency(*hash, *size1, *size2, &hashes(proof), &root1.0, &root2.0)
            }
            Self::Checkpoint { note, public_key, origin, .. } => {
                let found = Checkpoint::parse(note, public_key)?.origin;
                match origin {
                    Some(expected) if *expected != found => {
                        Err(IntegrityError::WrongOrigin { expected: expected.clone(), found })
                    }
                    _ => Ok(()),
                }
            }
            Self::Equivocation { note1, note2, public_key, .. } => equivocation::check(note1, note2, public_key),
            Self::Receipt { record_base64, receipt, public_key, .. } => {
                verify_receipt(&record_base64.0, receipt, public_key)
            }
        }
    }
}

/// Reads a [`ProofDocument`] and checks it.
///
/// # Errors
/// [`crate::canon::CanonError`] when it is no such document, [`IntegrityError`] when the proof does not hold.
pub fn verify_document(json: &[u8]) -> Result<(), Error> {
    Ok(canon::read::<ProofDocument>("ProofDocument", json)?.check()?)
}
