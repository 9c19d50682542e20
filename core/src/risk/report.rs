//! The risk report: counts and figures, no value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RiskQuestion;
use super::classes::Classes;
use crate::terms::{Sharing, V1};

/// The acceptable overall risk of GB/T 42460-2023, in parts per million.
const ACCEPTABLE_PPM: u64 = 50_000;

/// Scale of an average, whose exact denominator may be beyond any integer.
const SCALE: u64 = 1_000_000_000_000_000;

/// A figure as a fraction, and in parts per million, rounded up.
///
/// An average over many sizes of classes has the denominator 10^15, and a numerator rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Above the line.
    pub numerator: u64,
    /// Below the line, never 0.
    pub denominator: u64,
    /// Parts per million, rounded up.
    pub ppm: u64,
}

impl Ratio {
    /// 0 over 0 is 0.
    fn new(numerator: u64, denominator: u64) -> Self {
        let denominator = denominator.max(1);
        // At most 1, so the parts per million fit.
        let ppm = (u128::from(numerator) * 1_000_000).div_ceil(u128::from(denominator));
        Ratio { numerator, denominator, ppm: u64::try_from(ppm).unwrap_or(u64::MAX) }
    }

    /// The decimal figure, for people. Documents that are signed carry the integers.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Exact comparison: `self < numerator / denominator`.
    fn is_below(self, numerator: u64, denominator: u64) -> bool {
        u128::from(self.numerator) * u128::from(denominator) < u128::from(numerator) * u128::from(self.denominator)
    }
}

/// The classes whose size lies in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The smallest size of the range.
    pub from: u64,
    /// The largest; null = no end.
    pub to: Option<u64>,
    /// How many classes.
    pub classes: u64,
    /// How many rows in them.
    pub rows: u64,
}

/// How many classes have one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SizeCount {
    /// The size.
    pub size: u64,
    /// How many classes have it.
    pub classes: u64,
}

/// The diversity of one sensitive column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SensitiveReport {
    /// Its name.
    pub column: String,
    /// Distinct l-diversity: the fewest distinct values in a class, a null being one. Null for an empty table.
    pub l: Option<u64>,
    /// Classes with one value only: who is in one is known by it.
    pub alike_classes: u64,
    /// The rows of these.
    pub alike_rows: u64,
}

/// The re-identification risk of one table, after GB/T 42460-2023. See [`crate::risk`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RiskReport {
    /// The version of this document.
    pub v: V1,
    /// The quasi-identifiers that were asked for.
    pub quasi: Vec<String>,
    /// The direct identifiers that the question says are present.
    pub direct: Vec<String>,
    /// How widely the table will be shared.
    pub sharing: Sharing,
    /// Rows.
    pub rows: u64,
    /// Equivalence classes.
    pub classes: u64,
    /// The size of the smallest class; null for an empty table.
    pub k: Option<u64>,
    /// Rows that are alone in their class.
    pub unique_rows: u64,
    /// Classes by size: 1, 2, 3–4, 5–9, 10–19, 20 and more.
    pub histogram: Vec<Histogram>,
    /// Sizes below 20 that occur, exactly.
    pub small: Vec<SizeCount>,
    /// Rb: the highest risk of a row, 1/k.
    pub highest: Ratio,
    /// Rc: the mean over the classes of 1/size.
    pub average: Ratio,
    /// Ra: the share of the classes whose risk is above τ.
    pub over_threshold: Ratio,
    /// τ.
    pub threshold: Ratio,
    /// R, the overall risk.
    pub overall: Ratio,
    /// The acceptable overall risk, in parts per million.
    pub acceptable_ppm: u64,
    /// The level of GB/T 42460-2023: 1 = direct identifiers; 2 = not acceptable; 3 = acceptable.
    pub level: u8,
    /// The sensitive columns.
    pub sensitive: Vec<SensitiveReport>,
}

impl RiskReport {
    pub(super) fn new(question: &RiskQuestion, counted: &Classes) -> Self {
        let sizes = counted.by_size();
        let classes: u64 = sizes.values().sum();
        let k = sizes.keys().next().copied();
        let highest = k.map_or(Ratio::new(0, 1), |k| Ratio::new(1, k));
        let average = average(&sizes, classes);
        // θ > τ is 1/size > 1/bound, so size < bound.
        let bound = match question.sharing {
            Sharing::Public => 20,
            Sharing::Controlled => 5,
            Sharing::Enclave => 3,
        };
        let over = sizes.range(..bound).map(|(_, classes)| classes).sum();
        let over_threshold = Ratio::new(over, classes);
        let overall = match question.sharing {
            _ if over > 0 => Ratio::new(1, 1),
            Sharing::Public => highest,
            Sharing::Controlled | Sharing::Enclave => average,
        };
        let acceptable = overall.is_below(1, 20);
        let level = match (question.direct.is_empty(), acceptable) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 3,
        };
        let diversity = question.sensitive.iter().zip(counted.diversity());
        RiskReport {
            v: V1,
            quasi: question.quasi.clone(),
            direct: question.direct.clone(),
            sharing: question.sharing,
            rows: counted.rows(),
            classes,
            k,
            unique_rows: sizes.get(&1).copied().unwrap_or(0),
            histogram: histogram(&sizes),
            small: sizes.range(..20).map(|(size, classes)| SizeCount { size: *size, classes: *classes }).collect(),
            highest,
            average,
            over_threshold,
            threshold: Ratio::new(1, bound),
            overall,
            acceptable_ppm: ACCEPTABLE_PPM,
            level,
            sensitive: diversity
                .map(|(column, (l, alike_classes, alike_rows))| SensitiveReport {
                    column: column.clone(),
                    l,
                    alike_classes,
                    alike_rows,
                })
                .collect(),
        }
    }
}

/// The mean of 1/size over the classes, never below the true value.
///
/// Where every class has one size it is exact.
fn average(sizes: &BTreeMap<u64, u64>, classes: u64) -> Ratio {
    let mut only = sizes.keys();
    if let (Some(size), None) = (only.next(), only.next()) {
        return Ratio::new(1, *size);
    }
    // Each term is rounded up at 10^18, far below what the result shows.
    const FINE: u128 = 1_000_000_000_000_000_000;
    let sum: u128 = sizes.iter().map(|(size, classes)| u128::from(*classes) * FINE.div_ceil(u128::from(*size))).sum();
    let mean = sum.div_ceil(u128::from(classes.max(1)));
    let numerator = mean.div_ceil(FINE / u128::from(SCALE));
    Ratio::new(u64::try_from(numerator).unwrap_or(SCALE), SCALE)
}

fn histogram(sizes: &BTreeMap<u64, u64>) -> Vec<Histogram> {
    let ranges = [(1, Some(1)), (2, Some(2)), (3, Some(4)), (5, Some(9)), (10, Some(19)), (20, None)];
    let one = |(from, to): (u64, Option<u64>)| {
        let within = sizes.range(from..=to.unwrap_or(u64::MAX));
        let (classes, rows) =
            within.fold((0, 0), |(all, rows), (size, classes)| (all + classes, rows + size * classes));
        Histogram { from, to, classes, rows }
    };
    ranges.into_iter().map(one).collect()
}
