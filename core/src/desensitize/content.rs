//! The digest of a whole table: what identifies a version, whatever file it stands in.

use serde::Serialize;

use super::PlanError;
use super::applied::Applied;
use super::parts::PartsHasher;
use crate::canon;
use crate::canon::CanonError;
use crate::crypto::sha256;
use crate::table::{Progress, Source, report};
use crate::terms::{Digest, V1};

/// What is hashed: the columns in order, each by its name and the digest of its logical values.
#[derive(Serialize)]
struct Content<'a> {
    v: V1,
    columns: Vec<ContentColumn<'a>>,
}

#[derive(Serialize)]
struct ContentColumn<'a> {
    name: &'a str,
    digest: Digest,
}

fn digest<'a>(columns: impl Iterator<Item = (&'a str, Digest)>) -> Result<Digest, CanonError> {
    let columns = columns.map(|(name, digest)| ContentColumn { name, digest }).collect();
    canon::to_bytes(&Content { v: V1, columns }).map(|bytes| sha256(&bytes))
}

/// The digest of a table's content: SHA-256 over the canonical document `{"v", "columns": [{"name", "digest"}]}` with
/// the logical digest of each column (see [`crate::desensitize`]); behind a nested column its parts by their paths. Batch sizes
/// and file formats do not change it.
///
/// # Errors
/// Errors of reading; [`PlanError`] for a column of a type that has no logical values, such as a map;
/// [`crate::table::TableError`] where `progress` cancels.
pub fn content_digest(mut source: Source, progress: Progress<'_>) -> Result<Digest, crate::Error> {
    let schema = source.schema();
    let total = source.known_rows();
    let mut hashers = Vec::new();
    for (column, field) in (1..).zip(schema.fields()) {
        let hasher = PartsHasher::new(field.name(), field.data_type());
        if !hasher.is_whole() {
            return Err(PlanError::NoLogicalValues { column }.into());
        }
        hashers.push(hasher);
    }
    let mut rows = 0;
    while let Some(batch) = source.next_batch()? {
        for ((column, hasher), array) in (1..).zip(&mut hashers).zip(batch.columns()) {
            if !hasher.update(array) {
                return Err(PlanError::NoLogicalValues { column }.into());
            }
        }
        rows += batch.num_rows() as u64;
        report(&mut *progress, "digest", rows, total)?;
    }
    let digests: Vec<(String, Digest)> = hashers.into_iter().flat_map(PartsHasher::finish).collect();
    Ok(digest(digests.iter().map(|(path, digest)| (path.as_str(), *digest)))?)
}

impl Applied {
    /// The content digest of the treated table: the same that [`content_digest`] computes from its rows.
    ///
    /// # Errors
    /// [`CanonError`] where a column name has no canonical encoding.
    pub fn content(&self) -> Result<Digest, CanonError> {
        let columns = self.schema_out.iter();
        digest(columns.filter_map(|column| Some((column.name.as_str(), *self.output_digests.get(&column.name)?))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, MapBuilder, RecordBatch, StringArray, StringBuilder, StringViewArray};

    use super::*;
    use crate::crypto::Keyring;
    use crate::desensitize::Plan;
    use crate::table::silent;

    fn source(columns: Vec<(&str, ArrayRef)>, batch_rows: usize) -> Source {
        let whole = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
        let rows = whole.num_rows();
        let slices = (0..rows).step_by(batch_rows).map(|at| whole.slice(at, batch_rows.min(rows - at))).collect();
        Source::from_batches(whole.schema(), slices).unwrap()
    }

    fn of(columns: Vec<(&str, ArrayRef)>, batch_rows: usize) -> Digest {
        content_digest(source(columns, batch_rows), &mut silent).unwrap()
    }

    fn text(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn batches_and_text_types_do_not_change_it_but_names_order_and_values_do() {
        let usual = || vec![("a", text(&["1", "2", "3"])), ("b", text(&["x", "", "z"]))];
        let digest = of(usual(), 3);
        assert_eq!(of(usual(), 1), digest);
        let view: ArrayRef = Arc::new(StringViewArray::from(vec!["1", "2", "3"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        assert_eq!(of(vec![("a", view), ("b", text(&["x", "", "z"]))], 2), digest);
        assert_eq!(of(vec![("a", numbers), ("b", text(&["x", "", "z"]))], 2), digest);
        for other in [
            vec![("a", text(&["1", "2", "3"])), ("c", text(&["x", "", "z"]))],
            vec![("b", text(&["x", "", "z"])), ("a", text(&["1", "2", "3"]))],
            vec![("a", text(&["1", "2", "3"])), ("b", text(&["x", "y", "z"]))],
            vec![("a", text(&["1", "2", "3"]))],
        ] {
            assert_ne!(of(other, 3), digest);
        }
    }

    #[test]
    fn a_map_is_refused_by_its_number() {
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.append(true).unwrap();
        let table = source(vec![("xm", text(&["1"])), ("11010519491231002X", Arc::new(map.finish()))], 1);
        assert_eq!(content_digest(table, &mut silent), Err(PlanError::NoLogicalValues { column: 2 }.into()));
    }

    #[test]
    fn the_proof_names_the_content_that_the_treated_table_has() {
        let plan = Plan::parse_toml(
            "v = 1\ndataset = \"d\"\n[columns]\na = { do = \"keep\" }\nb = { do = \"drop\" }\nc = { do = \"redact\" }",
        )
        .unwrap();
        let table = || vec![("a", text(&["1", "2"])), ("b", text(&["x", "y"])), ("c", text(&["p", "q"]))];
        let mut treated = plan.apply(source(table(), 1), &Keyring::new()).unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = treated.next_batch().unwrap() {
            batches.push(batch);
        }
        let rows = Source::from_batches(treated.schema(), batches).unwrap();
        assert_eq!(treated.applied().unwrap().content().unwrap(), content_digest(rows, &mut silent).unwrap());
    }
}
