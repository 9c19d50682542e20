//! Block ciphers of 16 bytes: AES (FIPS 197) and SM4 (GB/T 32907).

use aes::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use aes::{Aes128Enc, Aes192Enc, Aes256Enc};
use sm4::Sm4;

use crate::terms::words;

/// The bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 16;

words! {
    /// 分组密码: a block cipher.
    pub enum BlockCipher {
        /// FIPS 197; 128, 192 or 256 bits by the length of the key.
        Aes = "aes", "AES", "AES";
        /// GB/T 32907; 128 bits.
        Sm4 = "sm4", "SM4", "SM4";
    }
}

impl BlockCipher {
    /// The cipher takes a key of so many bytes.
    #[must_use]
    pub fn takes(self, key_bytes: usize) -> bool {
        match self {
            BlockCipher::Aes => matches!(key_bytes, 16 | 24 | 32),
            BlockCipher::Sm4 => key_bytes == 16,
        }
    }
}

/// The expanded key of a block cipher, for encryption alone. The ciphers' own crates overwrite it.
pub(crate) struct BlockKey(Expanded);

enum Expanded {
    Aes128(Aes128Enc),
    Aes192(Aes192Enc),
    Aes256(Aes256Enc),
    Sm4(Sm4),
}

impl BlockKey {
    /// `None` where the cipher takes no key of this length.
    pub(crate) fn new(cipher: BlockCipher, key: &[u8]) -> Option<Self> {
        let expanded = match (cipher, key.len()) {
            (BlockCipher::Aes, 16) => Aes128Enc::new_from_slice(key).map(Expanded::Aes128),
            (BlockCipher::Aes, 24) => Aes192Enc::new_from_slice(key).map(Expanded::Aes192),
            (BlockCipher::Aes, _) => Aes256Enc::new_from_slice(key).map(Expanded::Aes256),
            (BlockCipher::Sm4, _) => Sm4::new_from_slice(key).map(Expanded::Sm4),
        };
        expanded.ok().map(BlockKey)
    }

    /// Encrypts each block. Many at once are faster than as many calls: processors encrypt up to 64 together.
    pub(crate) fn encrypt(&self, blocks: &mut [[u8; BLOCK_BYTES]]) {
        let blocks = Array::cast_slice_from_core_mut(blocks);
        match &self.0 {
            Expanded::Aes128(key) => key.encrypt_blocks(blocks),
            Expanded::Aes192(key) => key.encrypt_blocks(blocks),
            Expanded::Aes256(key) => key.encrypt_blocks(blocks),
            Expanded::Sm4(key) => key.encrypt_blocks(blocks),
        }
    }

    /// The state of CBC-MAC after more blocks.
    pub(crate) fn chain(&self, state: &mut [u8; BLOCK_BYTES], blocks: &[[u8; BLOCK_BYTES]]) {
        for block in blocks {
            state.iter_mut().zip(block).for_each(|(to, from)| *to ^= *from);
            self.encrypt(std::slice::from_mut(state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypted(cipher: BlockCipher, key: &str, block: &str) -> String {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let mut blocks = [hex(block).try_into().unwrap()];
        BlockKey::new(cipher, &hex(key)).unwrap().encrypt(&mut blocks);
        blocks[0].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// FIPS 197, appendix C; GB/T 32907, annex A.
    #[test]
    fn the_examples_of_the_standards() {
        let plain = "00112233445566778899aabbccddeeff";
        let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        for (bytes, expected) in [
            (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
            (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
            (32, "8ea2b7ca516745bfeafc49904b496089"),
        ] {
            assert_eq!(encrypted(BlockCipher::Aes, &key[..2 * bytes], plain), expected);
        }
        let both = "0123456789abcdeffedcba9876543210";
        assert_eq!(encrypted(BlockCipher::Sm4, both, both), "681edf34d206965e86b3e94f536e4246");
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        use crate::terms::Word as _;
        for bytes in 0..=64 {
            for cipher in BlockCipher::ALL {
                let key = BlockKey::new(*cipher, &vec![7; bytes]);
                assert_eq!(key.is_some(), cipher.takes(bytes), "{cipher} {bytes}");
            }
        }
    }

    #[test]
    fn many_blocks_are_each_as_alone() {
        let key = BlockKey::new(BlockCipher::Aes, &[3; 32]).unwrap();
        let mut all: Vec<[u8; 16]> = (0..200_u8).map(|n| [n; 16]).collect();
        let mut each = all.clone();
        key.encrypt(&mut all);
        each.iter_mut().for_each(|block| key.encrypt(std::slice::from_mut(block)));
        assert_eq!(all, each);
    }
}
