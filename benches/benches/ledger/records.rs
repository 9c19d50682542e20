//! The records: use of a dataset, 300 bytes each, another for every number.

use kaifang::canon;
use serde::Serialize;

/// The bytes of a record.
pub(crate) const LENGTH: usize = 300;

/// Members in alphabetical order, so that plain serialization is canonical too.
#[derive(Serialize)]
pub(crate) struct Use {
    action: &'static str,
    at: &'static str,
    dataset: &'static str,
    decision: &'static str,
    fields: [&'static str; 3],
    number: u64,
    permit: bool,
    purpose: &'static str,
    request: &'static str,
    user: &'static str,
    v: u8,
}

impl Use {
    pub(crate) fn new(number: u64) -> Self {
        Use {
            action: "api",
            at: "2026-11-23T02:00:00Z",
            dataset: "xa-bus-2026",
            decision: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            fields: ["line", "stop", "time"],
            // Of one width, so that all records are of one length.
            number: 1_000_000_000 + number,
            permit: true,
            purpose: "城市通勤研究",
            request: "0197f3a2-5c",
            user: "company-42",
            v: 1,
        }
    }
}

/// The bytes of a record: `serde_json` writes them for the speed of it, see [`check`].
pub(crate) fn record(number: u64) -> Vec<u8> {
    serde_json::to_vec(&Use::new(number)).unwrap()
}

pub(crate) fn records(first: u64, count: u64) -> Vec<Vec<u8>> {
    (first..first + count).map(record).collect()
}

/// The records are what they are called: canonical, and of one length.
pub(crate) fn check() {
    for number in [0, 1, 999_999_999] {
        assert_eq!(record(number), canon::to_bytes(&Use::new(number)).unwrap());
        assert_eq!(record(number).len(), LENGTH, "{}", String::from_utf8_lossy(&record(number)));
    }
}
