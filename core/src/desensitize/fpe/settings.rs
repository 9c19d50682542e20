//! What a plan's entry says of a column to be encrypted in its format.

use arrow::datatypes::DataType;

use super::super::column::ColumnPlan;
use super::super::step::{Report, is_text, is_written_as_text, text_type};
use super::super::vocabulary::{Cipher, Kept};
use super::super::{PlanError, step};
use super::{Alphabet, Form, Fpe, FpeSettings, KeptPlace, Person, tweak};
use crate::crypto::{BlockCipher, Keyring};
use crate::kinds::{Kind, region};

/// What is wrong with the settings.
pub(in crate::desensitize) fn problems(column: &str, entry: &ColumnPlan, report: &mut Report<'_>) {
    let kept = entry.keep.as_deref().unwrap_or_default();
    match (entry.kind, entry.alphabet.is_some()) {
        (Some(Kind::ResidentId), false) => {
            if kept.contains(&Kept::Province) && kept.contains(&Kept::Region) {
                report.field("keep", "province or region, not both", "province 与 region 二者之一");
            }
            if entry.regions.as_deref() != Some(region::VERSION) {
                report.regions(region::VERSION);
            }
        }
        (Some(Kind::Mobile | Kind::BankCard | Kind::Uscc), false) | (_, true) => {}
        (None, false) => report.field("kind", "a kind, or an alphabet", "类别,或字符表 alphabet"),
        (Some(_), false) => report.kind(),
    }
    let person = entry.kind == Some(Kind::ResidentId) && entry.alphabet.is_none();
    let window = entry.alphabet.is_some() || entry.kind == Some(Kind::Mobile);
    for (setting, given, meant) in [
        ("keep", entry.keep.is_some(), person),
        ("regions", entry.regions.is_some(), person),
        ("keep_prefix", entry.keep_prefix.is_some(), window || entry.kind == Some(Kind::BankCard)),
        ("keep_suffix", entry.keep_suffix.is_some(), window),
    ] {
        if given && !meant {
            report.stranger(setting);
        }
    }
    if entry.alphabet.as_deref().is_some_and(|alphabet| Alphabet::read(alphabet).is_none()) {
        report.field(
            "alphabet",
            "digits, lower, upper, alphanumeric, hex, or 2 to 65,536 different characters",
            "digits、lower、upper、alphanumeric、hex,或 2 至 65536 个互不相同的字符",
        );
    } else if let Some(form) = form(entry) {
        report.extend(form.check(column).err());
    }
}

/// The type of the treated column.
pub(in crate::desensitize) fn output(plain: &DataType) -> Option<DataType> {
    (is_text(plain) || is_written_as_text(plain)).then(|| text_type(plain))
}

fn form(entry: &ColumnPlan) -> Option<Form> {
    let count = |count: Option<u32>| usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX);
    let (keep_prefix, keep_suffix) = (count(entry.keep_prefix), count(entry.keep_suffix));
    if let Some(alphabet) = &entry.alphabet {
        return Some(Form::Alphabet { alphabet: Alphabet::read(alphabet)?, keep_prefix, keep_suffix });
    }
    let keeps = |kept: Kept| entry.keep.as_ref().is_some_and(|all| all.contains(&kept));
    match entry.kind? {
        Kind::Mobile => Some(Form::Mobile { keep_prefix, keep_suffix }),
        Kind::BankCard => Some(Form::BankCard { keep_prefix }),
        Kind::Uscc => Some(Form::Uscc),
        Kind::ResidentId => {
            let place = match (keeps(Kept::Region), keeps(Kept::Province)) {
                (true, _) => KeptPlace::Division,
                (false, true) => KeptPlace::Province,
                (false, false) => KeptPlace::Nothing,
            };
            Some(Form::ResidentId(Person { place, birth_year: keeps(Kept::BirthYear) }))
        }
        _ => None,
    }
}

impl Fpe {
    /// Joins an entry that has no problems with its key.
    pub(in crate::desensitize) fn of_entry(
        dataset: &str,
        column: &str,
        entry: &ColumnPlan,
        keys: &Keyring,
    ) -> Result<Self, crate::Error> {
        let (cipher, purpose, bytes) = match entry.cipher.unwrap_or(Cipher::Aes256) {
            Cipher::Aes128 => (BlockCipher::Aes, "ff1-aes", 16),
            Cipher::Aes192 => (BlockCipher::Aes, "ff1-aes", 24),
            Cipher::Aes256 => (BlockCipher::Aes, "ff1-aes", 32),
            Cipher::Sm4 => (BlockCipher::Sm4, "ff1-sm4", 16),
        };
        let domain = step::domain(dataset, entry).unwrap_or_default();
        let key_id = entry.key.as_deref().unwrap_or_default();
        let key = keys.derive_cipher_key(key_id, &domain, purpose, bytes)?;
        let refused = || PlanError::Unavailable { column: column.to_owned(), transform: entry.transform.to_string() };
        let form = form(entry).ok_or_else(refused)?;
        let common = match &entry.domain {
            Some(domain) => tweak::of_domain(domain),
            None => tweak::of_column(dataset, column),
        };
        let settings = FpeSettings { form, cipher, decrypt: entry.decrypt.unwrap_or(false), common };
        Ok(Fpe::new(settings, column, &key)?)
    }
}
