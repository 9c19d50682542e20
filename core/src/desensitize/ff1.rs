//! FF1 over numerals, for those who bring their own format.

use super::PlanError;
use crate::crypto::BlockCipher;
use crate::crypto::ff1::{self, Direction, Refusal, TweakEnd};
use crate::terms::Text;

/// FF1 of NIST SP 800-38G under one key and radix, with AES-128, AES-192 or AES-256 (by the length of the key) or SM4.
///
/// A value is a list of numerals below the radix, and stays one of the same length. The tweak is no secret: it keeps apart
/// what is encrypted in different places. A domain (radix^length) below 10^6 is refused, because who can ask for
/// encryptions tries all of it.
///
/// FF3 and FF3-1 are not here: attacks broke both on small domains, and the draft of SP 800-38G Rev. 1 (2025) has
/// FF1 alone.
///
/// The key is overwritten when this is dropped.
///
/// ```
/// use kaifang::crypto::BlockCipher;
/// use kaifang::desensitize::Ff1;
///
/// // The seventh sample that NIST publishes, with the first half of its key for AES-128: sample 1.
/// let key = [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
/// let ff1 = Ff1::new(BlockCipher::Aes, &key, 10)?;
/// let encrypted = ff1.encrypt(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], b"")?;
/// assert_eq!(encrypted, [2, 4, 3, 3, 4, 7, 7, 4, 8, 4]);
/// assert_eq!(ff1.decrypt(&encrypted, b"")?, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
/// assert!(ff1.encrypt(&[1, 2, 3, 4, 5], b"").is_err(), "10^5 values only");
/// # Ok::<(), kaifang::desensitize::PlanError>(())
/// ```
pub struct Ff1(ff1::Ff1);

impl Ff1 {
    /// The most numerals of a value.
    pub const MOST_NUMERALS: usize = ff1::MOST_NUMERALS;

    /// A radix of 2 to 65,536.
    ///
    /// # Errors
    /// [`PlanError::Ff1`].
    pub fn new(cipher: BlockCipher, key: &[u8], radix: u32) -> Result<Self, PlanError> {
        Ok(Ff1(ff1::Ff1::new(cipher, key, radix).map_err(refused)?))
    }

    /// The encrypted numerals, as many as were given.
    ///
    /// # Errors
    /// [`PlanError::SmallDomain`], [`PlanError::Ff1`].
    pub fn encrypt(&self, numerals: &[u32], tweak: &[u8]) -> Result<Vec<u32>, PlanError> {
        self.treat(Direction::Encrypt, numerals, tweak)
    }

    /// The numerals that were encrypted under the same tweak.
    ///
    /// # Errors
    /// [`PlanError::SmallDomain`], [`PlanError::Ff1`].
    pub fn decrypt(&self, numerals: &[u32], tweak: &[u8]) -> Result<Vec<u32>, PlanError> {
        self.treat(Direction::Decrypt, numerals, tweak)
    }

    fn treat(&self, direction: Direction, numerals: &[u32], tweak: &[u8]) -> Result<Vec<u32>, PlanError> {
        let shape = self.0.shape(numerals.len(), tweak).map_err(refused)?;
        let mut numerals = numerals.to_vec();
        self.0.one(&shape, direction, &TweakEnd::default(), &mut numerals).map_err(refused)?;
        Ok(numerals)
    }
}

pub(super) fn refused(refusal: Refusal) -> PlanError {
    let what = match refusal {
        Refusal::Domain => return PlanError::SmallDomain { place: "numerals".to_owned() },
        Refusal::Key => Text::new(
            "密钥应为 16、24 或 32 字节(AES),或 16 字节(SM4)",
            "expected a key of 16, 24 or 32 bytes (AES), or of 16 bytes (SM4)",
        ),
        Refusal::Radix => Text::new("基数应为 2 至 65536", "expected a radix of 2 to 65536"),
        Refusal::Length => {
            let most = ff1::MOST_NUMERALS;
            Text::new(format!("至多 {most} 个数码"), format!("expected at most {most} numerals"))
        }
        Refusal::Numeral { place } => {
            let number = place + 1;
            Text::new(format!("第 {number} 个数码应小于基数"), format!("numeral {number} is not below the radix"))
        }
        Refusal::Tweak => Text::new("调整值应少于 2^32 字节", "expected a tweak of less than 2^32 bytes"),
    };
    PlanError::Ff1 { what }
}
