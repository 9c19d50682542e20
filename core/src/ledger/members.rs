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
    let value = canon::parse_canonical(record)?;
    let at = value.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok());
    let blobs = value.get("blobs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let blobs = blobs.iter().filter_map(|digest| digest.as_str()?.parse().ok()).collect();
    Ok(Members { at, blobs })
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
