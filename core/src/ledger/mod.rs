//! A tamper-evident log of opaque canonical bytes: records in a Merkle tree (RFC 6962) whose head is signed (C2SP
//! tlog-checkpoint). The format is `docs/ledger-format.md`.
//!
//! | file | holds |
//! |---|---|
//! | [`tree`](self), `nodes` | hashes, growth, proofs and their check; the nodes in a file, for quick proofs |
//! | `note`, [`Checkpoint`] | the signed head |
//! | [`Profile`], `keys` | what a log is and who signs it; the record that changes the key |
//! | `frame`, `replay` | the bytes of a segment, and what they must add up to |
//! | [`Ledger`]: `log`, `open`, `write`, `prove`, `blobs`, `export`; [`SharedLedger`] | read, recover, append and sign, prove, keep blobs, to Parquet; for many threads |
//! | `follow` | what another process wrote since the last look |
//! | [`verify()`] | every byte, offline |
//! | [`Receipt`], [`ProofDocument`], [`prove_equivocation`] | what a third party checks without the log |
//!
//! A record that was acknowledged is on the disk. A directory smaller than its signed head, or with another root, is
//! refused. What no directory can tell of itself — that the whole of it was restored from an older copy, or that
//! records after the last signed head were cut at a commit — a pinned head kept elsewhere tells: see [`verify()`].
//!
//! Of a record this room looks at two members: `at`, the time that it carries, and `blobs`, the content that it names. One
//! kind of record is its own: the change of key. It must never know what a record means, never repair what was committed, never sign a head that does not
//! extend the last one, and never read a clock.

mod blobs;
mod change;
mod checkpoint;
mod config;
mod equivocation;
#[cfg(feature = "tables")]
mod export;
mod follow;
mod frame;
mod keys;
mod log;
mod members;
mod nodes;
mod note;
mod open;
mod proof;
mod prove;
mod replay;
mod shared;
mod store;
mod tree;
mod verify;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_life;

pub use self::log::{Ledger, LedgerState};
pub use checkpoint::Checkpoint;
pub use config::{LedgerConfig, Profile};
pub use equivocation::prove_equivocation;
pub(crate) use follow::Follower;
pub use frame::LONGEST_RECORD;
pub(crate) use keys::is_own;
pub use note::verifier_key;
pub use open::Dropped;
pub use proof::{ProofDocument, ProofHash, Receipt, RecordBytes, verify_document, verify_receipt};
pub use replay::Records;
pub use shared::SharedLedger;
pub use tree::{Hash, LONGEST_PROOF, leaf_hash, node_hash, verify_consistency, verify_inclusion};
pub(crate) use verify::verify_and_list;
pub use verify::{Verified, verify};
pub use write::lines;

use std::fmt;

use crate::terms::{Digest, Text};

/// What should stand where something else does, in both languages: English, and Chinese with the alternate form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    zh: &'static str,
    en: &'static str,
}

impl Expected {
    pub(crate) const fn new(zh: &'static str, en: &'static str) -> Self {
        Expected { zh, en }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { self.zh } else { self.en })
    }
}

room_error! {
    /// Why a ledger can't be opened or written.
    pub enum LedgerError {
        /// The operating system refused something.
        Io { file: String, doing: &'static str, what: Text, full: bool } = "KF-LEDGER-01",
            en "{doing} of {file:?} failed: {what}",
            zh "对 {file:?} 的系统调用 {doing} 失败:{what:#}", at "{file}";
        /// A new ledger needs a directory of its own.
        NotEmpty { dir: String } = "KF-LEDGER-02",
            en "the directory {dir:?} is not empty; a new ledger needs one of its own",
            zh "目录 {dir:?} 非空;新账本需要独立的空目录", at "{dir}";
        /// Not a ledger.
        NotALedger { dir: String, missing: &'static str } = "KF-LEDGER-03",
            en "{dir:?} is not a ledger: {missing:?} is missing",
            zh "{dir:?} 不是账本:缺少 {missing:?}", at "{dir}";
        /// Somebody else writes.
        Locked { dir: String, by: String } = "KF-LEDGER-04",
            en "another writer has the ledger {dir:?} open ({by})",
            zh "账本 {dir:?} 正由另一写入者打开({by})", at "{dir}";
        /// Opened without a signer.
        ReadOnly = "KF-LEDGER-05",
            en "the ledger was opened without a signer and can only be read",
            zh "账本打开时未提供签名者,只能读取";
        /// A write failed: what the disk holds is no longer known.
        Poisoned = "KF-LEDGER-06",
            en "an earlier write failed; open the ledger again to recover",
            zh "此前的写入失败;请重新打开账本以恢复";
        /// A record that is too long.
        TooLong { position: usize, bytes: usize } = "KF-LEDGER-07",
            en "record {position} of the call has {bytes} bytes; at most 65535 are allowed",
            zh "本次调用的第 {position} 条记录有 {bytes} 字节,最多允许 65535 字节", at "{position}";
        /// A record that is not its own canonical encoding.
        NotCanonical { position: usize, reason: Text } = "KF-LEDGER-08",
            en "record {position} of the call is not canonical JSON: {reason}",
            zh "本次调用的第 {position} 条记录不是规范 JSON:{reason:#}", at "{position}";
        /// A log name that a checkpoint can't carry.
        BadOrigin = "KF-LEDGER-09",
            en "an origin is 1 to 255 bytes without white space, control characters or +",
            zh "账本名称(origin)应为 1 至 255 字节,不含空白、控制字符或 +";
        /// Another log's signer.
        WrongSigner = "KF-LEDGER-10",
            en "the signer's public key is not the key of this ledger",
            zh "签名者的公钥不是本账本的公钥";
        /// No such record.
        NoSuchRecord { index: u64, size: u64 } = "KF-LEDGER-11",
            en "there is no record {index}: the ledger has {size}",
            zh "不存在第 {index} 条记录:账本共有 {size} 条", at "{index}";
        /// A receipt proves inclusion in a signed head.
        NotYetSigned { index: u64, signed_size: u64 } = "KF-LEDGER-12",
            en "record {index} is not under the last checkpoint, which covers {signed_size}; sign a new one first",
            zh "第 {index} 条记录不在最近的检查点之内(覆盖 {signed_size} 条);请先签发新的检查点", at "{index}";
        /// Sizes of which there is no proof.
        NoProof { size1: u64, size2: u64, size: u64 } = "KF-LEDGER-13",
            en "there is no consistency proof from size {size1} to {size2} in a ledger of {size}",
            zh "在 {size} 条记录的账本中不存在从 {size1} 到 {size2} 的一致性证明";
        /// No memory for the batch.
        NoMemory { bytes: usize } = "KF-LEDGER-14",
            en "there is no memory for a batch of {bytes} bytes",
            zh "没有内存容纳 {bytes} 字节的批次";
        /// A child process that inherited the handle.
        Forked = "KF-LEDGER-15",
            en "the ledger was opened by another process; a child made by fork opens its own after the parent closes",
            zh "账本由另一进程打开;fork 产生的子进程须在父进程关闭后自行打开";
        /// The last segment has another length than this writer left it with.
        WrittenByAnother { file: String } = "KF-LEDGER-16",
            en "{file:?} is not as this writer left it: another has written; open the ledger again",
            zh "{file:?} 与本写入者留下的状态不同:另有写入;请重新打开账本", at "{file}";
        /// More keys than the file of keys holds.
        TooManyKeys = "KF-LEDGER-17",
            en "the ledger has had as many keys as its file of keys holds; begin a new one",
            zh "账本的密钥文件已满,不能再更换密钥;请新建账本";
        /// A key of the other profile.
        WrongAlgorithm { wanted: Text } = "KF-LEDGER-18",
            en "a ledger of this profile is signed by {wanted}, and the key is of the other kind",
            zh "此类账本由 {wanted:#} 签名,而密钥属于另一类";
        /// A key that the log has, or had.
        KeyInUse = "KF-LEDGER-19",
            en "the new key is, or was, a key of this ledger; a change needs a key that never was",
            zh "新密钥是或曾是本账本的密钥;更换须使用从未用过的密钥";
        /// A record that only the ledger writes.
        Reserved { position: usize } = "KF-LEDGER-20",
            en "record {position} of the call begins like a change of key, which only the ledger writes",
            zh "本次调用的第 {position} 条记录以密钥更换记录的形式开头,此类记录只由账本写入", at "{position}";
        /// No space.
        Full { dir: String } = "KF-LEDGER-21",
            en "there is no space for {dir:?}: nothing of the call was written",
            zh "{dir:?} 没有空间:本次调用未写入任何内容", at "{dir}";
        /// A record names a blob that is not there.
        NoSuchBlob { digest: Digest } = "KF-LEDGER-22",
            en "the ledger has no blob {digest}", zh "账本中没有数据块 {digest}", at "{digest}";
        /// A blob that is longer than the reader allows.
        LongBlob { digest: Digest, limit: u64 } = "KF-LEDGER-23",
            en "the blob {digest} is longer than the {limit} bytes that are allowed",
            zh "数据块 {digest} 超过所允许的 {limit} 字节", at "{digest}";
        /// More than one write may hold.
        LongBatch { bytes: usize } = "KF-LEDGER-24",
            en "the records of the call have {bytes} bytes; at most 268435456 go into one batch",
            zh "本次调用的记录共 {bytes} 字节,一批至多 268435456 字节";
        /// A member `blobs` that names none.
        BadBlobs { position: usize } = "KF-LEDGER-25",
            en "record {position} of the call has a member blobs that is not an array of digests (sha256: or sm3:)",
            zh "本次调用的第 {position} 条记录的成员 blobs 不是摘要数组(sha256: 或 sm3:)", at "{position}";
    }
}

room_error! {
    /// Why bytes are not what was signed: which file, which byte, which record.
    pub enum IntegrityError {
        /// The bytes of a segment are no frame.
        BadFrame { file: String, offset: u64, record: u64, expected: Expected } = "KF-INTEGRITY-01",
            en "{file}: at byte {offset} (record {record}): expected {expected}",
            zh "{file}:第 {offset} 字节处(记录 {record}):应为{expected:#}", at "{file}, byte {offset}, record {record}";
        /// A frame whose checksum is wrong.
        BadChecksum { file: String, offset: u64, record: u64 } = "KF-INTEGRITY-02",
            en "{file}: the frame at byte {offset} (record {record}) has a wrong checksum",
            zh "{file}:第 {offset} 字节处的帧(记录 {record})校验和不符", at "{file}, byte {offset}, record {record}";
        /// A file that ends inside a frame.
        Truncated { file: String, offset: u64, record: u64 } = "KF-INTEGRITY-03",
            en "{file} ends inside the frame at byte {offset} (record {record})",
            zh "{file} 在第 {offset} 字节处的帧(记录 {record})内中断", at "{file}, byte {offset}, record {record}";
        /// Whole frames that no commit follows.
        Uncommitted { file: String, offset: u64, record: u64 } = "KF-INTEGRITY-04",
            en "{file}: what begins at byte {offset} (record {record}) was never committed",
            zh "{file}:自第 {offset} 字节起(记录 {record})的内容未提交", at "{file}, byte {offset}, record {record}";
        /// A record out of order.
        WrongIndex { file: String, offset: u64, expected: u64, found: u64 } = "KF-INTEGRITY-05",
            en "{file}: the frame at byte {offset} counts {found}, expected {expected}",
            zh "{file}:第 {offset} 字节处的帧计数为 {found},应为 {expected}", at "{file}, byte {offset}, record {expected}";
        /// A record that is not canonical.
        NotCanonicalRecord { file: String, offset: u64, record: u64 } = "KF-INTEGRITY-06",
            en "{file}: record {record} at byte {offset} is not canonical JSON",
            zh "{file}:第 {offset} 字节处的记录 {record} 不是规范 JSON", at "{file}, byte {offset}, record {record}";
        /// A commit whose root is not the root of the records.
        WrongRoot { file: String, offset: u64, size: u64 } = "KF-INTEGRITY-07",
            en "{file}: the root at byte {offset} is not the root of the {size} records before it",
            zh "{file}:第 {offset} 字节处的树根与之前 {size} 条记录不符", at "{file}, byte {offset}, record {size}";
        /// A commit that does not follow the one before it.
        BrokenChain { file: String, offset: u64, size: u64 } = "KF-INTEGRITY-08",
            en "{file}: the commit at byte {offset} (size {size}) does not follow the commit before it",
            zh "{file}:第 {offset} 字节处的提交(大小 {size})与前一提交不相接", at "{file}, byte {offset}, record {size}";
        /// A segment that is gone.
        MissingSegment { file: String } = "KF-INTEGRITY-09",
            en "the segment {file} is missing", zh "缺少分段 {file}", at "{file}";
        /// A segment that stands in another's place.
        WrongSegment { file: String, record: u64 } = "KF-INTEGRITY-10",
            en "{file} is not the segment that begins with record {record} of this ledger",
            zh "{file} 不是本账本自记录 {record} 开始的分段", at "{file}, byte 0, record {record}";
        /// A file of the directory that is not as this room writes it.
        MalformedFile { file: String, expected: Expected } = "KF-INTEGRITY-11",
            en "{file}: expected {expected}", zh "{file}:应为{expected:#}", at "{file}";
        /// Fewer records than were signed.
        RolledBack { signed_size: u64, size: u64 } = "KF-INTEGRITY-12",
            en "the ledger has {size} records, but a head of {signed_size} was signed: records are gone",
            zh "账本有 {size} 条记录,但曾签署过 {signed_size} 条的树头:有记录丢失", at "record {size}";
        /// Another tree than the one that was signed.
        NotTheSignedTree { signed_size: u64 } = "KF-INTEGRITY-13",
            en "the root of the first {signed_size} records is not the one that was signed",
            zh "前 {signed_size} 条记录的树根与已签署的不同", at "record {signed_size}";
        /// Fewer records than a head kept elsewhere.
        BelowPin { pinned_size: u64, size: u64 } = "KF-INTEGRITY-14",
            en "the ledger has {size} records, but the pinned head has {pinned_size}: an older copy was restored",
            zh "账本有 {size} 条记录,而留存的树头有 {pinned_size} 条:恢复了旧副本", at "record {size}";
        /// Another tree than the head kept elsewhere.
        NotThePinnedTree { pinned_size: u64 } = "KF-INTEGRITY-15",
            en "the root of the first {pinned_size} records is not the pinned one: history was rewritten",
            zh "前 {pinned_size} 条记录的树根与留存的不同:历史被改写", at "record {pinned_size}";
        /// Not the key that the caller trusts.
        WrongKey = "KF-INTEGRITY-16",
            en "the ledger's key is not the key it is verified with", zh "账本的公钥不是验证所用的公钥";
        /// Not the log that it should be.
        WrongOrigin { expected: String, found: String } = "KF-INTEGRITY-17",
            en "the checkpoint is of the log {found:?}, expected {expected:?}",
            zh "检查点属于账本 {found:?},应为 {expected:?}";
        /// A note that can't be read.
        MalformedNote { line: usize, expected: Expected } = "KF-INTEGRITY-18",
            en "the signed note, line {line}: expected {expected}",
            zh "签名文本第 {line} 行:应为{expected:#}", at "line {line}";
        /// No line of the note is by the key.
        NotSigned { name: String } = "KF-INTEGRITY-19",
            en "the note has no signature by {name:?} with the key it is verified with",
            zh "签名文本中没有 {name:?} 用该密钥所作的签名";
        /// A line by the key that the key rejects.
        BadSignature { line: usize } = "KF-INTEGRITY-20",
            en "the signature of the note is wrong", zh "签名文本的签名无效", at "line {line}";
        /// An index that is not in the tree.
        IndexBeyondSize { index: u64, size: u64 } = "KF-INTEGRITY-21",
            en "the index {index} is not in a tree of {size}", zh "序号 {index} 不在大小为 {size} 的树中", at "record {index}";
        /// A proof with too few hashes, or too many.
        ProofLength { hashes: usize } = "KF-INTEGRITY-22",
            en "a proof for these sizes does not have {hashes} hashes", zh "对应这些大小的证明不应有 {hashes} 个哈希";
        /// A leaf that is not in the tree.
        WrongInclusion { index: u64, size: u64 } = "KF-INTEGRITY-23",
            en "the proof does not lead from this leaf at {index} to the root of the tree of {size}",
            zh "该证明不能由序号 {index} 的叶导出大小为 {size} 的树根", at "record {index}";
        /// Sizes of which nothing can be proved.
        ConsistencySizes { size1: u64, size2: u64 } = "KF-INTEGRITY-24",
            en "there is no consistency proof from size {size1} to size {size2}",
            zh "不存在从大小 {size1} 到大小 {size2} 的一致性证明";
        /// Two trees of which neither begins the other.
        WrongConsistency { size1: u64, size2: u64 } = "KF-INTEGRITY-25",
            en "the proof does not show that the tree of {size1} begins the tree of {size2}",
            zh "该证明未能表明大小 {size1} 的树是大小 {size2} 的树的前段";
        /// A document that says something else than the note in it.
        NotTheNote { field: &'static str } = "KF-INTEGRITY-26",
            en "the field {field} does not agree with the signed note", zh "字段 {field} 与签名文本不一致", at "{field}";
        /// A record that claims to change the key and does not.
        BadKeyChange { file: String, offset: u64, record: u64 } = "KF-INTEGRITY-27",
            en "{file}: record {record} at byte {offset} is no change of the ledger's key that both keys have signed",
            zh "{file}:第 {offset} 字节处的记录 {record} 不是由新旧密钥共同签署的密钥更换",
            at "{file}, byte {offset}, record {record}";
        /// The keys of the directory are not those that its records tell of.
        WrongKeys = "KF-INTEGRITY-28",
            en "the keys in the directory are not those that the ledger's records tell of",
            zh "目录中的密钥与账本记录所载的密钥不一致";
        /// A head by a key that was not in force any more.
        HeadByOldKey { signed_size: u64 } = "KF-INTEGRITY-29",
            en "the head of {signed_size} records is signed only by a key that was replaced before",
            zh "{signed_size} 条记录的树头仅由此前已更换的密钥签名", at "record {signed_size}";
        /// A blob whose content is not what its name says.
        WrongBlob { file: String } = "KF-INTEGRITY-30",
            en "{file}: the content is not what the name says", zh "{file}:内容与其名称所示摘要不符", at "{file}";
        /// Two heads that can both be true.
        NoEquivocation { size1: u64, size2: u64 } = "KF-INTEGRITY-31",
            en "the heads of {size1} and {size2} records don't contradict each other by themselves",
            zh "{size1} 条与 {size2} 条记录的树头本身并不矛盾";
        /// Bytes that are no hash of a tree.
        HashLength { bytes: usize } = "KF-INTEGRITY-32",
            en "a hash of the tree has 32 bytes, not {bytes}", zh "树的哈希应为 32 字节,而非 {bytes} 字节";
    }
}
