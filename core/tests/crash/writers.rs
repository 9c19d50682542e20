//! Two writers, and many: the lock decides, and who is refused has changed nothing.
//!
//! A child made by `fork` is in `python/tests`, where there is a fork without `unsafe`.

use std::fs;
use std::time::Duration;

use kaifang::ledger::Ledger;

use super::directory::{files, segment};
use super::writer::{Acknowledged, command, create, key, record};

const LOCKED: &str = "KF-LEDGER-04";

#[test]
fn a_second_writer_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("log");
    create(&dir);
    let mut first = Ledger::open(&dir, Some(key())).unwrap();
    let second = || {
        let before = files(&dir);
        let mut second = Acknowledged::default();
        second.take(&command(&[], &dir, 1, Some(3)).output().unwrap());
        assert_eq!((second.count(), &second.refusals[..]), (0, &[LOCKED.to_owned()][..]));
        assert_eq!(files(&dir), before);
    };
    for number in 0..5 {
        second();
        assert_eq!(first.append(record(0, 0, number).as_bytes()), Ok(number));
        if number % 2 == 0 {
            second();
            assert_eq!(first.checkpoint().unwrap().size, number + 1);
        }
    }
    // What the first is in the middle of writing looks like a torn tail. It is not the second's to cut off.
    let path = segment(&dir, 0);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"KFR1...."].concat()).unwrap();
    second();
    fs::write(&path, whole).unwrap();
    assert_eq!(first.append(record(0, 0, 5).as_bytes()), Ok(5));
    drop(first);

    let mut third = Acknowledged::default();
    third.take(&command(&[], &dir, 1, Some(3)).output().unwrap());
    assert_eq!((third.count(), third.refusals.len()), (3, 0));
    third.check(&dir);
}

#[test]
fn of_many_writers_the_lock_decides() {
    const WRITERS: u64 = 8;
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("log");
    create(&dir);
    let mut acknowledged = Acknowledged::default();
    let (mut wrote, mut locked) = (0, 0);
    for round in 0..12 {
        let before = acknowledged.count();
        let started: Vec<_> = (0..WRITERS)
            .map(|writer| {
                // Some at once, some while others are at their end.
                std::thread::sleep(Duration::from_millis(round % 4 * writer % 5));
                command(&[], &dir, 1 + writer % 3, Some(12)).spawn().unwrap()
            })
            .collect();
        for child in started {
            let count = acknowledged.count();
            acknowledged.take(&child.wait_with_output().unwrap());
            match &acknowledged.refusals[..] {
                [] => wrote += 1,
                [refusal] if refusal == LOCKED => {
                    assert_eq!(acknowledged.count(), count, "it was refused, and has written");
                    locked += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(acknowledged.count() > before, "nobody got the lock");
        acknowledged.check(&dir);
    }
    println!("{wrote} writers wrote {} records, {locked} were refused, none lost", acknowledged.count());
    assert!(locked > 0, "no two writers met");
}
