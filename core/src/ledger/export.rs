//! A ledger as a Parquet file: for those who count and join, and for who recomputes the root with their own tools.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryBuilder, FixedSizeBinaryBuilder, RecordBatch, UInt64Builder};
use arrow::datatypes::{DataType, Field, Schema};

use super::log::Ledger;
use super::tree::{Hash, leaf_hash};
use super::verifier_key;
use crate::Error;
use crate::table::{Format, Progress, Sink, TableError, WrittenStats, report_written};
use crate::terms::Word as _;

/// Rows that are written at once; less when the records are long.
const ROWS: usize = 8192;
const BYTES: usize = 8 << 20;
const HASH: i32 = size_of::<Hash>() as i32;

impl Ledger {
    /// Writes the committed records to a Parquet file of the columns `index`, `leaf_hash` (32 bytes) and `record` (the stored
    /// bytes). The file's metadata hold the last signed head (`kaifang.checkpoint`, a signed note), the verifier key that it
    /// verifies with (`kaifang.key`), the hash (`kaifang.hash`) and the number of records (`kaifang.size`): the tree over
    /// the first rows, as many as the head says, has its root. Records that are not signed yet are there too.
    ///
    /// ```
    /// # use kaifang::crypto::Ed25519Key;
    /// # use kaifang::ledger::{Ledger, LedgerConfig, Profile};
    /// # use kaifang::table::silent;
    /// # let dir = tempfile::tempdir()?;
    /// # let (key, _pem) = Ed25519Key::generate()?;
    /// # let config = LedgerConfig { origin: "log".into(), profile: Profile::Intl };
    /// let mut ledger = Ledger::create(dir.path().join("log"), &config, Box::new(key))?;
    /// ledger.append(b"1")?;
    /// ledger.checkpoint()?;
    /// assert_eq!(ledger.export(dir.path().join("log.parquet"), &mut silent)?.rows, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TableError::Io`], [`TableError::Cancelled`]; [`super::IntegrityError`] when the records don't add up to the root
    /// that the ledger was opened with: then no file is left.
    pub fn export(&self, to: impl AsRef<Path>, progress: Progress<'_>) -> Result<WrittenStats, Error> {
        let hash = self.profile().hash();
        let metadata: HashMap<String, String> = [
            ("kaifang.checkpoint", self.signed().note.clone()),
            ("kaifang.key", verifier_key(self.origin(), self.signed_by())),
            ("kaifang.hash", hash.id().to_owned()),
            ("kaifang.size", self.size().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let fields = vec![
            Field::new("index", DataType::UInt64, false),
            Field::new("leaf_hash", DataType::FixedSizeBinary(HASH), false),
            Field::new("record", DataType::Binary, false),
        ];
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        let mut sink = Sink::create(to, Arc::clone(&schema), Format::Parquet)?;
        let mut records = self.records()?;
        let mut done = 0;
        while done < self.size() {
            let mut index = UInt64Builder::with_capacity(ROWS);
            let mut leaf = FixedSizeBinaryBuilder::with_capacity(ROWS, HASH);
            let mut bytes = BinaryBuilder::new();
            let mut length = 0;
            for record in records.by_ref().take(ROWS) {
                let (number, record) = record?;
                index.append_value(number);
                leaf.append_value(leaf_hash(hash, &record)).map_err(|error| TableError::from_arrow(&error))?;
                bytes.append_value(&record);
                (done, length) = (number + 1, length + record.len());
                if length > BYTES {
                    break;
                }
            }
            let columns: Vec<ArrayRef> =
                vec![Arc::new(index.finish()), Arc::new(leaf.finish()), Arc::new(bytes.finish())];
            let batch =
                RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| TableError::from_arrow(&error))?;
            sink.write(&batch)?;
            report_written(progress, "export", done, Some(self.size()), sink.bytes())?;
        }
        Ok(sink.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Ed25519Key;
    use crate::ledger::{Checkpoint, IntegrityError, LedgerConfig, Profile, SharedLedger};
    use crate::table::{ReadOptions, open, silent};
    use arrow::array::{Array as _, AsArray as _};
    use arrow::datatypes::UInt64Type;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use std::ops::ControlFlow;

    fn filled(dir: &Path, count: u64) -> Ledger {
        let (key, _) = Ed25519Key::generate().unwrap();
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        let mut ledger = Ledger::create(dir, &config, Box::new(key)).unwrap();
        let records: Vec<String> = (0..count).map(|number| format!("{{\"n\":{number}}}")).collect();
        ledger.append_batch(&records).unwrap();
        ledger.checkpoint().unwrap();
        ledger
    }

    /// What a stranger does: the root anew from the column of records, against the head in the metadata.
    #[test]
    fn the_root_can_be_computed_from_the_file() {
        let temp = tempfile::tempdir().unwrap();
        let mut ledger = filled(&temp.path().join("log"), 20_000);
        ledger.append(b"\"not signed yet\"").unwrap();
        let file = temp.path().join("log.parquet");
        let mut told = Vec::new();
        let stats = ledger.export(&file, &mut |update| {
            told.push((update.stage, update.done, update.total));
            ControlFlow::Continue(())
        });
        assert_eq!(stats.unwrap().rows, 20_001);
        assert_eq!(told.last(), Some(&("export", 20_001, Some(20_001))));

        let mut source = open(&file, &ReadOptions::default()).unwrap();
        let metadata = source.schema().metadata().clone();
        let head = Checkpoint::parse(&metadata["kaifang.checkpoint"], ledger.public_key()).unwrap();
        assert_eq!((metadata["kaifang.hash"].as_str(), metadata["kaifang.size"].as_str()), ("sha256", "20001"));
        let mut tree = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        let mut next = 0;
        while let Some(batch) = source.next_batch().unwrap() {
            let (index, leaf) = (batch.column(0).as_primitive::<UInt64Type>(), batch.column(1).as_fixed_size_binary());
            let records = batch.column(2).as_binary::<i32>();
            for row in 0..batch.num_rows() {
                assert_eq!(index.value(row), next);
                assert_eq!(leaf.value(row), leaf_hash(crate::terms::HashAlgorithm::Sha256, records.value(row)));
                if next < head.size {
                    tree.push(records.value(row).to_vec());
                }
                next += 1;
            }
            assert_eq!(records.null_count(), 0);
        }
        assert_eq!(tree.root().as_bytes()[..], head.root.as_bytes()[..]);
    }

    #[test]
    fn an_empty_a_cancelled_and_a_damaged_ledger() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("log.parquet");
        assert_eq!(filled(&temp.path().join("empty"), 0).export(&file, &mut silent).unwrap().rows, 0);
        std::fs::remove_file(&file).unwrap();

        let dir = temp.path().join("log");
        let ledger = filled(&dir, 100);
        let cancelled = ledger.export(&file, &mut |_| ControlFlow::Break(()));
        assert_eq!(cancelled, Err(TableError::Cancelled { stage: "export" }.into()));
        assert!(!file.exists());

        // By a shared ledger too: it is the same ledger.
        let shared = SharedLedger::new(ledger);
        assert_eq!(shared.with(|ledger| ledger.export(&file, &mut silent)).unwrap().rows, 100);
        let segment = dir.join("segments/00000000.kfl");
        let mut bytes = std::fs::read(&segment).unwrap();
        bytes[100] ^= 1;
        std::fs::write(&segment, bytes).unwrap();
        let damaged = shared.with(|ledger| ledger.export(temp.path().join("damaged.parquet"), &mut silent));
        assert!(matches!(damaged, Err(Error::Integrity(IntegrityError::BadChecksum { .. }))));
        assert!(!temp.path().join("damaged.parquet").exists());
    }
}
