//! A record to canonical bytes, and bytes checked, beside plain JSON, which promises less, and another canonical encoder.

use std::hint::black_box;

use kaifang::canon;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::race::{Clock, Contender, Race};
use crate::records::{self, Use};
use crate::table::{Table, Unit};
use crate::tree::peer;

const RECORDS: u64 = 2_000;
const ROUNDS: usize = 51;

pub(crate) fn measure(table: &mut Table) {
    records::check();
    let uses: Vec<Use> = (0..RECORDS).map(Use::new).collect();
    let records = records::records(0, RECORDS);
    for (record, bytes) in uses.iter().zip(&records) {
        assert_eq!(canon::to_bytes(record).unwrap(), *bytes);
        assert_eq!(serde_jcs::to_vec(record).unwrap(), *bytes);
        assert_eq!(canon::check(bytes), Ok(()));
    }
    let encode = |name: &str, encode: fn(&Use) -> Vec<u8>| {
        let uses = &uses;
        Contender::new(name, RECORDS, move || uses.iter().for_each(|record| drop(black_box(encode(black_box(record))))))
    };
    let race = Race::run(
        Clock::Processor,
        ROUNDS,
        vec![
            encode("ours", |record| canon::to_bytes(record).unwrap()),
            encode("limit: serde_json", |record| serde_json::to_vec(record).unwrap()),
            encode(&peer("serde_jcs"), |record| serde_jcs::to_vec(record).unwrap()),
        ],
    );
    table.race("canonical encoding of a record", Unit::Microseconds, Some(0.5e-6), &race);

    let read = |name: &str, read: fn(&[u8])| {
        let records = &records;
        Contender::new(name, RECORDS, move || records.iter().for_each(|bytes| read(black_box(bytes))))
    };
    let race = Race::run(
        Clock::Processor,
        ROUNDS,
        vec![
            read("ours", |bytes| canon::check(bytes).unwrap()),
            read("serde_json, syntax alone", |bytes| _ = serde_json::from_slice::<IgnoredAny>(bytes).unwrap()),
            read("serde_json, to a value", |bytes| drop(serde_json::from_slice::<Value>(bytes).unwrap())),
        ],
    );
    table.race("canonical form of a record checked", Unit::Microseconds, None, &race);
}
