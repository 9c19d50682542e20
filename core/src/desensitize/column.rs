//! What one column gets: the transform and its settings, and the table of which transform has which setting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PlanError;
use super::bound::Bound;
use super::vocabulary::{Cipher, Distribution, Kept, Level, Mac, TokenForm, Transform};
use crate::kinds::Kind;
use crate::terms::Word;

/// Declares the settings of [`ColumnPlan`] and the table that reading and checking go by: for each its type, the
/// transforms that have it, and what is expected where it can't be read.
macro_rules! settings {
    ($($(#[$meta:meta])* $name:ident: $type:ty, [$($transform:ident),*], $en:literal, $zh:literal;)*) => {
        /// What one column gets.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct ColumnPlan {
            /// The transform.
            #[serde(rename = "do")]
            pub transform: Transform,
            $(
                $(#[$meta])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )*
        }

        impl ColumnPlan {
            /// A column with this transform and no setting.
            #[must_use]
            pub fn new(transform: Transform) -> Self {
                ColumnPlan { transform, $($name: None,)* }
            }

            /// The settings that are given.
            pub(super) fn given(&self) -> impl Iterator<Item = &'static Setting> {
                let given = [$(self.$name.is_some(),)*];
                SETTINGS.iter().zip(given).filter_map(|(setting, given)| given.then_some(setting))
            }
        }

        /// Every setting, in the order of the fields.
        pub(super) const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            transforms: &[$(Transform::$transform,)*],
            expected: ($en, $zh),
            reads: |value| <$type>::deserialize(value).is_ok(),
        },)*];
    };
}

/// One setting of a column.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// The transforms that have it; none given = all.
    transforms: &'static [Transform],
    pub(super) expected: (&'static str, &'static str),
    /// Whether a value of a plan file is one of the setting's type.
    pub(super) reads: fn(&Value) -> bool,
}

impl Setting {
    pub(super) fn is_of(&self, transform: Transform) -> bool {
        self.transforms.is_empty() || self.transforms.contains(&transform)
    }
}

settings! {
    /// What the column holds. Some transforms need it; elsewhere it is a declaration that the proof repeats.
    kind: Kind, [], "the id of a kind", "类别标识";
    /// How many leading characters (Unicode scalar values) stay.
    keep_prefix: u32, [Mask, Fpe, Generalize], "a whole number from 0", "非负整数";
    /// How many trailing characters stay.
    keep_suffix: u32, [Mask, Fpe], "a whole number from 0", "非负整数";
    /// Mask: the shape of a value. `#` is a character that stays, `*` one that is hidden; any other must stand there itself.
    pattern: String, [Mask], "a pattern of # and *", "由 # 与 * 组成的模式";
    /// The id of the key in the keyring.
    key: String, [Token, Fpe, DateShift, Noise, Encrypt, Text, Shuffle], "the id of a key", "密钥标识";
    /// The domain that the key is derived for; `<dataset>/<kind>` unless two datasets are meant to join.
    domain: String, [Token, Fpe, DateShift, Noise, Encrypt], "a domain", "域";
    /// Token: the id of the key of the tokens that the column already holds, which become tokens of `key`.
    from: String, [Token], "the id of a key", "密钥标识";
    /// Token: the message authentication code, `hmac_sha256` unless it is given.
    mac: Mac, [Token, Text], "hmac_sha256 or hmac_sm3", "hmac_sha256 或 hmac_sm3";
    /// Token: `text` unless it is given.
    form: TokenForm, [Token], "text, bytes16 or bytes32", "text、bytes16 或 bytes32";
    /// The block cipher, `aes_256` unless it is given.
    cipher: Cipher, [Fpe, Encrypt], "aes_128, aes_192, aes_256 or sm4", "aes_128、aes_192、aes_256 或 sm4";
    /// Fpe: the characters that are encrypted into one another: `digits`, `lower`, `upper`, `alphanumeric`, `hex`, or the
    /// characters themselves.
    alphabet: String, [Fpe], "an alphabet", "字符表";
    /// Fpe: what of a resident id stays.
    keep: Vec<Kept>, [Fpe], "a list of province, region, birth_year", "province、region、birth_year 的列表";
    /// Fpe: the version of the table of divisions that resident ids are ranked in.
    regions: String, [Fpe], "a version of the table of divisions", "行政区划表的版本";
    /// Undo what the same entry without it did.
    decrypt: bool, [Fpe, Encrypt], "true or false", "true 或 false";
    /// Generalize: the level of dates and places.
    to: Level, [Generalize], "year, quarter, month, decade, age, province, city or district",
        "year、quarter、month、decade、age、province、city 或 district";
    /// Generalize to `age`: the day at which somebody is so old, `YYYY-MM-DD`.
    at: String, [Generalize], "a date such as 2026-01-01", "日期,如 2026-01-01";
    /// Generalize: the width of the bins of numbers, at least 2. Round: the step of the multiples.
    width: u32, [Generalize, Round], "a whole number from 2", "不小于 2 的整数";
    /// Generalize: the lower bounds of bins, rising.
    bounds: Vec<i64>, [Generalize], "a list of rising whole numbers", "递增整数的列表";
    /// Generalize: how many bins of about as many values each.
    quantiles: u32, [Generalize], "2 to 1000", "2 至 1000";
    /// Generalize: for each value the wider values, from the nearest to the widest.
    hierarchy: BTreeMap<String, Vec<String>>, [Generalize], "a table of lists of wider values", "由值到更宽泛取值列表的表";
    /// Generalize: the file of the hierarchy, named from the folder of the plan; read where the plan is loaded from a file,
    /// and then in `hierarchy`.
    hierarchy_file: String, [Generalize], "the name of a file", "文件名";
    /// Generalize by a hierarchy: which of the wider values, 1 = the first.
    level: u32, [Generalize], "a whole number from 1", "不小于 1 的整数";
    /// Round: how many decimals stay.
    digits: u32, [Round], "0 to 18", "0 至 18";
    /// Top and bottom coding: what is lower, or earlier, becomes this.
    lowest: Bound, [TopBottom], "a whole number, or a date such as \"1930-01-01\"", "整数,或日期,如 \"1930-01-01\"";
    /// Top and bottom coding: what is higher, or later, becomes this.
    highest: Bound, [TopBottom], "a whole number, or a date such as \"1930-01-01\"", "整数,或日期,如 \"1930-01-01\"";
    /// Date shift: at most so many days, back or forth.
    days: u32, [DateShift], "a number of days from 1", "不小于 1 的天数";
    /// Date shift: the column of the person, all of whose dates move alike.
    subject: String, [DateShift], "the name of a column", "列名";
    /// Noise: how it is distributed.
    distribution: Distribution, [Noise], "uniform, laplace or gaussian", "uniform、laplace 或 gaussian";
    /// Noise: how far it reaches, in units of the last digit of the column.
    scale: u32, [Noise], "1 to 1000000", "1 至 1000000";
    /// Noise: the column that tells the rows apart, from which the noise of a row is drawn.
    row_key: String, [Noise], "the name of a column", "列名";
}

/// A setting that stands where the transform has none would be silently ignored.
pub(super) fn strangers(column: &str, entry: &ColumnPlan, problems: &mut Vec<PlanError>) {
    for setting in entry.given().filter(|setting| !setting.is_of(entry.transform)) {
        problems.push(PlanError::NotASetting {
            column: column.to_owned(),
            setting: setting.name.to_owned(),
            transform: entry.transform.id().to_owned(),
        });
    }
}
