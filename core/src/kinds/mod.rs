//! What an identifier is: its spelling, its checksum, its regions, its canonical form. One file a kind.
//!
//! | asks | answers |
//! |---|---|
//! | [`canonical`] | the one spelling of a valid value, which tokens and joins are made from; `None` = not valid |
//! | [`grade`] | how a value looks: its shape fits, and what its checksum, region and date say |
//! | [`Kind::role`] | what the kind means for re-identification |
//!
//! This room looks at one value at a time. It must never decide about a column ([`crate::detect`] does), and never put
//! a value into an error or a log.
//!
//! ```
//! use kaifang::kinds::{Kind, canonical};
//! assert_eq!(canonical(Kind::ResidentId, "１１０１０５ 19491231 002x").as_deref(), Some("11010519491231002X"));
//! assert_eq!(canonical(Kind::ResidentId, "110105194912310021"), None);
//! assert_eq!(canonical(Kind::Mobile, "+86 139-0000-1111").as_deref(), Some("13900001111"));
//! ```

pub mod address;
pub mod age;
pub mod bank_card;
pub mod coordinate;
pub mod date;
pub mod education;
pub mod email;
pub mod ethnicity;
pub mod fold;
pub mod foreign_permanent_id;
pub mod ip;
pub mod landline;
pub mod mac;
pub mod marital_status;
pub mod mobile;
pub mod officer_id;
pub mod organization_code;
pub mod passport;
pub mod person_name;
pub mod plate;
pub mod postal_code;
pub mod region;
pub mod resident_id;
pub mod sex;
pub mod travel_permit;
pub mod uscc;

use std::borrow::Cow;

use crate::terms::words;

words! {
    /// What a column means for re-identification (GB/T 42460-2023, GB/T 37964-2019).
    pub enum Role {
        /// 直接标识符: points at one person by itself.
        Direct = "direct", "直接标识符", "direct identifier";
        /// 准标识符: points at one person together with others.
        Quasi = "quasi", "准标识符", "quasi-identifier";
        /// 敏感属性: what must not be learned about a person.
        Sensitive = "sensitive", "敏感属性", "sensitive attribute";
        /// Neither.
        None = "none", "其他", "none";
    }

    /// What a value is.
    ///
    /// The whole vocabulary stands here; [`Kind::is_implemented`] says which kinds have a grammar. The others have no
    /// canonical form, and are found by the name of a column alone.
    pub enum Kind {
        /// 居民身份证号, GB 11643
        ResidentId = "resident_id", "居民身份证号", "resident identity number";
        /// 统一社会信用代码, GB 32100
        Uscc = "uscc", "统一社会信用代码", "unified social credit code";
        /// 组织机构代码, GB 11714
        OrganizationCode = "organization_code", "组织机构代码", "organization code";
        /// 手机号
        Mobile = "mobile", "手机号码", "mobile number";
        /// 固定电话
        Landline = "landline", "固定电话", "landline number";
        /// 银行卡号
        BankCard = "bank_card", "银行卡号", "bank card number";
        /// 机动车号牌, GA 36
        Plate = "plate", "机动车号牌", "vehicle plate";
        /// 护照号
        Passport = "passport", "护照号", "passport number";
        /// 港澳居民来往内地通行证
        HkMacaoPermit = "hk_macao_permit", "港澳居民来往内地通行证", "Hong Kong and Macao permit";
        /// 台湾居民来往大陆通行证
        TaiwanPermit = "taiwan_permit", "台湾居民来往大陆通行证", "Taiwan permit";
        /// 外国人永久居留身份证
        ForeignPermanentId = "foreign_permanent_id", "外国人永久居留身份证", "foreign permanent resident id";
        /// 军官证
        OfficerId = "officer_id", "军官证号", "military officer id";
        /// 姓名
        PersonName = "person_name", "姓名", "person's name";
        /// 地址
        Address = "address", "地址", "address";
        /// 电子邮箱
        Email = "email", "电子邮箱", "e-mail address";
        /// IP 地址
        Ip = "ip", "IP 地址", "IP address";
        /// MAC 地址
        Mac = "mac", "MAC 地址", "MAC address";
        /// 经纬度
        Coordinate = "coordinate", "经纬度", "coordinate";
        /// 出生日期
        BirthDate = "birth_date", "出生日期", "birth date";
        /// 年龄
        Age = "age", "年龄", "age";
        /// 性别, GB/T 2261.1
        Sex = "sex", "性别", "sex";
        /// 民族, GB/T 3304
        Ethnicity = "ethnicity", "民族", "ethnicity";
        /// 宗教信仰
        Religion = "religion", "宗教信仰", "religion";
        /// 婚姻状况, GB/T 2261.2
        MaritalStatus = "marital_status", "婚姻状况", "marital status";
        /// 学历, GB/T 4658
        Education = "education", "学历", "education";
        /// 职业, GB/T 6565
        Occupation = "occupation", "职业", "occupation";
        /// 健康医疗
        Medical = "medical", "健康医疗信息", "medical information";
        /// 个人财产
        Financial = "financial", "个人财产信息", "financial information";
        /// 生物识别
        Biometric = "biometric", "生物识别信息", "biometric information";
        /// 账号
        Account = "account", "账号", "account";
        /// 行政区划, GB/T 2260
        Region = "region", "行政区划", "administrative division";
        /// 邮政编码
        PostalCode = "postal_code", "邮政编码", "postal code";
        /// 机构名称
        Organization = "organization", "机构名称", "organization name";
        /// 日期
        Date = "date", "日期", "date";
        /// 金额
        Amount = "amount", "金额", "amount";
    }
}

impl Kind {
    /// What the kind means for re-identification.
    ///
    /// Codes and names of organizations are not personal information, so their role is none.
    #[must_use]
    pub fn role(self) -> Role {
        use Kind::*;
        match self {
            ResidentId | Mobile | Landline | BankCard | Plate | Passport | HkMacaoPermit | TaiwanPermit
            | ForeignPermanentId | OfficerId | PersonName | Email | Ip | Mac | Biometric | Account => Role::Direct,
            Address | Coordinate | BirthDate | Age | Sex | Ethnicity | MaritalStatus | Education | Occupation
            | Region | PostalCode => Role::Quasi,
            Religion | Medical | Financial => Role::Sensitive,
            Uscc | OrganizationCode | Organization | Date | Amount => Role::None,
        }
    }

    /// Whether the kind has a grammar here, so that [`canonical`] and [`grade`] can answer.
    #[must_use]
    pub fn is_implemented(self) -> bool {
        use Kind::*;
        !matches!(self, Religion | Occupation | Medical | Financial | Biometric | Account | Organization | Amount)
    }
}

/// What a value that has the shape of a kind says beyond its shape. `None` = the kind has no such part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grade {
    /// The check digit is right.
    pub checksum: Option<bool>,
    /// The administrative division is known: for numbers that keep their first one, assigned now or once; for a column
    /// of divisions, in the current table.
    pub region: Option<bool>,
    /// The date inside exists and is plausible.
    pub date: Option<bool>,
}

/// The one spelling of a valid value: folded, validated for the kind. `None` = the value is not valid for the kind, or
/// the kind has no grammar.
///
/// Two values with one canonical form are the same thing written twice; a token is made from it.
#[must_use]
pub fn canonical(kind: Kind, value: &str) -> Option<Cow<'_, str>> {
    match kind {
        Kind::ResidentId => resident_id::canonical(value),
        Kind::Uscc => uscc::canonical(value),
        Kind::OrganizationCode => organization_code::canonical(value),
        Kind::Mobile => mobile::canonical(value),
        Kind::Landline => landline::canonical(value),
        Kind::BankCard => bank_card::canonical(value),
        Kind::Plate => plate::canonical(value),
        Kind::Passport => passport::canonical(value),
        Kind::HkMacaoPermit => travel_permit::canonical_hk_macao(value),
        Kind::TaiwanPermit => travel_permit::canonical_taiwan(value),
        Kind::ForeignPermanentId => foreign_permanent_id::canonical(value),
        Kind::OfficerId => officer_id::canonical(value),
        Kind::PersonName => person_name::canonical(value),
        Kind::Address => address::canonical(value),
        Kind::Email => email::canonical(value),
        Kind::Ip => ip::canonical(value),
        Kind::Mac => mac::canonical(value),
        Kind::Coordinate => coordinate::canonical(value),
        Kind::BirthDate => date::canonical_birth(value),
        Kind::Date => date::canonical(value),
        Kind::Age => age::canonical(value),
        Kind::Sex => sex::canonical(value).map(Cow::Borrowed),
        Kind::Ethnicity => ethnicity::canonical(value).map(Cow::Borrowed),
        Kind::MaritalStatus => marital_status::canonical(value).map(Cow::Borrowed),
        Kind::Education => education::canonical(value).map(Cow::Borrowed),
        Kind::Region => region::canonical(value),
        Kind::PostalCode => postal_code::canonical(value),
        _ => None,
    }
}

/// Whether the value is valid for the kind.
#[must_use]
pub fn is_valid(kind: Kind, value: &str) -> bool {
    canonical(kind, value).is_some()
}

/// How a value looks as a kind: `None` = it has not the shape. A wrong checksum, an unknown region or an impossible
/// date is graded, not refused.
#[must_use]
pub fn grade(kind: Kind, value: &str) -> Option<Grade> {
    match kind {
        Kind::ResidentId => resident_id::grade(value),
        Kind::Uscc => uscc::grade(value),
        Kind::OrganizationCode => organization_code::grade(value),
        Kind::BankCard => bank_card::grade(value),
        Kind::ForeignPermanentId => foreign_permanent_id::grade(value),
        Kind::PersonName => person_name::has_surname(value).then(Grade::default),
        Kind::Address => address::looks_like(value).then(Grade::default),
        Kind::Region => region::grade(value),
        _ => canonical(kind, value).map(|_| Grade::default()),
    }
}

/// Whether the text is itself an identifier of a person: what the name of a column never is, and the first row of a table
/// without a header is.
#[cfg(feature = "tables")]
pub(crate) fn identifies(text: &str) -> bool {
    use Kind::*;
    let kinds = [ResidentId, Mobile, Landline, BankCard, Email, Plate, Passport, HkMacaoPermit, OfficerId];
    kinds.into_iter().any(|kind| is_valid(kind, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Word;
    use proptest::prelude::*;

    #[test]
    fn kinds_without_a_grammar_have_no_canonical_form() {
        for kind in Kind::ALL.iter().filter(|kind| !kind.is_implemented()) {
            for value in ["1", "E12345678", "汉族", "13900001111", "2020-01-01"] {
                assert_eq!(canonical(*kind, value), None, "{kind}");
            }
        }
    }

    #[test]
    fn an_empty_or_blank_value_is_no_kind() {
        for kind in Kind::ALL {
            for value in ["", " ", "\u{3000}", "\u{200b}", "-", "null", "***********"] {
                assert_eq!(canonical(*kind, value), None, "{kind} {value:?}");
            }
        }
    }

    /// Text that resembles identifiers, with the characters that break byte slicing.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[0-9xX０-９Ｘ٠-٩Хх一二三〇 \u{200b}\u{2212}-]{0,24}",
            "[一-龥·市区县路号0-9a-z@.:+]{0,20}",
            "[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}[日 T]?[0-9:]{0,8}",
            "[A-ZＡa-z]{0,3}[0-9]{6,12}[0-9A-ZX()号岁 -]{0,3}",
            "[NSEW东西南北经纬(]{0,2}-?[0-9]{1,4}[.]?[0-9]{0,3}[°度NSEW]{0,2}[,; ]?[-+]?[0-9.]{0,6}[)E]?",
            "([0-9a-fA-F]{2}[:-]?){5,7}|[0-9a-fA-F.]{12,15}|[军文士二张]{1,2}字?第?[0-9]{3,9}号?",
        ]
    }

    proptest! {
        #[test]
        fn no_value_panics_and_canonical_forms_are_stable(value in hostile()) {
            for kind in Kind::ALL {
                let _ = grade(*kind, &value);
                if let Some(form) = canonical(*kind, &value) {
                    let again = canonical(*kind, &form).map(Cow::into_owned);
                    prop_assert_eq!(again.as_deref(), Some(&*form), "{}", kind);
                }
            }
        }
    }
}
