//! Times one decision in Rust, for `faces/decide.py`.
//!
//! `decide DIRECTORY KEY INSTANT REQUEST`: what, a tab and microseconds, a line each.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant as Clock;

use kaifang::canon;
use kaifang::crypto::Ed25519Key;
use kaifang::gate::{Platform, Request};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap();
    let (dir, key, at, text) = (next(), next(), next().parse().unwrap(), next());
    let key = Ed25519Key::from_pem(&std::fs::read_to_string(key).unwrap()).unwrap();
    let platform = Platform::open(dir, Some(Box::new(key))).unwrap();
    let decide = |text: &str| platform.decide(&Request::from_json(text).unwrap(), at);
    print("JSON in, decision out", || drop(black_box(decide(black_box(&text)))));
    print("JSON in, JSON out", || drop(black_box(canon::to_bytes(&decide(black_box(&text))))));
}

/// The least of many short rounds: the rest is what else the machine does.
fn print(name: &str, mut work: impl FnMut()) {
    let round = |_| {
        let clock = Clock::now();
        (0..400).for_each(|_| work());
        clock.elapsed().as_nanos() as f64 / 400.0
    };
    let least = (0..250).map(round).fold(f64::MAX, f64::min);
    println!("{name}\t{:.2}", least / 1000.0);
}
