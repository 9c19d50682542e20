//! What the name of a column says: Chinese, pinyin initials, clipped English.
//!
//! Names in registers are `sfzh`, `lxdh`, `identi_id`, `uni_ social_crd_ cd`: case, spaces and underscores vary. Many
//! initials have two readings (`xm` is 姓名 and 项目, `sr` 收入 and 生日); those are marked, and count only where the
//! content agrees.

use crate::kinds::{Kind, fold};

/// What a name suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hint {
    /// The kind.
    pub kind: Kind,
    /// The name has another reading besides, so the content must agree.
    pub ambiguous: bool,
}

/// Whole names, folded to lower case without spaces and underscores. The second list is of ambiguous ones.
const WHOLE: &[(Kind, &str, &str)] = &[
    (
        Kind::ResidentId,
        "sfzh sfzhm sfzhao gmsfhm gmsfzh gmsfzhm sfzjhm sfzjh idcard idcardno idcardnum identiid identityid identityno \
         identitycard residentid 身份证 身份证号 身份证号码 身份号码 公民身份号码 公民身份证号 公民身份证号码 居民身份证号 \
         居民身份证号码 身份证件号码",
        "zjhm zjh idno idnum certno cerno certid 证件号 证件号码 sfz",
    ),
    (
        Kind::PersonName,
        "姓名 xingming 真实姓名 户主 户主姓名 联系人姓名 法人姓名 曾用名 truename realname fullname personname xfrxm hzxm \
         lxrxm",
        "xm name nm lxr 联系人 法定代表人 法人代表 法人 负责人 经办人 fddbr fddbrxm frxm legalrepre legalrepresentative \
         username cym psnname",
    ),
    (
        Kind::Mobile,
        "sjhm sjh lxsj 手机 手机号 手机号码 移动电话 联系手机 mobile mobileno mobilephone cellphone mobilenumber",
        "lxdh lxfs dh dhhm tel telno telephone phone phoneno phonenumber phonenum 电话 电话号码 联系电话 联系方式 contact",
    ),
    (Kind::Landline, "固定电话 座机 座机号 gddh 办公电话 住宅电话", "bgdh zjdh fax 传真"),
    (
        Kind::BirthDate,
        "csrq 出生日期 出生年月 出生年月日 出生时间 生日 birth birthday birthdate dateofbirth birthdt",
        "csny dob",
    ),
    (
        Kind::Address,
        "hjdz jzdz czdz xjzdz jtzz jtdz lxdz txdz hkdz 地址 住址 户籍地址 家庭住址 家庭地址 现住址 现居住地址 联系地址 居住地址 \
         通讯地址 户口所在地 详细地址 常住地址 addr address homeaddr homeaddress",
        "dz zz xzz hkszd hjszd 户籍所在地 zcdz 注册地址",
    ),
    (Kind::Sex, "性别 xb sex gender xbdm 性别代码", ""),
    (Kind::Ethnicity, "民族 mzdm ethnic ethnicity 民族代码", "mz nation"),
    (
        Kind::Region,
        "xzqh xzqhdm xzqhbm xzqdm qhdm 行政区划 行政区划代码 行政区划编码 区划代码 所属区县 adcode divisioncode regioncode",
        "ssqx ssxq qx xq area areacode region district city province 区县 地区 城市 省份 籍贯 jg sheng shi xian ssqy",
    ),
    (
        Kind::Uscc,
        "tyshxydm tyxydm shxydm uscc unisocialcrdcd unifiedsocialcreditcode socialcreditcode 统一社会信用代码 \
         社会信用代码",
        "xydm creditcode 信用代码",
    ),
    (Kind::OrganizationCode, "zzjgdm 组织机构代码 orgcode", ""),
    (
        Kind::Organization,
        "dwmc qymc jgmc gsmc 单位名称 企业名称 机构名称 公司名称 orgname companyname enterprisename corpname",
        "",
    ),
    (
        Kind::BankCard,
        "yhkh yhzh yhkhm 银行卡号 银行账号 银行卡 银行账户 开户账号 bankcard bankcardno bankaccount",
        "khzh kh cardno",
    ),
    (Kind::Email, "email mail dzyx dzyj 邮箱 电子邮箱 电子邮件 邮箱地址 emailaddr emailaddress", "yx"),
    (Kind::Ip, "ip ipdz ipaddr ipaddress ip地址", ""),
    (Kind::Mac, "mac macdz macaddr macaddress mac地址", ""),
    (Kind::Plate, "cphm hphm 车牌 车牌号 车牌号码 号牌号码 plate plateno licenseplate platenumber", "cph"),
    (Kind::Passport, "护照号 护照号码 passport passportno hzhm", ""),
    (Kind::HkMacaoPermit, "港澳通行证 港澳通行证号 港澳居民来往内地通行证", ""),
    (Kind::TaiwanPermit, "台胞证 台胞证号 台湾居民来往大陆通行证", ""),
    (Kind::OfficerId, "军官证 军官证号 jgzh", ""),
    (Kind::Age, "年龄 age", "nl"),
    (Kind::MaritalStatus, "婚姻状况 婚姻状态 hyzk maritalstatus marital", ""),
    (Kind::Education, "学历 文化程度 whcd education educationlevel", "xl edu degree"),
    (Kind::Occupation, "职业 occupation", ""),
    (Kind::Religion, "宗教信仰 zjxy religion", ""),
    (
        Kind::Medical,
        "jbzd jbmc bzmc zdjg zdmc jwbs 病种 病种名称 疾病 疾病名称 疾病诊断 诊断 诊断结果 诊断名称 病史 既往病史 病情 过敏史 血型 \
         残疾类别 残疾等级 disease diseasename diagnosis diag illness medicalhistory bloodtype disability",
        "jb bz zd cjlb cjdj",
    ),
    (
        Kind::Financial,
        "ysr nsr jtsr 月收入 年收入 家庭收入 个人收入 工资 薪资 salary income wage 存款余额 账户余额 zhye 征信 信用评分",
        "sr gz 收入",
    ),
    (Kind::Biometric, "指纹 人脸 人脸特征 虹膜 声纹 fingerprint faceid facefeature", ""),
    (
        Kind::Account,
        "账号 帐号 用户名 微信 微信号 微信openid qq qq号 wechat openid loginname userid useraccount",
        "zh yhm account",
    ),
    (Kind::Coordinate, "经度 纬度 经纬度 longitude latitude lon lng lat", "jd wd jwd"),
    (Kind::PostalCode, "邮编 邮政编码 yzbm zipcode postcode postalcode", "yb zip"),
    (Kind::Amount, "金额 jine amount", "je"),
    (Kind::Date, "日期 rq date", ""),
];

/// Ends of Chinese names that say what the whole holds, such as 申请人姓名; the second list is of ambiguous ones.
const ENDS: &[(Kind, &str, &str)] = &[
    (Kind::ResidentId, "身份证号 身份证号码 身份号码", "证件号码"),
    (Kind::PersonName, "姓名", ""),
    (Kind::Mobile, "手机号 手机号码", "手机 联系电话 电话号码"),
    (Kind::BirthDate, "出生日期", "出生年月"),
    (Kind::Address, "", "住址 地址"),
    (Kind::Uscc, "社会信用代码", ""),
    (Kind::BankCard, "银行卡号 银行账号", ""),
    (Kind::Plate, "车牌号 车牌号码", ""),
    (Kind::Email, "", "邮箱"),
];

/// Ends of pinyin initials: `sqrxm` (申请人姓名). Longer names are words of some other language.
const INITIALS: &[(Kind, &str)] = &[
    (Kind::ResidentId, "sfzh sfzhm zjhm"),
    (Kind::Mobile, "sjhm lxdh"),
    (Kind::BirthDate, "csrq"),
    (Kind::PersonName, "xm"),
    (Kind::Address, "dz"),
];

fn lists(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|other| other == word)
}

fn whole(word: &str) -> Option<Hint> {
    WHOLE.iter().find_map(|(kind, plain, ambiguous)| {
        let ambiguous = if lists(plain, word) { Some(false) } else { lists(ambiguous, word).then_some(true) };
        ambiguous.map(|ambiguous| Hint { kind: *kind, ambiguous })
    })
}

/// What the name of a column suggests.
pub(super) fn hint(name: &str) -> Option<Hint> {
    let folded = fold::text(name).to_lowercase();
    let is_space = |c: char| !c.is_alphanumeric();
    let joined: String = folded.chars().filter(|c| !is_space(*c)).collect();
    if let Some(hint) = whole(&joined) {
        return Some(hint);
    }
    // A note in brackets: 身份证号(必填).
    let head: String =
        folded.split(['(', '[', '【']).next().unwrap_or_default().chars().filter(|c| !is_space(*c)).collect();
    if let Some(hint) = whole(&head) {
        return Some(hint);
    }
    let ends = |ends: &str| ends.split_whitespace().any(|end| head.ends_with(end));
    if let Some((kind, plain, _)) = ENDS.iter().find(|(_, plain, ambiguous)| ends(plain) || ends(ambiguous)) {
        return Some(Hint { kind: *kind, ambiguous: !ends(plain) });
    }
    // The last words of a name in parts: user_phone, cust_identi_id.
    let parts: Vec<&str> = folded.split(is_space).filter(|part| !part.is_empty()).collect();
    let tail = |count: usize| parts.len().checked_sub(count).and_then(|from| parts.get(from..)).map(<[&str]>::concat);
    for count in [3, 2, 1] {
        if let Some(hint) = tail(count).filter(|_| parts.len() > count).and_then(|word| whole(&word)) {
            return Some(Hint { ambiguous: true, ..hint });
        }
    }
    let initials = joined.len() <= 9 && joined.bytes().all(|byte| byte.is_ascii_lowercase());
    let ends = |ends: &str| ends.split_whitespace().any(|end| joined.ends_with(end));
    let found = INITIALS.iter().find(|(_, words)| initials && ends(words));
    found.map(|(kind, _)| Hint { kind: *kind, ambiguous: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_registers_are_read() {
        let plain = [
            ("sfzh", Kind::ResidentId),
            ("IDENTI_ID", Kind::ResidentId),
            ("身份证号(必填)", Kind::ResidentId),
            ("uni_ social_crd_ cd", Kind::Uscc),
            ("csrq", Kind::BirthDate),
            ("ｘｂ", Kind::Sex),
            ("hjdz", Kind::Address),
            ("jbzd", Kind::Medical),
            ("监护人姓名", Kind::PersonName),
        ];
        for (name, kind) in plain {
            assert_eq!(hint(name), Some(Hint { kind, ambiguous: false }), "{name}");
        }
        let ambiguous = [
            ("xm", Kind::PersonName),
            ("legal_repre", Kind::PersonName),
            ("tel", Kind::Mobile),
            ("user_phone", Kind::Mobile),
            ("监护人联系电话", Kind::Mobile),
            ("sqrxm", Kind::PersonName),
        ];
        for (name, kind) in ambiguous {
            assert_eq!(hint(name), Some(Hint { kind, ambiguous: true }), "{name}");
        }
    }

    #[test]
    fn headings_of_statistics_say_nothing() {
        let headings = [
            "column_1",
            "年末总人口",
            "男性平均预期寿命",
            "0-14岁人口",
            "中国共产党机关固定资产投资本年资金来源",
            "01章活动物出口额",
            "城镇居民人均可支配收入",
            "邮电业务总量",
            "电话普及率",
            "",
            "居民服务业",
            "人口年龄结构",
        ];
        for heading in headings {
            assert_eq!(hint(heading), None, "{heading}");
        }
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for word in
            WHOLE.iter().flat_map(|(_, plain, ambiguous)| plain.split_whitespace().chain(ambiguous.split_whitespace()))
        {
            assert!(seen.insert(word), "{word}");
        }
    }
}
