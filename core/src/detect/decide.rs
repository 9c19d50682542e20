//! From counts and a name to one kind for the column, with the reasons.
//!
//! Content and name speak together, the whole column at once: one valid resident id in twenty-five is a valid USCC too,
//! so no single cell decides. A wrong check digit lowers the confidence and never clears a column: made-up and damaged
//! registers are full of them. A name that has only one reading is believed even where the content can't be read, because
//! the opposite mistake publishes an identifier.

use super::column::{Count, KINDS, Tally};
use super::findings::Remark;
use super::names::Hint;
use crate::kinds::Kind;

/// What was decided.
#[derive(Default)]
pub(super) struct Verdict {
    pub kind: Option<Kind>,
    pub confidence_ppm: u32,
    pub matched: u64,
    pub checksum_valid: Option<u64>,
    pub evidence: Vec<Remark>,
    pub warnings: Vec<Remark>,
}

const MILLION: u64 = 1_000_000;

/// `part` of `whole` in parts per million.
fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(MILLION).checked_div(whole).unwrap_or(0)
}

struct Case<'a> {
    tally: &'a Tally,
    hint: Option<Hint>,
}

impl Case<'_> {
    fn share(&self, part: u64) -> u64 {
        share(part, self.tally.values)
    }

    fn named(&self, kind: Kind) -> bool {
        self.hint.is_some_and(|hint| hint.kind == kind)
    }

    /// The kind that content and name give, with its matches, its base confidence and its own evidence.
    fn content(&self) -> Option<(Kind, u64, u64, &'static str)> {
        let tally = self.tally;
        let id = tally.of(Kind::ResidentId);
        let damaged = tally.scientific;
        // 18 digits with a real birth date at its place: one random number in a thousand has one.
        let dated = share(id.date, id.shape) >= 700_000;
        let least = if self.named(Kind::ResidentId) { 50_000 } else { 500_000 };
        if self.share(id.shape) >= least && (dated || self.named(Kind::ResidentId)) {
            return Some((Kind::ResidentId, id.shape, 650_000, "shape"));
        }
        if self.share(id.certain) >= 50_000 {
            return Some((Kind::ResidentId, id.certain, 600_000, "shape"));
        }
        if self.share(damaged) >= if self.named(Kind::ResidentId) { 50_000 } else { 800_000 } {
            return Some((Kind::ResidentId, damaged, 500_000, "shape"));
        }
        let uscc = tally.of(Kind::Uscc);
        let anchored = share(uscc.region.max(uscc.checksum), uscc.shape) >= 500_000 || self.named(Kind::Uscc);
        if self.share(uscc.shape) >= if self.named(Kind::Uscc) { 50_000 } else { 500_000 } && anchored {
            return Some((Kind::Uscc, uscc.shape, 700_000, "shape"));
        }
        self.contact().or_else(|| self.money_card()).or_else(|| self.day()).or_else(|| self.words())
    }

    fn contact(&self) -> Option<(Kind, u64, u64, &'static str)> {
        let phone = self.named(Kind::Mobile) || self.named(Kind::Landline);
        let (mobile, landline) = (self.tally.of(Kind::Mobile).shape, self.tally.of(Kind::Landline).shape);
        // Eleven digits with a fraction are a large amount, unless the name says otherwise.
        let amounts = !phone && share(self.tally.fractions, self.tally.values) >= 500_000;
        if !amounts && self.share(mobile + landline) >= if phone { 50_000 } else { 500_000 } {
            let kind = if mobile >= landline { Kind::Mobile } else { Kind::Landline };
            return Some((kind, mobile.max(landline), 800_000, "shape"));
        }
        for (kind, least) in [(Kind::Email, 100_000), (Kind::Plate, 300_000), (Kind::Ip, 500_000)] {
            let matched = self.tally.of(kind).shape;
            if self.share(matched) >= if self.named(kind) { 50_000 } else { least } {
                return Some((kind, matched, 850_000, "shape"));
            }
        }
        None
    }

    fn money_card(&self) -> Option<(Kind, u64, u64, &'static str)> {
        let card = self.tally.of(Kind::BankCard);
        let named = self.named(Kind::BankCard);
        let checked = share(card.checksum, card.shape) >= 500_000;
        let found = self.share(card.shape) >= if named { 50_000 } else { 500_000 } && (checked || named);
        found.then_some((Kind::BankCard, card.shape, 650_000, "shape"))
    }

    fn day(&self) -> Option<(Kind, u64, u64, &'static str)> {
        let dates = self.tally.of(Kind::Date).shape;
        // Eight digits are a date only where nearly all of them are.
        let least = if self.tally.compact_dates * 2 > dates { 900_000 } else { 500_000 };
        // sr is 收入 or 生日: an income that is a day is a birthday.
        if self.named(Kind::Financial) && self.share(dates) >= 500_000 {
            return Some((Kind::BirthDate, dates, 700_000, "date"));
        }
        if self.named(Kind::BirthDate) {
            if self.share(dates) >= 50_000 {
                return Some((Kind::BirthDate, dates, 850_000, "date"));
            }
            if self.share(self.tally.months) >= 800_000 {
                return Some((Kind::BirthDate, self.tally.months, 600_000, "date"));
            }
        }
        (self.share(dates) >= least).then_some((Kind::Date, dates, 800_000, "date"))
    }

    /// Words, codes and names: what has no checksum.
    fn words(&self) -> Option<(Kind, u64, u64, &'static str)> {
        let tally = self.tally;
        for (kind, words, codes) in [
            (Kind::Sex, tally.sex_words, tally.sex_codes),
            (Kind::Ethnicity, tally.ethnicity_words, tally.ethnicity_codes),
        ] {
            let matched = if self.named(kind) { codes } else { words };
            if self.share(matched) >= 800_000 {
                return Some((kind, matched, 800_000, "vocabulary"));
            }
        }
        if self.share(tally.illness) >= if self.named(Kind::Medical) { 50_000 } else { 600_000 } {
            return Some((Kind::Medical, tally.illness, 700_000, "vocabulary"));
        }
        if self.share(tally.education) >= if self.named(Kind::Education) { 300_000 } else { 900_000 } {
            return Some((Kind::Education, tally.education, 700_000, "vocabulary"));
        }
        let region = tally.of(Kind::Region);
        if self.share(region.region) >= if self.named(Kind::Region) { 300_000 } else { 800_000 } {
            return Some((Kind::Region, region.shape, 750_000, "region"));
        }
        let address = tally.of(Kind::Address).shape;
        if self.share(address) >= if self.named(Kind::Address) { 50_000 } else { 500_000 } {
            return Some((Kind::Address, address, 750_000, "shape"));
        }
        let names = tally.of(Kind::PersonName).shape;
        if self.named(Kind::PersonName) && self.share(names) >= 300_000 {
            return Some((Kind::PersonName, names, 850_000, "surname"));
        }
        // Without a name of the column: nearly all, and most of them different, which words of a list are not.
        let varied = share(tally.distinct(), tally.values) >= 300_000 && tally.distinct() >= 10;
        (self.hint.is_none() && varied && self.share(names) >= 900_000).then_some((
            Kind::PersonName,
            names,
            500_000,
            "surname",
        ))
    }

    /// The kind that the name alone gives: where the kind has no grammar here, or the content can't be read.
    fn name_only(&self) -> Option<(Kind, u64, u64)> {
        let hint = self.hint?;
        let tally = self.tally;
        let numbers = self.share(tally.numbers) >= 500_000;
        if self.share(tally.masked + tally.encoded) >= 500_000 {
            return None;
        }
        let (matched, fits) = match hint.kind {
            Kind::Age => (tally.ages, self.share(tally.ages) >= 900_000),
            Kind::Financial | Kind::Amount | Kind::Coordinate => (tally.numbers, numbers),
            // 项目 and 级别 hide behind initials too: numbers are no names and no illnesses.
            Kind::PersonName | Kind::Medical | Kind::Address => (0, !hint.ambiguous && !numbers),
            Kind::Sex | Kind::Ethnicity | Kind::Education | Kind::Region | Kind::Date => return None,
            // The last digits alone: a phone without its area code, an id of another country.
            _ => (0, !hint.ambiguous || numbers && tally.distinct() > 1 && hint.kind == Kind::Mobile),
        };
        let confidence = if matched > 0 { 700_000 } else { 400_000 };
        fits.then_some((hint.kind, matched, confidence))
    }
}

/// Decides about a column whose cells can't be read: a name with one reading is believed, as it is where the content
/// says nothing.
pub(super) fn unread(hint: Option<Hint>) -> Verdict {
    let mut verdict = Verdict::default();
    if let Some(hint) = hint.filter(|hint| !hint.ambiguous) {
        verdict.kind = Some(hint.kind);
        verdict.confidence_ppm = 400_000;
        verdict.evidence.push(Remark::new("column_name", None));
    }
    verdict
}

/// Decides about a column of text.
pub(super) fn decide(tally: &Tally, hint: Option<Hint>) -> Verdict {
    let mut verdict = Verdict::default();
    if tally.values == 0 {
        verdict.warnings.push(Remark::new("empty", None));
        return verdict;
    }
    let case = Case { tally, hint };
    if let Some((kind, matched, base, evidence)) = case.content() {
        let count = tally.of(kind);
        verdict.kind = Some(kind);
        verdict.matched = matched;
        verdict.evidence.push(Remark::new(evidence, matched));
        verdict.checksum_valid = graded(kind, count, &mut verdict.evidence);
        let named = case.named(kind) || case.named(Kind::Mobile) && kind == Kind::Landline;
        if named {
            verdict.evidence.push(Remark::new("column_name", None));
        }
        verdict.confidence_ppm = confidence(base, matched, tally, count, verdict.checksum_valid, named);
        if case.share(matched) < 500_000 {
            verdict.warnings.push(Remark::new("mixed", matched));
        }
    } else if let Some((kind, matched, confidence)) = case.name_only() {
        verdict.kind = Some(kind);
        verdict.matched = matched;
        verdict.confidence_ppm = u32::try_from(confidence).unwrap_or(0);
        verdict.evidence.push(Remark::new("column_name", None));
        // Kinds whose values are not counted here were not looked for.
        if matched == 0 && (KINDS.contains(&kind) || kind == Kind::BirthDate) {
            verdict.warnings.push(Remark::new("not_recognised", None));
        }
    }
    warn(tally, verdict.kind, &mut verdict.warnings);
    verdict
}

/// Evidence of the parts of a value; how many check digits are right, where there are any.
fn graded(kind: Kind, count: Count, evidence: &mut Vec<Remark>) -> Option<u64> {
    let checked = matches!(kind, Kind::ResidentId | Kind::Uscc | Kind::BankCard);
    if checked {
        evidence.push(Remark::new("checksum", count.checksum));
    }
    if matches!(kind, Kind::ResidentId | Kind::Uscc) {
        evidence.push(Remark::new("region", count.region));
    }
    if kind == Kind::ResidentId {
        evidence.push(Remark::new("date", count.date));
    }
    checked.then_some(count.checksum)
}

/// The base, less what does not match, more for right check digits and for the name.
fn confidence(base: u64, matched: u64, tally: &Tally, count: Count, checksum: Option<u64>, named: bool) -> u32 {
    let mut sum = base * (500_000 + share(matched, tally.values) / 2) / MILLION;
    if checksum.is_some() {
        sum += share(count.checksum, count.shape) / 5;
    }
    if named {
        sum += 120_000;
    }
    u32::try_from(sum.min(990_000)).unwrap_or(0)
}

fn warn(tally: &Tally, kind: Option<Kind>, warnings: &mut Vec<Remark>) {
    let mut often = |code: &str, count: u64, least: u64| {
        if count > 0 && share(count, tally.values) >= least {
            warnings.push(Remark::new(code, count));
        }
    };
    // Of intact numbers one in a thousand ends so by itself.
    if kind == Some(Kind::ResidentId) {
        often("excel_truncated", tally.truncated, 20_000);
    }
    if kind == Some(Kind::ResidentId) {
        often("scientific_notation", tally.scientific, 0);
    }
    if kind.is_some() {
        often("fraction_ids", tally.fractions, 0);
    }
    often("masked", tally.masked, 50_000);
    often("encoded", tally.encoded, 500_000);
}
