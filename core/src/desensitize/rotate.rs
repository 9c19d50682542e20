//! The plan that rotates tokens from one key to another, and leaves all else of a table as it is.

use std::collections::BTreeMap;

use arrow::datatypes::{Field, Schema};
use serde::{Deserialize, Serialize};

use super::PlanError;
use super::column::ColumnPlan;
use super::logical::plain_type;
use super::plan::Plan;
use super::token::form_of;
use super::vocabulary::{Invalid, Mac, TokenForm, Transform};
use crate::kinds::Kind;

/// Which tokens are rotated, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The columns of tokens, each with the kind of what the tokens stand for.
    pub columns: BTreeMap<String, Kind>,
    /// The id of the key that the tokens were made with.
    pub from: String,
    /// The id of the key that the new ones are made with.
    pub key: String,
    /// The domain of the new key; `<dataset>/<kind>` unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The code of the new tokens, HMAC-SHA-256 unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// The form of the new tokens. Unless it is given, columns of 16 or 32 bytes keep theirs, and all others are text.
    /// Bytes are rotated to as many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<TokenForm>,
}

impl Plan {
    /// The plan that keeps every column of a table but those of tokens, which it rotates without seeing what they stand for.
    /// A new token is made of the old one, so it equals no token that is made of the value itself. What is no token of the
    /// old key fails the whole rotation: redacting it would lose a row of somebody's.
    ///
    /// Tokens of bytes carry no key id, and any bytes of their width look like them: that a column holds tokens of the old
    /// key is for the caller to know, from the proof of the treatment that made them. Rotated twice, or rotated though it
    /// holds something else, it joins with nothing any more.
    ///
    /// # Errors
    /// [`PlanError::NoSuchColumn`] for a column that the table lacks; every other problem of the plan.
    ///
    /// ```
    /// use kaifang::desensitize::{Plan, Rotation};
    /// use kaifang::kinds::Kind;
    /// # use arrow::datatypes::{DataType, Field, Schema};
    /// let schema = Schema::new(vec![Field::new("sfzh", DataType::Utf8, true), Field::new("je", DataType::Utf8, true)]);
    /// let columns = [("sfzh".to_owned(), Kind::ResidentId)].into();
    /// let rotation = Rotation { columns, from: "k1".into(), key: "k2".into(), domain: None, mac: None, form: None };
    /// let plan = Plan::rotate(&schema, "people", &rotation)?;
    /// assert_eq!((plan.columns()["sfzh"].from.as_deref(), plan.keys()), (Some("k1"), vec!["k2"]));
    /// # Ok::<(), kaifang::desensitize::PlanError>(())
    /// ```
    pub fn rotate(schema: &Schema, dataset: &str, rotation: &Rotation) -> Result<Self, PlanError> {
        let absent = rotation.columns.keys().filter(|column| schema.column_with_name(column).is_none());
        PlanError::all_of(absent.map(|column| PlanError::NoSuchColumn { column: column.clone() }).collect())?;
        let entry = |field: &Field| match rotation.columns.get(field.name()) {
            None => ColumnPlan::new(Transform::Keep),
            Some(kind) => ColumnPlan {
                kind: Some(*kind),
                key: Some(rotation.key.clone()),
                from: Some(rotation.from.clone()),
                domain: rotation.domain.clone(),
                mac: rotation.mac,
                form: rotation.form.or_else(|| plain_type(field.data_type()).and_then(form_of)),
                ..ColumnPlan::new(Transform::Token)
            },
        };
        let columns = schema.fields().iter().map(|field| (field.name().clone(), entry(field))).collect();
        Plan::new(dataset, columns, Invalid::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, DictionaryArray, FixedSizeBinaryArray, Int8Array,
        LargeBinaryArray, RecordBatch, StringArray,
    };
    use arrow::datatypes::DataType;

    use super::*;
    use crate::crypto::Keyring;
    use crate::table::Source;

    /// A token of 16 bytes, and what it is rotated to: `tests/vectors/token.json`, made by `tests/oracles/token.py`.
    const OLD: &str = "b5dd7ef59c175f7e356f09e041fb554e";
    const NEW: &str = "05944c86c37389ee42a0e82b5a2a39e2";

    fn bytes(digits: &str) -> Vec<u8> {
        digits
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn keys() -> Keyring {
        let mut keys = Keyring::new();
        let first: Vec<u8> = (0..32).collect();
        keys.insert("k1", &first).unwrap();
        keys.insert("k2", &[9; 16]).unwrap();
        keys
    }

    fn rotation(form: Option<TokenForm>) -> Rotation {
        let columns = [("sfzh".to_owned(), Kind::ResidentId)].into();
        Rotation { columns, from: "k1".to_owned(), key: "k2".to_owned(), domain: None, mac: None, form }
    }

    fn rotate(array: ArrayRef, form: Option<TokenForm>) -> Result<(ArrayRef, u64), String> {
        let schema = Arc::new(Schema::new(vec![Field::new("sfzh", array.data_type().clone(), true)]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![array]).unwrap();
        let plan = Plan::rotate(&schema, "xa-resident", &rotation(form)).map_err(|error| error.to_string())?;
        let source = Source::from_batches(schema, vec![batch]).unwrap();
        let mut treated = plan.apply(source, &keys()).map_err(|error| error.to_string())?;
        let batch = treated.next_batch().map_err(|error| error.to_string())?.unwrap();
        assert!(treated.next_batch().unwrap().is_none());
        Ok((Arc::clone(batch.column(0)), treated.applied().unwrap().columns[0].changed))
    }

    fn cells(array: &ArrayRef) -> Vec<Option<Vec<u8>>> {
        let plain = super::super::logical::plain(array).unwrap();
        plain.as_fixed_size_binary().iter().map(|cell| cell.map(<[u8]>::to_vec)).collect()
    }

    /// Equal tokens stay equal, different ones different, nulls null, and 16 bytes 16, whatever type holds them.
    #[test]
    fn bytes_of_every_type_become_as_many() {
        let (old, other) = (bytes(OLD), vec![0xff; 16]);
        let given = [Some(old.as_slice()), None, Some(&other), Some(&old)];
        let fixed = || FixedSizeBinaryArray::try_from_sparse_iter_with_size(given.into_iter(), 16).unwrap();
        let words = FixedSizeBinaryArray::try_from_iter([&other, &old, &vec![7; 16]].into_iter()).unwrap();
        let picks = Int8Array::from(vec![Some(1), None, Some(0), Some(1)]);
        let arrays: [(ArrayRef, Option<TokenForm>); 6] = [
            (Arc::new(fixed()), None),
            (Arc::new(fixed()), Some(TokenForm::Bytes16)),
            (Arc::new(BinaryArray::from_iter(given)), Some(TokenForm::Bytes16)),
            (Arc::new(LargeBinaryArray::from_iter(given)), Some(TokenForm::Bytes16)),
            (Arc::new(BinaryViewArray::from_iter(given)), Some(TokenForm::Bytes16)),
            (Arc::new(DictionaryArray::new(picks, Arc::new(words))), None),
        ];
        for (array, form) in arrays {
            let was = array.data_type().clone();
            let (rotated, changed) = rotate(array, form).unwrap();
            let plain = DataType::FixedSizeBinary(16);
            let expected = match was {
                DataType::Dictionary(key, _) => DataType::Dictionary(key, Box::new(plain)),
                _ => plain,
            };
            assert_eq!((rotated.data_type(), changed), (&expected, 3));
            let cells = cells(&rotated);
            assert_eq!(cells[0], Some(bytes(NEW)));
            assert_eq!((&cells[1], &cells[3]), (&None, &cells[0]));
            assert!(cells[2].as_ref().is_some_and(|cell| cell.len() == 16 && *cell != bytes(NEW) && *cell != other));
        }
    }

    #[test]
    fn tables_that_joined_join_and_thirty_two_bytes_stay_as_many() {
        let wide = |fill: &[u8]| -> ArrayRef {
            let cells = fill.iter().map(|byte| [*byte; 32]);
            Arc::new(FixedSizeBinaryArray::try_from_iter(cells).unwrap())
        };
        let (left, _) = rotate(wide(&[1, 2, 3]), None).unwrap();
        let (right, _) = rotate(wide(&[3, 9, 1]), None).unwrap();
        assert_eq!(left.data_type(), &DataType::FixedSizeBinary(32));
        let (left, right) = (cells(&left), cells(&right));
        assert_eq!((&left[0], &left[2]), (&right[2], &right[0]));
        assert!(!right.contains(&left[1]) && !left.contains(&right[1]));
    }

    /// Nothing tells bytes that are no tokens, or another key's, but their number.
    #[test]
    fn another_width_is_refused() {
        let fixed = |width: usize| -> ArrayRef {
            Arc::new(FixedSizeBinaryArray::try_from_iter([vec![1; width]].into_iter()).unwrap())
        };
        for (width, form) in [
            (15, None),
            (20, None),
            (16, Some(TokenForm::Bytes32)),
            (32, Some(TokenForm::Bytes16)),
            (16, Some(TokenForm::Text)),
        ] {
            let error = rotate(fixed(width), form).unwrap_err();
            assert!(error.contains(&format!("FixedSizeBinary({width})")), "{error}");
        }
        let loose = |width: usize| -> ArrayRef { Arc::new(BinaryArray::from(vec![&vec![1; 16][..], &vec![1; width]])) };
        assert!(rotate(loose(16), Some(TokenForm::Bytes16)).is_ok());
        for (width, form) in [(0, TokenForm::Bytes16), (15, TokenForm::Bytes16), (17, TokenForm::Bytes16)] {
            let error = rotate(loose(width), Some(form)).unwrap_err();
            assert!(error.contains("row 2"), "{error}");
        }
        assert!(rotate(loose(16), Some(TokenForm::Bytes32)).unwrap_err().contains("row 1"));
        assert!(rotate(loose(16), None).unwrap_err().contains("Binary"), "what they are is to be said");
    }

    /// Without `from` bytes are no values that a token could be made of.
    #[test]
    fn bytes_have_no_first_token() {
        let schema = Schema::new(vec![Field::new("sfzh", DataType::FixedSizeBinary(16), true)]);
        let entry = ColumnPlan {
            kind: Some(Kind::ResidentId),
            key: Some("k1".to_owned()),
            form: Some(TokenForm::Bytes16),
            ..ColumnPlan::new(Transform::Token)
        };
        let plan = Plan::new("d", [("sfzh".to_owned(), entry)].into(), Invalid::Redact).unwrap();
        assert!(matches!(plan.check(&schema), Err(PlanError::Type { .. })));
    }

    #[test]
    fn a_column_of_digits_holds_the_same_tokens() {
        let digits = || -> ArrayRef { Arc::new(StringArray::from(vec![Some(OLD), None])) };
        let (rotated, changed) = rotate(digits(), Some(TokenForm::Bytes16)).unwrap();
        assert_eq!((cells(&rotated), changed), (vec![Some(bytes(NEW)), None], 1));
        assert!(rotate(digits(), None).is_err(), "digits are no token as text");
    }
}
