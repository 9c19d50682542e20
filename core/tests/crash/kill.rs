//! kill -9, at any moment, again and again on one directory.

use std::io::Read;
use std::process::Output;
use std::time::Duration;

use super::writer::{Acknowledged, command, create};

#[test]
fn a_writer_may_be_killed_at_any_moment() {
    let rounds: u64 = std::env::var("KAIFANG_CRASH_ROUNDS").map_or(300, |rounds| rounds.parse().unwrap());
    let temp = tempfile::tempdir().unwrap();
    let mut dir = temp.path().join("0");
    create(&dir);
    let mut acknowledged = Acknowledged::default();
    let mut total = 0;
    for round in 0..rounds {
        // A log that has grown long makes rounds slow: begin another.
        if acknowledged.count() > 20_000 {
            total += acknowledged.count();
            dir = temp.path().join(round.to_string());
            create(&dir);
            acknowledged = Acknowledged::default();
        }
        let mut child = command(&[], &dir, 1 + round % 4, None).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut said = Vec::new();
            output.read_to_end(&mut said).unwrap();
            said
        });
        // From before it opens the ledger to after some hundred records.
        std::thread::sleep(Duration::from_micros(round.wrapping_mul(7_919) % 40_000));
        child.kill().unwrap();
        let (stdout, rest) = (reader.join().unwrap(), child.wait_with_output().unwrap());
        acknowledged.take(&Output { stdout, ..rest });
        assert!(acknowledged.refusals.is_empty(), "round {round}: {:?}", acknowledged.refusals);
        acknowledged.check(&dir);
    }
    total += acknowledged.count();
    println!("{rounds} kills, {total} acknowledged records, none lost");
    assert!(total > rounds as usize, "the writers wrote next to nothing: {total}");
}
