//! The two members of a record that the ledger looks at: `at`, the time it carries, and `blobs`, the content it names.

use serde_json::Value;

use crate::canon::{self, CanonError};
use crate::terms::{Digest, Instant};

/// What a record says of itself to the ledger.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    /// The time that the record carries, RFC 3339; anything else is none.
    pub(super) at: Option<Instant>,
    /// The digests of the blobs that it names.
    pub(super) blobs: Vec<Digest>,
}

/// Checks that a record is canonical, and reads these two.
pub(super) fn read(record: &[u8]) -> Result<Members, CanonError> {
    let (mut at, mut blobs) = (None, None);
    canon::check_with(record, &mut |key, value| match key {
        "at" => at = Some(value),
        "blobs" => blobs = Some(value),
        _ => {}
    })?;
    // No time has an escape in it: what stands between the quotation marks is the text.
    let at = at.and_then(|at| str::from_utf8(at.strip_prefix(b"\"")?.strip_suffix(b"\"")?).ok()?.parse().ok());
    Ok(Members { at, blobs: blobs.map(digests).unwrap_or_default() })
}

/// The digests in an array; of anything else none.
fn digests(value: &[u8]) -> Vec<Digest> {
    let items: Vec<Value> = serde_json::from_slice(value).unwrap_or_default();
    items.iter().filter_map(|digest| digest.as_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_members_of_the_record_itself_count() {
        let digest = crate::crypto::sha256(b"x");
        let record =
            format!(r#"{{"at":"2026-11-24T00:00:00Z","blobs":["{digest}"],"more":{{"at":"2020-01-01T00:00:00Z"}}}}"#);
        let members = read(record.as_bytes()).unwrap();
        assert_eq!((members.at, members.blobs), ("2026-11-24T00:00:00Z".parse().ok(), vec![digest]));
        for none in [r#"{"at":"yesterday","blobs":["sha256:00"]}"#, r#"{"at":1,"blobs":{}}"#, r#"["at"]"#, "1"] {
            assert_eq!(read(none.as_bytes()), Ok(Members::default()), "{none}");
        }
        assert!(read(b"{ }").is_err());
    }
}
