//! `Applied`: what was done to a table, column by column, and what came out.

use std::collections::BTreeMap;

use arrow::datatypes::{FieldRef, Schema};
use serde::{Deserialize, Serialize};

use super::PlanError;
use super::column::ColumnPlan;
use super::parts::{Part, PartsHasher, parts};
use super::rows::RemovedRows;
use super::vocabulary::Transform;
use crate::kinds::{Kind, Role};
use crate::table::{Progress, Source, report, type_name};
use crate::terms::{Digest, V1, words};

words! {
    /// 脱敏结果, in the words of the policy's fact `desensitization`.
    pub enum Desensitization {
        /// 未脱敏
        None = "none", "未脱敏", "none";
        /// 去标识化: without further information nobody is named, but with keys or other data somebody may be.
        Deidentified = "deidentified", "去标识化", "de-identified";
        /// 匿名化. A treatment alone never claims it: whether anybody can be singled out is a question to the figures of
        /// [`crate::risk`] and to an assessor.
        Anonymized = "anonymized", "匿名化", "anonymized";
    }

    /// 可还原性: how the values of a column could be had back from the output.
    pub enum Reversible {
        /// They are in the output: kept, or decrypted.
        Plain = "plain", "原值", "plain";
        /// Who holds the key has them back: decrypts them, takes a shift or a noise off again, or finds the value of a token
        /// by trying those that there are.
        WithKey = "with_key", "持有密钥者可还原", "with the key";
        /// Not from this column; what stays may still narrow them down.
        No = "no", "不可还原", "no";
    }
}

/// A column of a schema or a part of a nested one: its name or path, and its Arrow type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ColumnType {
    /// The name; of a part the path, such as `contact.phone` or `phones[]`.
    pub name: String,
    /// The Arrow type, such as `Utf8`, `Int64` or `Struct`.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// What was done to one column of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AppliedColumn {
    /// Its name, or the path of a part of a nested column.
    pub name: String,
    /// The transform.
    #[serde(rename = "do")]
    pub transform: Transform,
    /// The kind that the plan declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The id of the key, where the transform has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The domain that the key was derived for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Cells: rows, or elements of lists.
    pub rows: u64,
    /// Cells that were null.
    pub nulls: u64,
    /// Cells that the transform couldn't treat, and that were redacted.
    pub invalid: u64,
    /// Cells, not null, that are not what they were (redacted ones included).
    pub changed: u64,
    /// Whether the values can be had back.
    pub reversible: Reversible,
}

/// HMAC-SHA-256 under a key that the verifier of the output doesn't have: `hmac-sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct KeyedDigest(String);

impl KeyedDigest {
    pub(crate) fn new(mac: [u8; 32]) -> Self {
        KeyedDigest(Digest::sha256(mac).to_string().replacen("sha256:", "hmac-sha256:", 1))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digests of the input's logical columns, keyed: a column with few possible values could be guessed from a plain
/// digest.
///
/// Each is the HMAC-SHA-256 of the 32 bytes of the column's logical digest and the column's name, under the key of
/// `key_id` for the domain `kaifang:applied/input`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InputDigests {
    /// The id of the key: the first that the plan names, else the first of the keyring.
    pub key_id: String,
    /// By column.
    pub columns: BTreeMap<String, KeyedDigest>,
}

/// What the treatment made of the table, in the words of the policy's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// `none` where no cell of a treated column changed (all was kept or decrypted; the treated columns had nothing but
    /// nulls, or what the treatment leaves as it is; there was no row), whatever rows were removed; and where a column was
    /// kept or decrypted that the plan declares to be a direct identifier. Else `deidentified`. It says what was done as the
    /// plan declares it: what is left in kept columns is for a scan.
    pub desensitization: Desensitization,
}

/// The proof of a treatment: what was done to each column, with counts, and the digests of what came out.
///
/// The order of columns is that of the input. `output_digests` are of logical columns (see
/// [`crate::desensitize`]), so they hold for the CSV and the Parquet of one output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// The version of this document.
    pub v: V1,
    /// The hash of the plan.
    pub plan: Digest,
    /// The dataset that the plan names.
    pub dataset: String,
    /// Rows of the output. The input had these and the removed ones.
    pub rows: u64,
    /// What each rule about rows removed; absent where the plan has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RemovedRows>,
    /// What was done, by column.
    pub columns: Vec<AppliedColumn>,
    /// The columns and parts of the input that are not in the output.
    pub dropped: Vec<String>,
    /// The columns of the input.
    pub schema_in: Vec<ColumnType>,
    /// The columns of the output.
    pub schema_out: Vec<ColumnType>,
    /// Keyed digests of the input; `null` where the keyring was empty.
    pub input_digests: Option<InputDigests>,
    /// Plain digests of the output's columns.
    pub output_digests: BTreeMap<String, Digest>,
    /// What the table is now.
    pub outcome: Outcome,
}

impl Applied {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`crate::canon::CanonError`].
    pub fn from_json(json: &[u8]) -> Result<Self, crate::canon::CanonError> {
        crate::canon::read("Applied", json)
    }

    /// SHA-256 over the canonical JSON: what a ledger or a catalog names it by.
    #[must_use]
    pub fn hash(&self) -> Digest {
        crate::crypto::sha256(&crate::canon::to_bytes(self).unwrap_or_default())
    }

    /// Checks that a table is the output that this proof describes: its columns in order, its rows, its cells.
    ///
    /// # Errors
    /// [`PlanError::OutputDiffers`] with the first thing that differs; an error of reading; where `progress` cancels,
    /// [`crate::table::TableError::Cancelled`].
    pub fn verify_output(&self, mut output: Source, progress: Progress<'_>) -> Result<(), crate::Error> {
        let total = output.known_rows();
        let differs = |what: String| PlanError::OutputDiffers { what };
        let schema = output.schema();
        if !parts(&schema).iter().map(|part| &part.path).eq(self.schema_out.iter().map(|column| &column.name)) {
            return Err(differs("columns".to_owned()).into());
        }
        let hasher = |field: &FieldRef| PartsHasher::new(field.name(), field.data_type());
        let mut hashers: Vec<PartsHasher> = schema.fields().iter().map(hasher).collect();
        let mut rows: u64 = 0;
        while let Some(batch) = output.next_batch()? {
            rows += batch.num_rows() as u64;
            for ((hasher, array), field) in hashers.iter_mut().zip(batch.columns()).zip(schema.fields()) {
                if !hasher.update(array) {
                    return Err(differs(format!("columns.{}", field.name())).into());
                }
            }
            report(&mut *progress, "verify", rows, total)?;
        }
        if rows != self.rows {
            return Err(differs("rows".to_owned()).into());
        }
        let digests: BTreeMap<String, Digest> = hashers.into_iter().flat_map(PartsHasher::finish).collect();
        for column in &self.schema_out {
            let (stated, found) = (self.output_digests.get(&column.name), digests.get(&column.name));
            if stated.is_none() || stated != found {
                return Err(differs(format!("columns.{}", column.name)).into());
            }
        }
        Ok(())
    }
}

/// How the values of a column could be had back.
pub(crate) fn reversible(entry: &ColumnPlan) -> Reversible {
    match entry.transform {
        _ if is_plain(entry) => Reversible::Plain,
        // Encryption is undone by its key. A shift and a noise follow from the key and a cell of another column, which
        // the holder of the data has; without that cell they are found by trying the few that there are.
        Transform::Token | Transform::Fpe | Transform::Encrypt | Transform::DateShift | Transform::Noise => {
            Reversible::WithKey
        }
        // All values are in the column, and the order follows from the key and the digest of the column as it was.
        Transform::Shuffle => Reversible::WithKey,
        Transform::Text if entry.key.is_some() => Reversible::WithKey,
        _ => Reversible::No,
    }
}

/// Whether the output has the values themselves: kept, or decrypted.
fn is_plain(entry: &ColumnPlan) -> bool {
    entry.transform == Transform::Keep || entry.decrypt == Some(true)
}

/// What a treatment made of a table. Conservative: where no treated cell changed, or a column was kept or decrypted that the
/// plan declares to be a direct identifier, nothing was de-identified; and no treatment anonymizes.
pub(crate) fn outcome(columns: &[AppliedColumn]) -> Outcome {
    let plain = |column: &AppliedColumn| column.reversible == Reversible::Plain;
    let direct = |column: &AppliedColumn| column.kind.is_some_and(|kind| kind.role() == Role::Direct);
    let changed = columns.iter().any(|column| !plain(column) && column.changed > 0);
    let exposed = columns.iter().any(|column| plain(column) && direct(column));
    let desensitization = if changed && !exposed { Desensitization::Deidentified } else { Desensitization::None };
    Outcome { desensitization }
}

/// The columns of a schema, each before its parts, as a document.
pub(crate) fn column_types(schema: &Schema) -> Vec<ColumnType> {
    let column = |part: Part<'_>| ColumnType { name: part.path, data_type: type_name(part.data_type) };
    parts(schema).into_iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};

    use super::*;
    use crate::crypto::Keyring;
    use crate::desensitize::Plan;

    /// The outcome for a column `a` of these cells, treated so, beside one that is kept; rows by a rule.
    fn outcome_of(cells: &[Option<&str>], a: &str, rows: &str) -> (Desensitization, u64) {
        let kept = Arc::new(StringArray::from(vec!["x"; cells.len()])) as ArrayRef;
        let cells = Arc::new(StringArray::from(cells.to_vec())) as ArrayRef;
        let batch = RecordBatch::try_from_iter_with_nullable([("a", cells, true), ("b", kept, true)]).unwrap();
        let plan = format!("v = 1\ndataset = \"d\"\n{rows}\n[columns]\na = {{ {a} }}\nb = {{ do = \"keep\" }}\n");
        let source = Source::from_batches(batch.schema(), vec![batch]).unwrap();
        let mut keys = Keyring::new();
        keys.insert("k1", &[7; 32]).unwrap();
        let mut treated = Plan::parse_toml(&plan).unwrap().apply(source, &keys).unwrap();
        while treated.next_batch().unwrap().is_some() {}
        let applied = treated.into_applied().unwrap();
        (applied.outcome.desensitization, applied.rows)
    }

    #[test]
    fn where_no_treated_cell_changed_nothing_was_de_identified() {
        use Desensitization::{Deidentified, None as Nothing};
        let token = r#"do = "token", kind = "mobile", key = "k1""#;
        let transforms =
            [token, r#"do = "drop""#, r#"do = "null""#, r#"do = "redact""#, r#"do = "mask", kind = "mobile""#];
        for transform in transforms {
            assert_eq!(outcome_of(&[Some("13900001111"), None], transform, ""), (Deidentified, 2), "{transform}");
            assert_eq!(
                outcome_of(&[Some("no mobile"), None], transform, ""),
                (Deidentified, 2),
                "redacted: {transform}"
            );
            assert_eq!(outcome_of(&[None, None], transform, ""), (Nothing, 2), "{transform}");
            assert_eq!(outcome_of(&[], transform, ""), (Nothing, 0), "{transform}");
        }
        // What the treatment leaves as it is.
        let most = r#"do = "top_bottom", highest = 90"#;
        assert_eq!(outcome_of(&[Some("17"), Some("90")], most, ""), (Nothing, 2));
        assert_eq!(outcome_of(&[Some("17"), Some("91")], most, ""), (Deidentified, 2));
        // The row whose cell would have changed was removed: those that are left are as they were.
        let rule = r#"rows = [{ do = "suppress", column = "a", values = ["13900001111"] }]"#;
        assert_eq!(outcome_of(&[Some("13900001111"), None], token, rule), (Nothing, 1));
        assert_eq!(outcome_of(&[Some("13900001111"), Some("13900002222")], token, rule), (Deidentified, 1));
    }

    #[test]
    fn a_direct_identifier_that_stays_is_none_whatever_changed() {
        let kept = r#"do = "keep", kind = "mobile""#;
        assert_eq!(outcome_of(&[Some("13900001111")], kept, ""), (Desensitization::None, 1));
    }
}
