//! What is found in a text, and what is not.

use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<(Kind, &str)> {
    find(text).into_iter().map(|span| (span.kind, &text[span.start..span.end])).collect()
}

#[test]
fn numbers_are_found_against_chinese_text_and_in_their_spellings() {
    for (text, kind, part) in [
        ("ip 192.168.1.10:8080", Kind::Ip, "192.168.1.10"),
        ("MAC:00:1A:2B:3C:4D:5E", Kind::Mac, "00:1A:2B:3C:4D:5E"),
        ("ip:2001:db8::1", Kind::Ip, "2001:db8::1"),
        ("电话139.0000.1111", Kind::Account, "139.0000.1111"),
        ("email:zhang_san@qq.com", Kind::Email, "zhang_san@qq.com"),
        ("1 3 9 0 0 0 0 1 1 1 1", Kind::Mobile, "1 3 9 0 0 0 0 1 1 1 1"),
        ("请打到卡4111111111111111谢谢", Kind::BankCard, "4111111111111111"),
        ("地址192.168.1.10登录", Kind::Ip, "192.168.1.10"),
        ("电话13812345678请", Kind::Mobile, "13812345678"),
        ("tel:138 1234 5678.", Kind::Mobile, "138 1234 5678"),
        ("电话:029-88450000转", Kind::Landline, "029-88450000"),
        ("身份证11010519491231002X号", Kind::ResidentId, "11010519491231002X"),
        ("身份证11010519491231002x号", Kind::ResidentId, "11010519491231002x"),
        ("１１０１０５19491231 002X", Kind::ResidentId, "１１０１０５19491231 002X"),
        ("ID:110105194912310021", Kind::ResidentId, "110105194912310021"),
        ("id110105194912310021", Kind::ResidentId, "110105194912310021"),
        ("代码91350100M000100Y43。", Kind::Uscc, "91350100M000100Y43"),
        ("卡号 4111 1111 1111 1111", Kind::BankCard, "4111 1111 1111 1111"),
        ("mac 00-1A-2B-3C-4D-5E", Kind::Mac, "00-1A-2B-3C-4D-5E"),
        ("护照E12345678丢失", Kind::Passport, "E12345678"),
        ("单号20261129000012345678901", Kind::Account, "20261129000012345678901"),
        ("陕A12345违停", Kind::Plate, "陕A12345"),
        ("陕AD12345违停", Kind::Plate, "陕AD12345"),
        ("持军字第12345678号", Kind::OfficerId, "军字第12345678号"),
    ] {
        assert_eq!(found(text), [(kind, part)], "{text}");
    }
}

#[test]
fn names_are_found_where_something_announces_them() {
    for (text, name) in [
        ("联系人:张三,电话不详", "张三"),
        ("申请人欧阳娜娜于昨日", "欧阳娜娜"),
        ("患者 王小二 ", "王小二"),
        ("李先生来电", "李"),
        ("请王小二女士接听", "王小二"),
        ("姓名:向佐", "向佐"),
        ("患者:方可欣入院", "方可欣"),
        ("申请人欧阳娜娜提交材料", "欧阳娜娜"),
    ] {
        assert_eq!(found(text), [(Kind::PersonName, name)], "{text}");
    }
    for text in ["联系人", "联系人:", "申请人应当提交材料", "今天天气很好", "先生"] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn numbers_in_chinese_numerals_are_found() {
    for (text, kind, part) in [
        ("电话一三八〇〇一三八〇〇〇请回", Kind::Mobile, "一三八〇〇一三八〇〇〇"),
        ("壹叁捌零零壹叁捌零零零", Kind::Mobile, "壹叁捌零零壹叁捌零零零"),
        ("手机1三8〇〇一三8〇〇〇", Kind::Mobile, "1三8〇〇一三8〇〇〇"),
        ("一三八 〇〇一三-八〇〇〇,", Kind::Mobile, "一三八 〇〇一三-八〇〇〇"),
        ("打一三八〇〇一三八〇〇〇一次", Kind::Mobile, "一三八〇〇一三八〇〇〇"),
        ("第一一三八〇〇一三八〇〇〇", Kind::Mobile, "一三八〇〇一三八〇〇〇"),
        ("身份证一一〇一〇五一九四九一二三一〇〇二X号", Kind::ResidentId, "一一〇一〇五一九四九一二三一〇〇二X"),
        ("座机零二九八八四五〇〇〇〇", Kind::Account, "零二九八八四五〇〇〇〇"),
        ("卡四一一一一一一一一一一一一一一一", Kind::BankCard, "四一一一一一一一一一一一一一一一"),
        ("身份证一一〇一〇五一九四九一二三一〇〇二一", Kind::ResidentId, "一一〇一〇五一九四九一二三一〇〇二一"),
        ("单号九九九八八八七七七六六", Kind::Account, "九九九八八八七七七六六"),
    ] {
        assert_eq!(found(text), [(kind, part)], "{text}");
    }
    // The number beside a numeral is what it was.
    assert_eq!(found("电话二13900001111"), [(Kind::Mobile, "13900001111")]);
    for text in [
        "二〇二六年十一月二十九日星期三 2026-11-29 10:30",
        "一二三四五六七八九十",
        "一、二、三、四、五、六、七、八、九、十、十一",
        "第一章第二节第三条",
        "三七二十一,九九八十一",
        "周一至周五 8 30 12 00 14 00 18",
        "国道二一〇 310 108",
        "一一一一一一一一一一一一一",
        "○○○○○○○○○○○○",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn permits_of_residents_of_taiwan_are_found() {
    for (text, kind, part) in [
        ("台胞证05616820办理", Kind::TaiwanPermit, "05616820"),
        ("台胞证号:0561682001(D),已核", Kind::TaiwanPermit, "0561682001(D)"),
        ("持台湾居民来往大陆通行证（号码 05616820 01）", Kind::TaiwanPermit, "05616820 01"),
        ("台胞证0561682001D", Kind::TaiwanPermit, "0561682001D"),
        // A wrong one is nobody's, and is no way out.
        ("台胞证号056168201", Kind::TaiwanPermit, "056168201"),
        // Numbers like resident ids, of Taiwan, Hong Kong and Macao.
        ("居住证830000199001010012", Kind::ResidentId, "830000199001010012"),
        ("居住证810000199001010027", Kind::ResidentId, "810000199001010027"),
        ("居住证820000198505120032", Kind::ResidentId, "820000198505120032"),
    ] {
        assert_eq!(found(text), [(kind, part)], "{text}");
    }
    for text in ["台胞证", "台胞证2015年起", "台胞证办理需5个工作日", "台风20150808登陆", "编号05616820", "台湾2024年"]
    {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn names_in_latin_letters_are_found_behind_a_word_that_announces_them() {
    for (text, name) in [
        ("联系人: Zhang San,电话不详", "Zhang San"),
        ("联系人:Zhang San", "Zhang San"),
        ("申请人 Maria de la Cruz 提交", "Maria de la Cruz"),
        ("患者：ZHANG SAN", "ZHANG SAN"),
        ("Name: John Smith", "John Smith"),
        ("Full name:John Ronald R. Tolkien, born", "John Ronald R. Tolkien"),
        ("NAME: Smith, John\nPhone: none", "Smith, John"),
        ("Patient name: Jean-Luc O'Neill. Next", "Jean-Luc O'Neill"),
        ("the contact person: John Smith Phone: none", "John Smith"),
        ("Contact: Ｚｈａｎｇ Ｓａｎ", "Ｚｈａｎｇ Ｓａｎ"),
        ("Applicant: 张三", "张三"),
    ] {
        assert_eq!(found(text), [(Kind::PersonName, name)], "{text}");
    }
    for text in [
        "File name: Annual Report",
        "Establishment name: Acme Widgets",
        "filename: John Smith",
        "Name: Unknown Person",
        "Name: Not Applicable",
        "Name: tbd",
        "Name:",
        "患者 CT MRI 检查",
        "联系人: Tom",
        "John Smith came",
        "The Quick Brown Fox: a story",
        "申请人 iOS Android",
        "Note: All Rights Reserved",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn an_address_is_found_from_its_division_to_its_last_number() {
    let text = "住陕西省西安市雁塔区小寨东路1号3栋502室,请联系";
    assert_eq!(found(text), [(Kind::Address, "陕西省西安市雁塔区小寨东路1号3栋502室")]);
    assert_eq!(found("陕西省西安市的政策"), [], "a division alone is no address");
}

#[test]
fn numbers_against_one_another_are_all_found() {
    let numbers =
        ["13900001111", "029-88450000", "11010519491231002X", "li1@qq.com", "4111111111111111", "192.168.1.10"];
    for (first, second) in numbers.iter().flat_map(|first| numbers.iter().map(move |second| (first, second))) {
        for between in [":", "(", "_", " ", ",", ";", "/", "和", ")", ": "] {
            let text = format!("{first}{between}{second}");
            let left: String = {
                let mut left = text.clone();
                for span in find(&text).iter().rev() {
                    left.replace_range(span.start..span.end, "");
                }
                left
            };
            assert!(!left.chars().any(|c| c.is_ascii_digit() || c == '@'), "{text}: {left}");
        }
    }
}

#[test]
fn nothing_of_two_that_overlap_is_left() {
    for (text, hidden) in [
        ("当事人李强西安市雁塔区小寨东路1号", "小寨东路1号"),
        ("当事人李强陕A12345违停", "12345"),
        (&format!("陕西省西安市雁塔区{}路11010519491231002X", "某".repeat(53)), "1949"),
    ] {
        let spans = find(text);
        let at = text.find(hidden).unwrap();
        for place in at..at + hidden.len() {
            assert!(spans.iter().any(|span| (span.start..span.end).contains(&place)), "{text}: {spans:?}");
        }
    }
}

/// A long cell takes as long as its length says.
#[test]
fn a_long_text_is_no_trap() {
    for part in ["居民", "13900001111:", "a_", "1 ", "陕西省西安市", "字第", "先生", "台胞证", "一"] {
        let _ = find(&part.repeat(30_000));
    }
    for part in ["name:", "name: ", "name: A", ":  ", "contact : Zhang San "] {
        latin::latin_names(&part.repeat(30_000), &mut Vec::new());
    }
}

#[test]
fn ordinary_text_holds_nobody() {
    for text in ["", "2026年11月29日", "第3.14条", "共1234567元", "12:30 到 13:30", "a-b_c (d)", "GB/T 37964-2019"]
    {
        assert_eq!(found(text), [], "{text}");
    }
}

proptest! {
    #[test]
    fn spans_lie_in_the_text_and_apart(text in ".{0,60}|[0-9xX -]{0,40}|[陕A-Z0-9张三先生字第号路区:, ]{0,40}|[一二〇x0-9 -]{0,40}|(name|联系人)[: ]{0,2}[A-Za-z,.' ]{0,30}|台胞证[0-9A-D() ]{0,20}") {
        let mut end = 0;
        for span in find(&text) {
            prop_assert!(span.start >= end && span.start < span.end);
            prop_assert!(text.get(span.start..span.end).is_some());
            end = span.end;
        }
    }
}
