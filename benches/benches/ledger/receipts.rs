//! Verifying receipts, beside the signature alone: nobody can do it with less.

use kaifang::crypto::{DEFAULT_SIGNER_ID, Ed25519Key, Signer, Sm2Key};
use kaifang::ledger::{Profile, Receipt, verify_receipt};
use ring::signature::{ED25519, UnparsedPublicKey};
use sm2::dsa::signature::Verifier as _;
use sm2::dsa::{Signature, VerifyingKey};

use crate::durable::{create_by, home};
use crate::race::{Clock, Contender, Race};
use crate::records;
use crate::table::{Table, Unit};

const RECORDS: u64 = 1 << 14;
/// How many receipts are verified in a turn.
const RECEIPTS: u64 = 200;
const ROUNDS: usize = 21;
const MESSAGE: &[u8] = b"bench.example\n16384\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

fn profile(
    table: &mut Table,
    profile: Profile,
    key: Box<dyn Signer>,
    most: Option<f64>,
    alone: (&str, &dyn Fn() -> bool),
) {
    let home = home();
    let mut ledger = create_by(&home.path().join("ledger"), profile, key);
    let records = records::records(0, RECORDS);
    ledger.append_batch(&records).unwrap();
    ledger.checkpoint().unwrap();
    let step = (RECORDS / RECEIPTS) as usize;
    let receipts: Vec<(&Vec<u8>, Receipt)> = (0..)
        .zip(&records)
        .step_by(step)
        .take(RECEIPTS as usize)
        .map(|(index, record)| (record, ledger.receipt(index).unwrap()))
        .collect();
    let (other, receipt) = (&records[1], &receipts[0].1);
    assert!(verify_receipt(other, receipt, ledger.public_key()).is_err());
    let race = Race::run(
        Clock::Processor,
        ROUNDS,
        vec![
            Contender::new("ours", RECEIPTS, || {
                receipts
                    .iter()
                    .for_each(|(record, receipt)| verify_receipt(record, receipt, ledger.public_key()).unwrap());
            }),
            Contender::new(format!("limit: {}", alone.0), RECEIPTS, || (0..RECEIPTS).for_each(|_| assert!(alone.1()))),
        ],
    );
    let what = format!("receipts verified, {RECORDS} records, {profile:?}").to_lowercase();
    table.race(&what, Unit::Rate("receipts"), most, &race);
}

pub(crate) fn measure(table: &mut Table) {
    let (key, _) = Ed25519Key::generate().unwrap();
    let signature = key.sign(MESSAGE).unwrap();
    let public = UnparsedPublicKey::new(&ED25519, key.public_key().as_bytes().to_vec());
    let alone = || public.verify(MESSAGE, &signature).is_ok();
    profile(table, Profile::Intl, Box::new(key), Some(1.0 / 15_000.0), ("Ed25519 of ring alone", &alone));

    let (key, _) = Sm2Key::generate(DEFAULT_SIGNER_ID).unwrap();
    let signature = Signature::from_der(&key.sign(MESSAGE).unwrap()).unwrap();
    let public = VerifyingKey::from_sec1_bytes(DEFAULT_SIGNER_ID, key.public_key().as_bytes()).unwrap();
    let alone = || public.verify(MESSAGE, &signature).is_ok();
    profile(table, Profile::Gm, Box::new(key), None, ("SM2 of sm2 alone", &alone));
}
