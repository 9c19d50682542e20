//! Times decisions of a platform in Rust, for `faces/gate.py`.
//!
//! `gate make FOLDER`: a platform with a few hundred approved applications into FOLDER, with its key and the requests.
//!
//! `gate run FOLDER ANSWERS`: the decisions, a line each, into the file ANSWERS; then, for each line of the input, a
//! round of every request, and a line with its nanoseconds for one: JSON to JSON; the same on the state alone; the same
//! where the platform only reads; a request to a decision, without the JSON.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Instant as Clock;

use kaifang::canon;
use kaifang::crypto::Ed25519Key;
use kaifang::gate::{Decision, Gate, Platform, Request};
use kaifang::policy::Policy;
use kaifang::process::UsedElsewhere;
use kaifang::terms::Openness;
use kaifang_benches::gate::{approval, at, opening, request};

const DATASETS: usize = 10;
const APPLICATIONS: usize = 200;
/// How often a round asks each request.
const TIMES: usize = 10;

fn make(folder: &Path) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let (key, pem) = Ed25519Key::generate().unwrap();
    let private = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join("key.pem"));
    private.unwrap().write_all(pem.as_bytes()).unwrap();
    let dir = folder.join("platform");
    let platform = Platform::init(dir, &policy, "bench.kaifang.example", Box::new(key), at()).unwrap();
    for number in 0..DATASETS {
        for (by, event) in opening(&policy, &format!("data-{number}"), Openness::Conditional) {
            platform.event(&by, event, at()).unwrap();
        }
    }
    let mut requests = String::new();
    for number in 0..APPLICATIONS {
        for (by, event) in approval(number, DATASETS) {
            platform.event(&by, event, at()).unwrap();
        }
        requests.push_str(&canon::to_string(&request(number, DATASETS)).unwrap());
        requests.push('\n');
    }
    fs::write(folder.join("requests"), requests).unwrap();
}

/// The time of one call, over all of them.
fn each<T>(asked: &[T], mut call: impl FnMut(&T)) -> f64 {
    let clock = Clock::now();
    for _ in 0..TIMES {
        asked.iter().for_each(&mut call);
    }
    clock.elapsed().as_nanos() as f64 / (TIMES * asked.len()) as f64
}

/// From text to text.
fn answered(text: &str, decide: impl FnOnce(&Request) -> Decision) -> Vec<u8> {
    canon::to_bytes(&decide(&Request::from_json(text).unwrap())).unwrap()
}

fn run(folder: &Path, answers: &Path) {
    let pem = fs::read_to_string(folder.join("key.pem")).unwrap();
    let key = Box::new(Ed25519Key::from_pem(&pem).unwrap());
    let platform = Platform::open(folder.join("platform"), Some(key)).unwrap();
    let reader = Platform::open(folder.join("platform"), None).unwrap();
    let (gate, none) = (Gate::new(platform.policy()), UsedElsewhere::default());
    let texts = fs::read_to_string(folder.join("requests")).unwrap();
    let texts: Vec<&str> = texts.lines().collect();
    let requests: Vec<Request> = texts.iter().map(|text| Request::from_json(text).unwrap()).collect();
    let mut file = fs::File::create(answers).unwrap();
    for text in &texts {
        let answer = answered(text, |request| platform.decide(request, at()));
        assert_eq!(answer, answered(text, |request| reader.decide(request, at())));
        file.write_all(&answer).unwrap();
        file.write_all(b"\n").unwrap();
    }
    let at = at();
    for line in std::io::stdin().lines() {
        line.unwrap();
        let whole = each(&texts, |text| drop(black_box(answered(text, |request| platform.decide(request, at)))));
        let alone = platform.with_state(|state| {
            each(&texts, |text| drop(black_box(answered(text, |request| gate.decide(state, &none, request, at)))))
        });
        let reads = each(&texts, |text| drop(black_box(answered(text, |request| reader.decide(request, at)))));
        let decision = each(&requests, |request| drop(black_box(platform.decide(black_box(request), at))));
        println!("{whole} {alone} {reads} {decision}");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(&arguments[2]);
    match arguments[1].as_str() {
        "make" => make(folder),
        _ => run(folder, Path::new(&arguments[3])),
    }
}
