//! IP 地址: version 4 and 6. Canonical form: dotted decimal, or that of RFC 5952.

use std::borrow::Cow;
use std::net::IpAddr;

use super::fold;

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    match folded.parse().ok()? {
        // Dotted decimal has one spelling: numbers with leading zeros are not read.
        IpAddr::V4(_) => Some(folded),
        IpAddr::V6(address) => {
            let form = address.to_string();
            Some(if form == folded { folded } else { Cow::Owned(form) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_address_has_one_spelling() {
        assert_eq!(canonical("2001:DB8::0:1").as_deref(), Some("2001:db8::1"));
        assert_eq!(canonical("１９２.168.1.10").as_deref(), Some("192.168.1.10"));
        for bad in ["256.1.1.1", "192.168.01.10", "1.2.3", "62517.21", "::g"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
