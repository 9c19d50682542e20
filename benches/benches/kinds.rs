//! Validity by kind: `canonical` over clean values, beside a plain loop that checks the same and makes no form. A few
//! values in the comparison are wrong; none of those that are measured.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::Date;
use kaifang::kinds::{Kind, bank_card, canonical, region, uscc};
use kaifang_benches::{Random, mobiles, resident_ids, settings};

const ROWS: usize = 65_536;

fn resident_id(value: &str) -> bool {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if value.len() != 18 || !value.is_ascii() {
        return false;
    }
    let mut sum = 0;
    for (digit, weight) in value[..17].chars().zip(weights) {
        let Some(digit) = digit.to_digit(10) else { return false };
        sum += digit * weight;
    }
    value.chars().last() == "10X98765432".chars().nth(sum as usize % 11)
        && region::find(&value[..2]).is_some()
        && value[6..10]
            .parse::<i16>()
            .is_ok_and(|year| Date::new(year, value[10..12].parse().unwrap(), value[12..14].parse().unwrap()).is_ok())
}

fn mobile(value: &str) -> bool {
    let mut digits = value.chars();
    value.len() == 11
        && digits.next() == Some('1')
        && digits.next().is_some_and(|second| ('3'..='9').contains(&second))
        && digits.all(|digit| digit.is_ascii_digit())
}

fn card(value: &str) -> bool {
    if !(15..=19).contains(&value.len()) || !value.starts_with(['3', '4', '5', '6', '9']) {
        return false;
    }
    let mut sum = 0;
    for (place, digit) in value.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else { return false };
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        sum += doubled / 10 + doubled % 10;
    }
    sum % 10 == 0
}

fn credit_code(value: &str) -> bool {
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    if value.len() != 18 {
        return false;
    }
    let (mut sum, mut weight) = (0, 1);
    for (place, letter) in value.chars().enumerate() {
        let Some(value) = alphabet.find(letter) else { return false };
        sum += if place == 17 { value } else { value * weight };
        weight = weight * 3 % 31;
    }
    sum % 31 == 0
}

fn date(value: &str) -> bool {
    value.len() == 10 && value.parse::<Date>().is_ok()
}

/// Values made of a head of digits and the one last character with which they are valid.
fn checked(seed: u64, head: impl Fn(&mut Random) -> String, valid: impl Fn(&str) -> bool) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut one = || {
        let head = head(&mut random);
        ('0'..='9').chain('A'..='Y').map(|last| format!("{head}{last}")).find(|value| valid(value)).unwrap()
    };
    (0..ROWS).map(|_| one()).collect()
}

/// Measures one kind after its answers were compared, those for wrong values included.
fn measure(criterion: &mut Criterion, kind: Kind, values: &[String], peer: fn(&str) -> bool) {
    let wrong = values.iter().map(|value| {
        let (head, last) = value.split_at(value.len() - 1);
        format!("{head}{}", if last == "7" { "3" } else { "7" })
    });
    for value in values.iter().cloned().chain(wrong) {
        assert_eq!(canonical(kind, &value).is_some(), peer(&value), "{value}");
    }
    assert!(values.iter().all(|value| matches!(canonical(kind, value), Some(Cow::Borrowed(_)))));

    let mut group = criterion.benchmark_group(format!("kinds {kind}"));
    group.throughput(Throughput::Elements(values.len() as u64));
    group.bench_function("kaifang: canonical", |bencher| {
        bencher.iter(|| black_box(values).iter().filter(|value| canonical(kind, value).is_some()).count());
    });
    group.bench_function("peer: a plain loop", |bencher| {
        bencher.iter(|| black_box(values).iter().filter(|value| peer(value)).count());
    });
    group.finish();
}

fn kinds(criterion: &mut Criterion) {
    let cards = checked(11, |random| format!("62{:016}", random.below(10_000_000_000_000_000)), bank_card::luhn);
    let codes = checked(
        12,
        |random| format!("91610113MA{:07}", random.below(10_000_000)),
        |value| uscc::check_digit(&value[..17]).is_some_and(|check| value.ends_with(check)),
    );
    let mut random = Random::new(13);
    let mut day = || format!("{}-{:02}-{:02}", 1930 + random.below(90), 1 + random.below(12), 1 + random.below(28));
    let dates: Vec<String> = (0..ROWS).map(|_| day()).collect();

    measure(criterion, Kind::ResidentId, &resident_ids(ROWS), resident_id);
    measure(criterion, Kind::Mobile, &mobiles(ROWS), mobile);
    measure(criterion, Kind::BankCard, &cards, card);
    measure(criterion, Kind::Uscc, &codes, credit_code);
    measure(criterion, Kind::Date, &dates, date);
}

criterion_group! { name = benches; config = settings(); targets = kinds }
criterion_main!(benches);
