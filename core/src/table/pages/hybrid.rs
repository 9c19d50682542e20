//! Parquet's hybrid of runs and packed bits, in which levels and keys of dictionaries are written: decoded so strictly that
//! no bit is left over.

/// The numbers that the bytes hold, `count` of them of `width` bits. `None` where the bytes are not exactly these numbers:
/// bytes behind them, a run beyond them, or padding that is not zero.
pub(super) fn decode(bytes: &[u8], width: u8, count: usize) -> Option<Vec<u32>> {
    if width > 32 {
        return None;
    }
    let width = usize::from(width);
    let mut rest = bytes;
    let mut numbers: Vec<u32> = Vec::new();
    numbers.try_reserve_exact(count).ok()?;
    while numbers.len() < count {
        let wanted = count - numbers.len();
        let head = varint(&mut rest)?;
        let length = usize::try_from(head >> 1).ok()?;
        if head & 1 == 0 {
            let (value, after) = rest.split_at_checked(width.div_ceil(8))?;
            rest = after;
            let value = value.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
            if length == 0 || length > wanted || value >> width != 0 {
                return None;
            }
            numbers.resize(numbers.len() + length, u32::try_from(value).ok()?);
        } else {
            let (packed, after) = rest.split_at_checked(length.checked_mul(width)?)?;
            rest = after;
            let held = length.checked_mul(8)?;
            if held == 0 {
                return None;
            }
            unpack(packed, width, held.min(wanted), &mut numbers);
            if held > wanted && !is_zero_from(packed, wanted * width) {
                return None;
            }
        }
    }
    rest.is_empty().then_some(numbers)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if *first < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Appends `count` numbers of `width` bits, low bits first.
fn unpack(packed: &[u8], width: usize, count: usize, out: &mut Vec<u32>) {
    let mask = (1_u64 << width) - 1;
    out.extend((0..count).map(|index| {
        let bit = index * width;
        let (byte, shift) = (bit / 8, bit % 8);
        let word = match packed.get(byte..).and_then(<[u8]>::first_chunk::<8>) {
            Some(word) => u64::from_le_bytes(*word),
            None => packed.iter().skip(byte).rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
        };
        ((word >> shift) & mask) as u32
    }));
}

/// Whether the bits from this one on are zero.
pub(super) fn is_zero_from(bytes: &[u8], bit: usize) -> bool {
    let (first, rest) = match bytes.get(bit / 8..).map(<[u8]>::split_first) {
        Some(Some((first, rest))) => (*first, rest),
        _ => return true,
    };
    first >> (bit % 8) == 0 && rest.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_format_is_decoded() {
        // 0 to 7 in 3 bits, from the description of the format.
        let packed = [0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(decode(&[&[3], &packed[..]].concat(), 3, 8), Some((0..8).collect()));
        assert_eq!(decode(&[8, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010], 3, 12).map(|all| all.len()), Some(12));
        assert_eq!(decode(&[200, 1, 1], 1, 100), Some(vec![1; 100]));
        assert_eq!(decode(&[200, 1], 0, 100), Some(vec![0; 100]), "no bits at all");
    }

    #[test]
    fn every_width_comes_back() {
        for width in 0..=32_usize {
            let mask = ((1_u64 << width) - 1) as u32;
            let numbers: Vec<u32> = (0..80_u32).map(|n| n.wrapping_mul(2_654_435_761) & mask).collect();
            let mut packed = vec![0_u8; 10 * width];
            for (index, number) in numbers.iter().enumerate() {
                for bit in (0..width).filter(|bit| number >> bit & 1 == 1) {
                    packed[(index * width + bit) / 8] |= 1 << ((index * width + bit) % 8);
                }
            }
            let mut bytes = vec![21];
            bytes.extend(packed);
            assert_eq!(decode(&bytes, width as u8, 80), Some(numbers), "{width}");
        }
    }

    #[test]
    fn what_no_number_is_made_of_is_refused() {
        assert_eq!(decode(&[3, 0b0000_0101], 1, 3), Some(vec![1, 0, 1]));
        assert_eq!(decode(&[3, 0b0001_0101], 1, 3), None, "padding");
        assert_eq!(decode(&[3, 0b0000_0101, 9], 1, 3), None, "a byte behind");
        assert_eq!(decode(&[8, 1], 1, 3), None, "a run beyond the end");
        assert_eq!(decode(&[6, 2], 1, 3), None, "a value wider than its bits");
        assert_eq!(decode(&[5, 0b0000_0101], 1, 3), None, "a group that is cut off");
        assert_eq!(decode(&[0, 1], 1, 3), None, "an empty run");
        assert_eq!(decode(&[], 1, 1), None);
        assert_eq!(decode(&[], 1, 0), Some(vec![]));
    }
}
