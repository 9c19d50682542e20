use std::collections::HashSet;

use super::*;
use crate::kinds::{Kind, canonical, region, resident_id, uscc};
use proptest::prelude::*;

fn fpe(form: Form, decrypt: bool) -> Fpe {
    let common = tweak::of_column("people", "id");
    let settings = FpeSettings { form, cipher: BlockCipher::Aes, decrypt, common };
    Fpe::new(settings, "id", &[7; 32]).unwrap()
}

fn treated<'a>(fpe: &Fpe, values: impl IntoIterator<Item = &'a str>) -> Vec<Option<String>> {
    let values: Vec<Option<&str>> = values.into_iter().map(Some).collect();
    let mut out = Vec::new();
    fpe.treat(&values, &mut |value| {
        out.push(value.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()));
        Ok(())
    })
    .unwrap();
    out
}

fn one(form: &Form, value: &str) -> Option<String> {
    treated(&fpe(form.clone(), false), [value]).remove(0)
}

fn back(form: &Form, value: &str) -> Option<String> {
    treated(&fpe(form.clone(), true), [value]).remove(0)
}

fn alphabet(characters: &str, keep_prefix: usize, keep_suffix: usize) -> Form {
    Form::Alphabet { alphabet: Alphabet::read(characters).unwrap(), keep_prefix, keep_suffix }
}

const WHOLE: Person = Person { place: KeptPlace::Nothing, birth_year: false };

/// Ids of every division and of days over the whole range, as many as asked.
fn ids(count: usize) -> Vec<String> {
    let divisions = region::ranked();
    (0..count as u64)
        .map(|at| {
            let mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let division = divisions[at as usize % divisions.len()];
            let (year, month, day) = match at % 8 {
                0 => (1904 + mixed % 29 * 4, 12, 31),
                _ => (1900 + mixed % 120, 1 + (mixed >> 8) % 12, 1 + (mixed >> 16) % 28),
            };
            // The division and this number make ids distinct.
            let sequence = at as usize / divisions.len() % 1000;
            let first_17 = format!("{division:06}{year}{month:02}{day:02}{sequence:03}");
            let check = resident_id::check_digit(&first_17).unwrap();
            format!("{first_17}{check}")
        })
        .collect()
}

/// `KAIFANG_FPE_IDS=1000000` for the long run.
#[test]
fn ids_stay_valid_and_distinct_and_come_back() {
    let count = std::env::var("KAIFANG_FPE_IDS").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let plain = ids(count);
    assert_eq!(plain.iter().collect::<HashSet<_>>().len(), count);
    for (place, birth_year) in [
        (KeptPlace::Nothing, false),
        (KeptPlace::Nothing, true),
        (KeptPlace::Province, false),
        (KeptPlace::Division, false),
    ] {
        let form = Form::ResidentId(Person { place, birth_year });
        let encrypted = treated(&fpe(form.clone(), false), plain.iter().map(String::as_str));
        let encrypted: Vec<&str> = encrypted.iter().map(|value| value.as_deref().unwrap()).collect();
        let (mut same, mut same_division) = (0, 0);
        for (plain, encrypted) in plain.iter().zip(&encrypted) {
            assert_eq!(canonical(Kind::ResidentId, encrypted).as_deref(), Some(*encrypted));
            assert!(region::rank(encrypted[..6].parse().unwrap()).is_some());
            let kept = match place {
                KeptPlace::Nothing => 0,
                KeptPlace::Province => 2,
                KeptPlace::Division => 6,
            };
            assert_eq!(plain[..kept], encrypted[..kept]);
            assert!(!birth_year || plain[6..10] == encrypted[6..10]);
            same += usize::from(plain == encrypted);
            same_division += usize::from(plain[..6] == encrypted[..6]);
        }
        assert!(same <= 1, "{same} of {count}");
        // A province has a hundred divisions or more, or few.
        assert!(place == KeptPlace::Division || same_division < count / 20, "{same_division} of {count}");
        assert_eq!(encrypted.iter().collect::<HashSet<_>>().len(), count);
        let decrypted = treated(&fpe(form, true), encrypted);
        assert!(decrypted.iter().zip(&plain).all(|(decrypted, plain)| decrypted.as_deref() == Some(plain)));
    }
}

#[test]
fn all_of_an_id_but_what_is_kept_changes() {
    let encrypted = treated(&fpe(Form::ResidentId(WHOLE), false), ids(500).iter().map(String::as_str));
    let of = |part: std::ops::Range<usize>| {
        encrypted.iter().map(|id| id.as_ref().unwrap()[part.clone()].to_owned()).collect::<HashSet<_>>().len()
    };
    // Of 500 ids: nearly all divisions, years and days are met at random.
    assert!(of(0..6) > 400 && of(6..10) > 150 && of(10..14) > 250 && of(14..17) > 350);
}

#[test]
fn ids_of_unknown_divisions_keep_them() {
    let first_17 = "61999919490317001";
    assert_eq!(region::rank(619_999), None);
    let id = format!("{first_17}{}", resident_id::check_digit(first_17).unwrap());
    let form = Form::ResidentId(WHOLE);
    let encrypted = one(&form, &id).unwrap();
    assert!(encrypted.starts_with("619999") && encrypted != id);
    assert_eq!(back(&form, &encrypted).as_deref(), Some(id.as_str()));
    // With the year kept too, 365,000 numbers are left.
    assert_eq!(one(&Form::ResidentId(Person { place: KeptPlace::Nothing, birth_year: true }), &id), None);
}

#[test]
fn an_old_id_is_its_new_form() {
    let form = Form::ResidentId(WHOLE);
    assert_eq!(one(&form, "110105491231002"), one(&form, "11010519491231002X"));
    assert_eq!(back(&form, &one(&form, "110105491231002").unwrap()).as_deref(), Some("11010519491231002X"));
    assert_eq!(one(&form, "11010519491231002x"), one(&form, "11010519491231002X"));
}

#[test]
fn what_is_not_valid_is_not_treated() {
    for (form, bad) in [
        (Form::ResidentId(WHOLE), ["110105194912310021", "11010519490230002X", "", "一二三"]),
        (Form::Mobile { keep_prefix: 0, keep_suffix: 0 }, ["12900001111", "1390000111", "", "x"]),
        (Form::BankCard { keep_prefix: 6 }, ["4111111111111112", "41111111", "", "卡号"]),
        (Form::Uscc, ["91350100M000100Y44", "91350100M000100Z43", "", "x"]),
        (alphabet("digits", 0, 0), ["12345", "1234567a", "", "１２３４５６７８"]),
        (alphabet("lower", 1, 1), ["abcdef", "aBcdefg", "", "ab"]),
    ] {
        for value in bad {
            assert_eq!(one(&form, value), None, "{value}");
        }
    }
}

#[test]
fn small_domains_are_refused_before_any_value() {
    for (form, enough) in [
        (Form::Mobile { keep_prefix: 3, keep_suffix: 4 }, false),
        (Form::Mobile { keep_prefix: 3, keep_suffix: 2 }, true),
        (Form::Mobile { keep_prefix: 3, keep_suffix: 3 }, false),
        (Form::Mobile { keep_prefix: 3, keep_suffix: 0 }, true),
        (Form::Mobile { keep_prefix: 0, keep_suffix: 3 }, true),
        (Form::Mobile { keep_prefix: 0, keep_suffix: 4 }, false),
        (Form::Mobile { keep_prefix: 99, keep_suffix: 99 }, false),
        (Form::BankCard { keep_prefix: 12 }, true),
        (Form::BankCard { keep_prefix: 13 }, false),
        (Form::ResidentId(Person { place: KeptPlace::Division, birth_year: false }), true),
        (Form::ResidentId(Person { place: KeptPlace::Division, birth_year: true }), false),
        (Form::ResidentId(Person { place: KeptPlace::Province, birth_year: true }), true),
    ] {
        let refused = matches!(form.check("id"), Err(PlanError::SmallDomain { .. }));
        assert_eq!(refused, !enough, "{form:?}");
    }
    // 15 digits with 9 of them kept leave 5.
    assert_eq!(one(&Form::BankCard { keep_prefix: 9 }, "378282246310005"), None);
    assert!(one(&Form::BankCard { keep_prefix: 8 }, "378282246310005").is_some());
}

#[test]
fn alphabets_are_of_distinct_characters() {
    for bad in ["", "a", "aa", "aba", "天地天"] {
        assert!(Alphabet::read(bad).is_none(), "{bad}");
    }
    let all: String = (0x1_0000..=0x2_0000).filter_map(char::from_u32).take(65_537).collect();
    assert!(Alphabet::read(&all).is_none(), "one too many");
    let most: String = all.chars().skip(1).collect();
    assert_eq!(Alphabet::read(&most).unwrap().radix(), 65_536);
    for (name, radix) in [("digits", 10), ("lower", 26), ("upper", 26), ("alphanumeric", 62), ("hex", 16)] {
        assert_eq!(Alphabet::read(name).unwrap().radix(), radix);
    }
}

/// The room's FF1 over text is FF1 over numerals, whatever the width of a half: of one word, of two, of more.
#[test]
fn text_is_its_numerals() {
    use crate::crypto::ff1::{Direction, TweakEnd};
    let characters: String = "甲乙丙丁戊己庚辛壬癸abcdefgh".to_owned();
    let plain = Ff1::new(BlockCipher::Aes, &[7; 32], 18).unwrap();
    let letters: Vec<char> = characters.chars().collect();
    for length in [5, 6, 7, 12, 15, 16, 30, 46, 47, 60, 200] {
        let mut numerals: Vec<u32> = (0..length).map(|at| (at * at + 3) % 18).collect();
        let value: String = numerals.iter().map(|numeral| letters[*numeral as usize]).collect();
        // One byte is kept before, four behind.
        let common = tweak::of_column("people", "id");
        let whole = [common.as_flattened(), "\x14x-☃\0\0\0\0\0".as_bytes()].concat();
        let shape = plain.shape(numerals.len(), &whole).unwrap();
        plain.one(&shape, Direction::Encrypt, &TweakEnd::default(), &mut numerals).unwrap();
        let expected: String = numerals.iter().map(|numeral| letters[*numeral as usize]).collect();
        let form = alphabet(&characters, 1, 2);
        let value = format!("x{value}-☃");
        let encrypted = one(&form, &value).unwrap();
        assert_eq!(encrypted, format!("x{expected}-☃"), "{length}");
        assert_eq!(back(&form, &encrypted), Some(value));
    }
}

#[test]
fn the_tweak_keeps_columns_apart() {
    let with = |common: tweak::Common| {
        let settings = FpeSettings { form: alphabet("digits", 0, 0), cipher: BlockCipher::Sm4, decrypt: false, common };
        treated(&Fpe::new(settings, "id", &[7; 16]).unwrap(), ["123456789012"]).remove(0).unwrap()
    };
    let all =
        [tweak::of_column("a", "b"), tweak::of_column("a", "c"), tweak::of_column("ab", ""), tweak::of_domain("ab")];
    assert_eq!(all.into_iter().map(with).collect::<HashSet<_>>().len(), all.len());
}

/// Equal parts are encrypted alike behind the same kept ones alone.
#[test]
fn what_is_kept_decides_how_the_rest_is_encrypted() {
    let check = |first_17: &str| format!("{first_17}{}", resident_id::check_digit(first_17).unwrap());
    let luhn = |digits: &str| format!("{digits}{}", crate::kinds::bank_card::check_digit(digits).unwrap());
    let credit = |first_17: &str| format!("{first_17}{}", uscc::check_digit(first_17).unwrap());
    let person = |place, birth_year| Form::ResidentId(Person { place, birth_year });
    let text = |values: [&str; 2]| values.map(str::to_owned);
    let longer = text(["1234567890-Aabcdefghijklmnop", "1234567890-Babcdefghijklmnop"]);
    for (form, values, encrypted) in [
        (alphabet("digits", 2, 0), text(["AB123456", "AC123456"]), 2..8),
        (alphabet("digits", 0, 1), text(["123456A", "123456B"]), 0..6),
        // Halves of two words, behind more bytes than the tweak has room for.
        (alphabet("lower", 12, 0), longer, 12..28),
        (Form::Mobile { keep_prefix: 3, keep_suffix: 0 }, text(["13912345678", "18612345678"]), 3..11),
        (Form::Mobile { keep_prefix: 0, keep_suffix: 2 }, text(["13912345678", "13912345687"]), 1..9),
        (Form::BankCard { keep_prefix: 6 }, [luhn("621700001234567890"), luhn("622848001234567890")], 6..18),
        (Form::Uscc, [credit("91350100M000100Y4"), credit("91610100M000100Y4")], 8..16),
        (person(KeptPlace::Division, false), [check("61011319900307001"), check("11010519900307001")], 6..17),
        (person(KeptPlace::Nothing, false), [check("61999919900307001"), check("62999919900307001")], 6..17),
        (person(KeptPlace::Nothing, true), [check("61011319900307001"), check("61011319910307001")], 10..17),
    ] {
        let parts = values.map(|value| {
            let treated = one(&form, &value).unwrap();
            assert_eq!(back(&form, &treated), Some(value), "{form:?}");
            treated[encrypted.clone()].to_owned()
        });
        assert_ne!(parts[0], parts[1], "{form:?}");
    }
}

#[test]
fn both_check_characters_of_a_credit_code_are_right() {
    let form = Form::Uscc;
    let plain = "91350100M000100Y43";
    let encrypted = one(&form, plain).unwrap();
    assert_eq!(canonical(Kind::Uscc, &encrypted).as_deref(), Some(encrypted.as_str()));
    assert_eq!((&encrypted[..8], encrypted[8..16] != plain[8..16]), (&plain[..8], true));
    assert_eq!(back(&form, &encrypted).as_deref(), Some(plain));
    // GB 11714, by its definition: the sum of the weighted values and the check value is a multiple of 11.
    let sum: u32 =
        encrypted[8..16].chars().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(c, w)| c.to_digit(36).unwrap() * w).sum();
    let check = encrypted.as_bytes()[16];
    let value = if check == b'X' { 10 } else { u32::from(check - b'0') };
    assert_eq!((sum + value) % 11, 0, "{encrypted}");
    // The organization code is wrong, the credit code is right.
    let first_17 = "91350100M000100Y5";
    let wrong = format!("{first_17}{}", uscc::check_digit(first_17).unwrap());
    assert!(canonical(Kind::Uscc, &wrong).is_some());
    assert_eq!(one(&form, &wrong), None);
}

/// Values of a form: valid ones, and some that are not.
fn values() -> impl Strategy<Value = (Form, Vec<String>)> {
    let card = |keep| {
        let digits = prop_oneof!["[34569][0-9]{13,17}", "[0-9]{3,20}"];
        let card = digits.prop_map(|digits: String| {
            let last = ('0'..='9').find(|last| crate::kinds::bank_card::luhn(&format!("{digits}{last}")));
            format!("{digits}{}", last.unwrap())
        });
        (Just(Form::BankCard { keep_prefix: keep }), prop::collection::vec(card, 1..90))
    };
    let mobile = |keep_prefix, keep_suffix| {
        let form = Form::Mobile { keep_prefix, keep_suffix };
        (Just(form), prop::collection::vec(prop_oneof![9 => "1[3-9][0-9]{9}", 1 => "[0-9]{10,12}"], 1..90))
    };
    let text = |characters: &'static str, pattern: &'static str, prefix, suffix| {
        (Just(alphabet(characters, prefix, suffix)), prop::collection::vec(pattern, 1..90))
    };
    prop_oneof![
        card(0),
        card(1),
        card(6),
        mobile(0, 0),
        mobile(1, 2),
        mobile(2, 0),
        mobile(3, 0),
        text("digits", "[0-9]{0,30}", 0, 0),
        text("digits", "[0-9]{18}", 0, 0),
        text("hex", "[0-9a-f]{4,40}", 0, 2),
        text("alphanumeric", "[0-9A-Za-z-]{4,20}", 1, 0),
        text("甲乙丙丁戊己庚辛壬癸", "[甲乙丙丁戊己庚辛壬癸天a]{4,40}", 1, 1),
        text("lower", "[a-zA-Z]{0,300}", 0, 0),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn values_keep_their_format_and_come_back((form, values) in values()) {
        let encrypt = fpe(form.clone(), false);
        let encrypted = treated(&encrypt, values.iter().map(String::as_str));
        prop_assert_eq!(encrypted.len(), values.len());
        let kept: Vec<&str> = encrypted.iter().flatten().map(String::as_str).collect();
        let decrypted = treated(&fpe(form.clone(), true), kept.iter().copied());
        let plain = values.iter().zip(&encrypted).filter(|(_, encrypted)| encrypted.is_some()).map(|(value, _)| value);
        prop_assert!(decrypted.iter().map(|value| value.as_ref().unwrap()).eq(plain.clone()));
        for (plain, encrypted) in plain.zip(&kept) {
            prop_assert_eq!(plain.chars().count(), encrypted.chars().count());
            let kind = match form {
                Form::BankCard { keep_prefix } => {
                    prop_assert_eq!(&plain[..keep_prefix], &encrypted[..keep_prefix]);
                    Kind::BankCard
                }
                Form::Mobile { keep_prefix, keep_suffix } => {
                    prop_assert_eq!(&plain[..keep_prefix], &encrypted[..keep_prefix]);
                    prop_assert_eq!(&plain[11 - keep_suffix..], &encrypted[11 - keep_suffix..]);
                    Kind::Mobile
                }
                _ => continue,
            };
            prop_assert!(canonical(kind, encrypted).is_some_and(|form| form == *encrypted));
        }
        // A value alone becomes what it becomes among others.
        for (value, encrypted) in values.iter().zip(&encrypted).step_by(13) {
            prop_assert_eq!(&treated(&encrypt, [value.as_str()])[0], encrypted);
        }
    }
}
