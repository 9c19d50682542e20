//! Key files: read only when no one but the owner may, written once and with mode 0600.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::KeyError;
use crate::terms::{Text, os_text};

/// No key file is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// The bytes of a key file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let name = || path.display().to_string();
    let unreadable = |what: Text| KeyError::Unreadable { file: name(), what };
    let file = File::open(path).map_err(|error| unreadable(os_text(&error)))?;
    let about = file.metadata().map_err(|error| unreadable(os_text(&error)))?;
    if !about.is_file() {
        return Err(unreadable(Text::new("不是普通文件", "not a regular file")));
    }
    if about.mode() & 0o077 != 0 {
        return Err(KeyError::Exposed { file: name(), mode: format!("{:04o}", about.mode() & 0o7777) });
    }
    if about.len() > LONGEST {
        return Err(unreadable(Text::new(format!("超过 {LONGEST} 字节"), format!("longer than {LONGEST} bytes"))));
    }
    // Reserved whole: a vector that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST.min(about.len() + 1) as usize));
    (&file).take(LONGEST).read_to_end(&mut bytes).map_err(|error| unreadable(os_text(&error)))?;
    Ok(bytes)
}

/// Writes a new key file, durably.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let name = || path.display().to_string();
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => KeyError::Exists { file: name() },
            _ => KeyError::Unwritable { file: name(), what: os_text(&error) },
        })?;
    // The name is durable only with its directory; a ledger must not outlive its only key.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(parent)?.sync_all())
        .map_err(|error| KeyError::Unwritable { file: name(), what: os_text(&error) })
}
