//! The engine against the plain interpreter on every point of both sections, and on a million cases with unknown facts.
//! Of classification the diagrams and the chained tables go through every point, of access the tables and the circuit,
//! and the diagrams through points spread over the whole space.
//!
//! Meant for a release build: `make test-space`. An unoptimised build goes through a part of each comparison.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use kaifang::policy::{ClassVerdict, Classifier, Decider, Facts, PackedFacts, Policy, Slot};
use kaifang::terms::Openness;

mod plain;

use plain::cases::{advance, below, document, known, point, put, random, rng, size};
use plain::check::{self, LENIENT, MILD, access_readings, at, classification_readings, plain_class, plain_denials};
use plain::{ACCESS, C, CLASSIFICATION, Class, DENIALS, GROUNDS, Point, Reading, Table, U, W, classify, denials};

/// What an unoptimised build divides its work by. A prime that no domain's size shares, so that a part of a space still
/// has every value of every fact.
const PART: usize = if cfg!(debug_assertions) { 257 } else { 1 };

/// Runs `0..jobs` on every core; a job that panics fails the test.
fn on_every_core(jobs: usize, job: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < jobs) {
                    job(at);
                }
            });
        }
    });
}

/// Prints what was compared. A comparison that lost its cases is a failure too.
#[allow(clippy::print_stdout, reason = "whoever runs the comparison reads how much was compared")]
fn report(what: &str, compared: &AtomicUsize, expected: usize, start: Instant) {
    let compared = compared.load(Ordering::Relaxed);
    assert_eq!(compared, expected, "{what}");
    println!("{what}: {compared} compared in {:.1} s", start.elapsed().as_secs_f64());
}

// ── Classification: every point ─────────────────────────────────────────────────────────────────────────────────────

/// Whether a verdict of the tables is the plain interpreter's answer, down to each ground and the relief that reaches it.
fn check_verdict(classifier: &Classifier<'_>, verdict: ClassVerdict, expected: &Class) {
    let all = [(Openness::Withheld, W), (Openness::Conditional, C), (Openness::Unconditional, U)];
    let permitted = all.iter().filter(|(class, _)| verdict.permits(*class)).map(|(_, bit)| bit).sum();
    let recommended = all.iter().filter(|(class, _)| verdict.recommended() == Some(*class)).map(|(_, bit)| bit).sum();
    let found = (verdict.out_of_scope(), permitted, recommended);
    assert_eq!(found, (expected.out_of_scope, expected.permitted, expected.recommended), "{expected:?}");
    let required = &["expert_committee"][..usize::from(expected.committee_required)];
    assert!(classifier.requires(verdict).map(|step| step.code.as_str()).eq(required.iter().copied()), "{expected:?}");
    let live = GROUNDS.iter().zip(expected.grounds).filter_map(|(ground, relief)| Some((*ground, relief?)));
    let mut live = live.flat_map(|(ground, relief)| [Some(ground), relief]).flatten().peekable();
    let mut said = classifier.reasons(verdict).map(|reason| reason.rule.as_str());
    if live.peek().is_some() {
        assert!(said.eq(live), "{expected:?}");
    } else {
        assert!(said.next().is_some_and(|rule| !GROUNDS.contains(&rule)) && said.next().is_none(), "{expected:?}");
    }
}

#[test]
fn classification_agrees_on_every_point() {
    const JOB: usize = 256;
    assert_eq!(size(CLASSIFICATION), 2_359_296);
    let jobs = size(CLASSIFICATION) / JOB;
    for (policy, yes) in classification_readings() {
        let (start, compared) = (Instant::now(), AtomicUsize::new(0));
        let classifier = policy.classifier(at()).unwrap();
        on_every_core(jobs.div_ceil(PART), |job| {
            let mut point = point(CLASSIFICATION, job * PART * JOB);
            let mut facts = document(CLASSIFICATION, &known(&point));
            for _ in 0..JOB {
                let answer = policy.classify(&facts, at()).unwrap();
                let expected = classify(&point, yes);
                assert_eq!(plain_class(&answer), expected, "{point:?}");
                let verdict = classifier.verdict(classifier.pack(&facts).unwrap()).unwrap();
                check_verdict(&classifier, verdict, &expected);
                assert!(answer.open.is_empty() && answer.possible == answer.permitted, "{point:?}");
                let changed = advance(CLASSIFICATION, &mut point);
                for (fact, value) in point.iter().enumerate().take(changed) {
                    put(&mut facts, CLASSIFICATION, fact, *value);
                }
            }
            compared.fetch_add(JOB, Ordering::Relaxed);
        });
        let what = format!("classification by classify and by tables, deidentified_may_be_unconditional = {yes}");
        report(&what, &compared, jobs.div_ceil(PART) * JOB, start);
    }
}

// ── Access: every point, 64 in a word ───────────────────────────────────────────────────────────────────────────────

/// The most words in which 64 points are packed.
const PLANES: usize = 40;

/// 64 points that follow each other, packed: for each fact as many words as its last value has binary digits, the
/// lowest digit first; in each word one bit a point.
fn pack(table: Table, points: &[Point; 64]) -> Vec<u64> {
    let mut planes = Vec::with_capacity(PLANES);
    for (fact, (_, words)) in table.iter().enumerate() {
        for digit in 0..(words.len() - 1).ilog2() + 1 {
            let bit = |(lane, point): (usize, &Point)| u64::from(point[fact] >> digit & 1) << lane;
            planes.push(points.iter().enumerate().map(bit).sum());
        }
    }
    planes
}

/// The points that were packed.
fn unpack(table: Table, planes: &[u64]) -> [Point; 64] {
    std::array::from_fn(|lane| {
        let mut point = [0; plain::FACTS];
        let mut planes = planes.iter();
        for (value, (_, words)) in point.iter_mut().zip(table) {
            for digit in 0..(words.len() - 1).ilog2() + 1 {
                *value |= (planes.next().map_or(0, |plane| plane >> lane & 1) as u8) << digit;
            }
        }
        point
    })
}

/// Compares `engine` with the plain interpreter on every `every`th word of the access space. The engine is given 64
/// points, and answers with one word for each of [`DENIALS`], one bit a point.
fn compare_access(what: &str, reading: Reading, every: usize, engine: impl Fn(&[Point; 64], &mut [u64]) + Sync) {
    const JOB: usize = 64;
    let words = size(ACCESS) / 64;
    let compared_words = words.div_ceil(every);
    let (start, compared) = (Instant::now(), AtomicUsize::new(0));
    on_every_core(compared_words.div_ceil(JOB), |job| {
        for word in (job * JOB..compared_words.min((job + 1) * JOB)).map(|word| word * every) {
            let mut next = point(ACCESS, word * 64);
            let points: [Point; 64] = std::array::from_fn(|_| {
                let point = next;
                advance(ACCESS, &mut next);
                point
            });
            let mut expected = [0; DENIALS.len()];
            for (lane, point) in points.iter().enumerate() {
                let mut left = denials(point, reading);
                while left != 0 {
                    expected[left.trailing_zeros() as usize] |= 1 << lane;
                    left &= left - 1;
                }
            }
            let mut found = [0; DENIALS.len()];
            engine(&points, &mut found);
            for (found, (expected, (_, code))) in found.iter().zip(expected.iter().zip(DENIALS)) {
                let differing = (found ^ expected).trailing_zeros() as usize;
                assert!(found == expected, "{code} at {:?} under {reading:?}", points.get(differing));
            }
            compared.fetch_add(64, Ordering::Relaxed);
        }
    });
    report(what, &compared, compared_words * 64, start);
}

/// The answers of [`Policy::decide`] to 64 points.
fn decide_words(policy: &Policy, points: &[Point; 64], denials: &mut [u64]) {
    for (lane, point) in points.iter().enumerate() {
        let facts: Facts = document(ACCESS, &known(point));
        let found = plain_denials(&policy.decide(&facts, at()).unwrap());
        for (at, plane) in denials.iter_mut().enumerate() {
            *plane |= u64::from(found >> at & 1) << lane;
        }
    }
}

/// The denials that the tables find at 64 points, one word a denial as the decider orders them.
fn verdict_words(decider: &Decider<'_>, slots: &[Slot], points: &[Point; 64]) -> Vec<u64> {
    let mut words = vec![0; decider.rules().count()];
    for (lane, point) in points.iter().enumerate() {
        let put = |case: PackedFacts, (slot, value): (&Slot, &u8)| case.with(*slot, u32::from(*value));
        let case = slots.iter().zip(point).fold(decider.nothing_known(), put);
        let mut left = decider.verdict(case).unwrap().denials();
        while left != 0 {
            words[left.trailing_zeros() as usize] |= 1 << lane;
            left &= left - 1;
        }
    }
    words
}

#[test]
fn access_agrees_on_every_point() {
    assert_eq!(size(ACCESS), 53_084_160);
    for (policy, reading) in access_readings() {
        let decider = policy.decider(at()).unwrap();
        let place = |code: &str| decider.rules().position(|rule| rule.code == code).unwrap();
        let places: Vec<usize> = DENIALS.iter().map(|(_, code)| place(code)).collect();
        assert_eq!(places.len(), decider.rules().count());
        let slots: Vec<Slot> = ACCESS.iter().map(|(fact, _)| decider.slot(fact).unwrap()).collect();
        let what = format!("access by lanes and by tables, {reading:?}");
        compare_access(&what, reading, if PART == 1 { 1 } else { 16_111 }, |points, denials| {
            let mut lanes = decider.lanes().unwrap();
            lanes.run(&pack(ACCESS, points));
            let outputs: Vec<u64> = lanes.outputs().collect();
            assert!(outputs == verdict_words(&decider, &slots, points), "lanes and tables differ");
            denials.iter_mut().zip(&places).for_each(|(denial, place)| *denial = outputs[*place]);
        });
    }
}

#[test]
fn access_agrees_throughout_the_space_one_case_at_a_time() {
    assert_eq!(size(ACCESS), 53_084_160);
    for (policy, reading) in access_readings() {
        let what = format!("access by decide, {reading:?}");
        compare_access(&what, reading, if PART == 1 { 1009 } else { 16_111 }, |points, denials| {
            decide_words(&policy, points, denials)
        });
    }
}

#[test]
#[should_panic(expected = "a scoped thread panicked")]
fn one_wrong_bit_of_an_engine_is_found() {
    let reading = Reading::default();
    compare_access("an engine with one wrong bit", reading, 16_111, |points, found| {
        for (lane, point) in points.iter().enumerate() {
            let denials = denials(point, reading);
            found.iter_mut().enumerate().for_each(|(at, plane)| *plane |= u64::from(denials >> at & 1) << lane);
        }
        if points[0] == point(ACCESS, 64 * 16_111 * 7) {
            found[22] ^= 1 << 63;
        }
    });
}

#[test]
fn packing_loses_nothing() {
    for table in [CLASSIFICATION, ACCESS] {
        for place in [0, 64, size(table) / 2, size(table) - 64] {
            let points: [Point; 64] = std::array::from_fn(|lane| point(table, place + lane));
            let planes = pack(table, &points);
            assert!(planes.len() <= PLANES);
            assert_eq!(unpack(table, &planes), points);
        }
    }
}

// ── Unknown facts: a million cases each ─────────────────────────────────────────────────────────────────────────────

const CASES: usize = 1_000_000 / PART;

/// Random cases with up to five unknown facts, the same whatever the number of cores.
fn sample(what: &str, table: Table, lenient: &[(usize, u8)], check: impl Fn(usize, &plain::cases::Case) + Sync) {
    const JOB: usize = 1000;
    let (start, compared) = (Instant::now(), AtomicUsize::new(0));
    on_every_core(CASES.div_ceil(JOB), |job| {
        let mut seed = [table.len() as u8; 32];
        seed[..8].copy_from_slice(&(job as u64).to_le_bytes());
        let mut rng = rng(seed);
        for index in job * JOB..CASES.min((job + 1) * JOB) {
            let unknown = below(&mut rng, 6);
            let lenient = if below(&mut rng, 4) == 0 { &[] } else { lenient };
            check(index, &random(&mut rng, table, unknown, lenient));
            compared.fetch_add(1, Ordering::Relaxed);
        }
    });
    report(what, &compared, CASES, start);
}

#[test]
fn classification_agrees_on_a_million_cases_with_unknown_facts() {
    let readings = classification_readings();
    sample("classification with up to five unknown facts", CLASSIFICATION, MILD, |index, case| {
        let (policy, yes) = &readings[index % readings.len()];
        check::classification(policy, *yes, case);
    });
}

#[test]
fn access_agrees_on_a_million_cases_with_unknown_facts() {
    let readings = access_readings();
    sample("access with up to five unknown facts", ACCESS, LENIENT, |index, case| {
        let (policy, reading) = &readings[index % readings.len()];
        check::access(policy, *reading, case);
    });
}
