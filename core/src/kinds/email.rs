//! 电子邮箱: `local@domain`, ASCII (a practical part of RFC 5321; quoted local parts and literals are not taken).
//!
//! Canonical form: all lower case. The local part may tell case by the letter of the standard; no usual provider does.

use std::borrow::Cow;

use super::fold;

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_char = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-'..=b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    (1..=64).contains(&local.len())
        && local.bytes().all(local_char)
        && !local.starts_with('.')
        && !local.ends_with('.')
        // A mask leaves stars behind; what was masked is no address any more.
        && local.as_bytes().windows(2).all(|pair| pair != b".." && pair != b"**")
        && domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    if !is_email(&folded) {
        return None;
    }
    Some(if folded.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(folded.to_ascii_lowercase())
    } else {
        folded
    })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn of_the_ascii_characters_these_are_allowed() {
        let allowed: String = (' '..='~').filter(|c| canonical(&format!("a{c}b@c.cn")).is_some()).collect();
        assert_eq!(allowed.replace(|c: char| c.is_ascii_alphanumeric(), ""), "!#$%&'*+-./=?^_`{|}~");
        assert_eq!(allowed.len(), 20 + 62);
    }

    #[test]
    fn addresses_are_told_from_what_resembles_them() {
        assert_eq!(canonical(" Li.Si@Example.GOV.cn ").as_deref(), Some("li.si@example.gov.cn"));
        assert_eq!(canonical("ａ＠ｂ．ｃｎ").as_deref(), Some("a@b.cn"));
        for bad in ["a@b", "@b.cn", "a@", "a b@c.cn", "a..b@c.cn", "邮箱li@qq.com", "a@-b.cn", "l***@qq.com", "a@1.2"]
        {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
