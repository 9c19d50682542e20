//! The two members of a record that the ledger looks at: `at`, the time it carries, and `blobs`, the content it names.

use crate::canon::{self, CanonError};
use crate::terms::{Digest, Instant};

/// What a record says of itself to the ledger.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Members {
    /// The time that the record carries, RFC 3339; anything else is none.
    pub(super) at: Option<Instant>,
    /// The digests of the blobs that it names. `None` where the member is something else than an array of digests.
    pub(super) blobs: Option<Vec<Digest>>,
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
    Ok(Members { at, blobs: blobs.map_or(Some(Vec::new()), digests) })
}

/// The digests in an array.
fn digests(value: &[u8]) -> Option<Vec<Digest>> {
    serde_json::from_slice(value).ok()
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
        assert_eq!((members.at, members.blobs), ("2026-11-24T00:00:00Z".parse().ok(), Some(vec![digest])));
        for none in [r#"{"at":"yesterday"}"#, r#"{"at":1,"blobs":[]}"#, r#"["at"]"#, "1"] {
            assert_eq!(read(none.as_bytes()), Ok(Members { at: None, blobs: Some(Vec::new()) }), "{none}");
        }
        let upper = digest.to_string().to_uppercase();
        let (mixed, upper) = (format!("[\"{digest}\",1]"), format!("[\"{upper}\"]"));
        for bad in ["[1]", "{}", "null", r#"["sha256:00"]"#, &mixed, &upper] {
            assert_eq!(read(format!(r#"{{"blobs":{bad}}}"#).as_bytes()).unwrap().blobs, None, "{bad}");
        }
        assert!(read(b"{ }").is_err());
    }
}
