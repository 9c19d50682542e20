//! The gate's figures: a state of a million applications for a hundred thousand datasets, looked up, restored and
//! weighed; and the audit of a million decisions. One table; smaller with `KAIFANG_BENCH_APPLICATIONS` and
//! `KAIFANG_BENCH_DECISIONS`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant as Clock;

use kaifang::audit::audit;
use kaifang::calendar::Calendar;
use kaifang::crypto::Ed25519Key;
use kaifang::gate::{Body, Gate, LEDGER, Outcome, Platform, Record, Request};
use kaifang::ledger::Ledger;
use kaifang::policy::Policy;
use kaifang::process::{State, Use, UsedElsewhere};
use kaifang::terms::{Action, Openness};
use kaifang_benches::gate::{adopted, approval, at, dataset_of, opening, user};

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}

fn build(policy: &Policy, applications: usize, datasets: usize) -> State {
    let mut state = adopted(policy);
    for number in 0..datasets {
        for (by, event) in opening(policy, &format!("data-{number}"), Openness::Conditional) {
            state.apply(policy, &by, &event, at()).unwrap();
        }
    }
    for number in 0..applications {
        for (by, event) in approval(number, datasets) {
            state.apply(policy, &by, &event, at()).unwrap();
        }
    }
    state
}

/// In a process of its own: what it weighs is the state.
fn restored(policy: &Policy, path: &str, applications: usize, datasets: usize) {
    let bytes = std::fs::read(path).unwrap();
    let before = rss();
    let clock = Clock::now();
    let state = State::restore(&bytes).unwrap();
    let restored = clock.elapsed();
    let weight = rss() - before;
    println!(
        "| restore {applications} applications, {datasets} datasets ({} MiB) | {:.2} s | ≤ 1 s |",
        bytes.len() >> 20,
        restored.as_secs_f64()
    );
    println!("| its weight | {weight} MiB | ≤ 1024 MiB |");
    drop(bytes);

    let (gate, at) = (Gate::new(policy.clone()), at());
    let none = UsedElsewhere::default();
    // Spread over all of it: an application in a million is rarely in a cache. The request itself was just read, and is:
    // its two ids are put into it one after another, from where they lie in order.
    let order = |count: usize| count.wrapping_mul(7_919_317) % applications;
    let ids: String = (0..applications)
        .map(|count| format!("{}{:>17}", user(order(count)), dataset_of(order(count), datasets)))
        .collect();
    let mut request = kaifang_benches::gate::request(0, datasets);
    let next = |request: &mut Request, ids: &str| {
        let user = request.user.get_or_insert_default();
        user.clear();
        user.push_str(&ids[..18]);
        request.dataset.clear();
        request.dataset.push_str(ids[18..].trim_start());
    };
    let of = |count: usize| &ids[count * 35..][..35];
    let clock = Clock::now();
    (0..applications).for_each(|count| next(black_box(&mut request), of(count)));
    let filling = clock.elapsed().as_nanos() as f64 / applications as f64;
    for round in 0..3 {
        let clock = Clock::now();
        let permits = (0..applications).filter(|count| {
            next(&mut request, of(*count));
            gate.answer(&state, &none, &request, at).permit()
        });
        assert_eq!(permits.count(), applications);
        let each = clock.elapsed().as_nanos() as f64 / applications as f64 - filling;
        if round == 2 {
            println!("| decide, state looked up, mean | {each:.0} ns | ≤ 300 ns |");
            let load = waiting_load(usize::try_from(weight).unwrap().max(1));
            println!(
                "| one load that waits for the one before, in as much memory | {load:.0} ns | the machine's own |"
            );
            println!("| decide, in such loads | {:.1} | |", each / load);
        }
    }
    // The same where the state that is asked for is in a cache: a thousand applications, again and again.
    let some = applications.min(1000);
    let clock = Clock::now();
    let permits = (0..applications).filter(|count| {
        next(&mut request, of(*count % some));
        gate.answer(&state, &none, &request, at).permit()
    });
    assert_eq!(permits.count(), applications);
    let each = clock.elapsed().as_nanos() as f64 / applications as f64 - filling;
    println!("| the same, of {some} applications | {each:.0} ns | |");
    let mut times: Vec<u64> = (0..applications.min(200_000))
        .map(|count| {
            next(&mut request, of(count));
            let clock = Clock::now();
            black_box(gate.answer(&state, &none, &request, at).permit());
            clock.elapsed().as_nanos() as u64
        })
        .collect();
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100];
    println!("| the same, p99 (the clock's own {} ns in it) | {p99} ns | ≤ 1000 ns |", clock_costs());
    let texts: Vec<String> = (0..applications.min(200_000))
        .map(|count| kaifang::canon::to_string(&kaifang_benches::gate::request(order(count), datasets)).unwrap())
        .collect();
    let clock = Clock::now();
    for text in &texts {
        let request = Request::from_json(text).unwrap();
        let decision = gate.decide(&state, &none, &request, at);
        black_box(kaifang::canon::to_bytes(&decision).unwrap());
    }
    let each = clock.elapsed().as_nanos() as f64 / texts.len() as f64;
    println!("| JSON in to JSON out | {:.2} µs | ≤ 5 µs |", each / 1000.0);
}

/// What one load costs that waits for the one before it, each from anywhere in as much memory as the state takes: no
/// look-up of what is not in a cache can take less.
fn waiting_load(mebibytes: usize) -> f64 {
    let cells = (mebibytes << 20) / size_of::<usize>();
    let mut next: Vec<usize> = (0..cells).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    // Sattolo's shuffle: one cycle through every cell.
    for last in (1..cells).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        next.swap(last, (random % last as u64) as usize);
    }
    let (loads, clock) = (2_000_000, Clock::now());
    let end = (0..loads).fold(0, |cell, _| next[cell]);
    black_box(end);
    clock.elapsed().as_nanos() as f64 / f64::from(loads)
}

fn clock_costs() -> u64 {
    let clock = Clock::now();
    (0..10_000).for_each(|_| _ = black_box(Clock::now()));
    clock.elapsed().as_nanos() as u64 / 10_000
}

/// A platform whose log has so many decisions: half of them denied, half permitted, each of those with its result.
fn decided(policy: &Policy, dir: &Path, decisions: usize) {
    let (key, pem) = Ed25519Key::generate().unwrap();
    let platform = Platform::init(dir, policy, "bench.kaifang.example", Box::new(key), at()).unwrap();
    let mut state = adopted(policy);
    let datasets = 100;
    for number in 0..datasets {
        for (by, event) in opening(policy, &format!("data-{number}"), Openness::Unconditional) {
            platform.event(&by, event.clone(), at()).unwrap();
            state.apply(policy, &by, &event, at()).unwrap();
        }
    }
    drop(platform);
    let mut log = Ledger::open(dir.join(LEDGER), Some(Box::new(Ed25519Key::from_pem(&pem).unwrap()))).unwrap();
    let (gate, none) = (Gate::new(policy.clone()), UsedElsewhere::default());
    let mut batch: Vec<Vec<u8>> = Vec::new();
    for number in 0..decisions {
        let action = if number % 2 == 0 { Action::Download } else { Action::ModelResult };
        let request = Request {
            user: Some(user(number)),
            rows: Some(100),
            ..Request::new(format!("data-{}", number % datasets), action)
        };
        let decision = gate.decide(&state, &none, &request, at());
        let index = state.index();
        let (permit, dataset) = (decision.permit, request.dataset.clone());
        let (request, decision) = (Box::new(request), Box::new(decision));
        if permit {
            batch.push(Record::new(at(), Body::Intent { request, decision }).to_bytes().unwrap());
            state.intend(Use { dataset, application: None, asked: Default::default() });
            let outcome = Outcome::new(true, 100, 1000);
            batch.push(Record::new(at(), Body::Result { intent: index, outcome }).to_bytes().unwrap());
            state.settle(index, Default::default(), None).unwrap();
        } else {
            batch.push(Record::new(at(), Body::Denial { request, decision }).to_bytes().unwrap());
            state.pass();
        }
        if batch.len() >= 1000 {
            log.append_batch(&batch).unwrap();
            batch.clear();
        }
    }
    log.append_batch(&batch).unwrap();
    log.checkpoint().unwrap();
}

fn main() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let applications = number("KAIFANG_BENCH_APPLICATIONS", 1_000_000);
    let datasets = (applications / 10).max(1);
    if let Ok(path) = std::env::var("KAIFANG_BENCH_STATE") {
        return restored(&policy, &path, applications, datasets);
    }
    let folder = tempfile::tempdir().unwrap();
    println!("| the gate | measured | bound |\n|---|--:|---|");
    let clock = Clock::now();
    let state = build(&policy, applications, datasets);
    let events = 1 + 3 * datasets + 2 * applications;
    println!("| fold {events} events, checked | {:.1} s | |", clock.elapsed().as_secs_f64());
    let clock = Clock::now();
    let bytes = state.snapshot().unwrap();
    println!("| snapshot | {:.2} s | |", clock.elapsed().as_secs_f64());
    let path = folder.path().join("state");
    std::fs::write(&path, bytes).unwrap();
    drop(state);
    let own = std::env::current_exe().unwrap();
    std::process::Command::new(own).env("KAIFANG_BENCH_STATE", &path).status().unwrap();

    let decisions = number("KAIFANG_BENCH_DECISIONS", 1_000_000);
    let dir = folder.path().join("platform");
    decided(&policy, &dir, decisions);
    let clock = Clock::now();
    let report = audit(&dir, None, None, Calendar::builtin(), at()).unwrap();
    let seconds = clock.elapsed().as_secs_f64();
    assert_eq!((report.decisions as usize, report.findings.len()), (decisions, 0));
    println!("| audit {decisions} decisions, {} records | {seconds:.1} s | ≤ 10 s |", report.verified.size);
}
