//! Decimal digits and numbers, eight digits in one word.

/// The number of ASCII digits; `None` for any other character or more than 18 of them.
#[inline(always)]
pub(super) fn read(digits: &[u8]) -> Option<u64> {
    if digits.len() > 18 {
        return None;
    }
    let (words, rest) = digits.as_chunks::<8>();
    let mut number = 0;
    for word in words {
        number = number * 100_000_000 + eight(u64::from_le_bytes(*word))?;
    }
    for byte in rest {
        number = number * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some(number)
}

/// The first character is the lowest byte.
#[inline(always)]
fn eight(word: u64) -> Option<u64> {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // The upper half of each byte is 3, and stays 3 where six is added: 0 to 9.
    if word & HIGH != ZEROS || word.wrapping_add(0x0606_0606_0606_0606) & HIGH != ZEROS {
        return None;
    }
    let digits = word.wrapping_sub(ZEROS);
    // Two digits to a byte pair, four to two pairs, eight to the whole: the first weighs more. What overflows is cut off.
    let weigh = |parts: u64, weight: u64, bits: u32| parts.wrapping_mul(weight).wrapping_add(parts >> bits);
    let pairs = weigh(digits, 10, 8) & 0x00ff_00ff_00ff_00ff;
    let fours = weigh(pairs, 100, 16) & 0x0000_ffff_0000_ffff;
    Some(weigh(fours, 10_000, 32) & 0xffff_ffff)
}

/// Writes the last digits of a number, as many as there is room for.
#[inline(always)]
pub(super) fn write(mut number: u64, out: &mut [u8]) {
    let (rest, words) = out.as_rchunks_mut::<8>();
    for word in words.iter_mut().rev() {
        *word = to_eight(number % 100_000_000).to_le_bytes();
        number /= 100_000_000;
    }
    for digit in rest.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The eight digits of a number below 10^8, the first in the lowest byte.
#[inline(always)]
fn to_eight(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    // The quotient by 100 of each four digits, by a multiplication: exact below 10^4. Then by 10, exact below 100.
    let hundreds = (fours.wrapping_mul(10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours.wrapping_sub(hundreds.wrapping_mul(100)) << 16);
    let tens = (pairs.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    let digits = tens | (pairs.wrapping_sub(tens.wrapping_mul(10)) << 8);
    digits | 0x3030_3030_3030_3030
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_those_of_the_standard_library(text in "[0-9]{1,18}") {
            let number = text.parse::<u64>().unwrap();
            prop_assert_eq!(read(text.as_bytes()), Some(number));
            let mut out = vec![0; text.len()];
            write(number, &mut out);
            prop_assert_eq!(out, text.into_bytes());
        }

        #[test]
        fn one_wrong_byte_anywhere_is_found(text in "[0-9]{1,18}", place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = text.into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            prop_assert_eq!(read(&bytes).is_some(), byte.is_ascii_digit());
        }
    }

    #[test]
    fn every_four_digits_are_written() {
        for number in 0..10_000 {
            for number in [number, number * 10_000] {
                let mut out = [0; 8];
                write(number, &mut out);
                assert_eq!(std::str::from_utf8(&out), Ok(format!("{number:08}").as_str()));
            }
        }
        assert_eq!(read(b"0000000000000000000"), None, "19 digits");
        assert_eq!(read(b""), Some(0));
    }
}
