//! Spans of free text that name a person or say where one is, by their kind.
//!
//! | found | how |
//! |---|---|
//! | numbers of documents, cards, phones, networks; e-mail addresses | what lies between characters that can't belong to one, in as many pieces as spaces cut it into, valid for its kind |
//! | a resident id with a wrong check digit or division | its shape and a real date |
//! | eleven digits and more that are of no kind | as an account |
//! | plates, officers' numbers | from the character of the province or service |
//! | names | behind a word that announces one (`联系人：`), or before a form of address (`先生`) |
//! | addresses | a known division, and streets and numbers behind it |
//!
//! Chinese text has no word boundaries, so a number may stand against a character. A name that nothing announces is not
//! found, nor an address that begins below the district, nor digits written as Chinese numerals: what must hold nobody at
//! all is redacted as a whole.

use crate::kinds::{Kind, address, canonical, fold, grade, person_name};

/// A part of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The spans of a text, from left to right; none overlaps another.
///
/// ```
/// use kaifang::detect::find;
/// use kaifang::kinds::Kind;
/// let text = "请回电13900001111,邮箱li1@qq.com";
/// let found: Vec<_> = find(text).iter().map(|span| (span.kind, &text[span.start..span.end])).collect();
/// assert_eq!(found, [(Kind::Mobile, "13900001111"), (Kind::Email, "li1@qq.com")]);
/// ```
#[must_use]
pub fn find(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (start, end) in runs(text) {
        pieces(text, start, end, &mut spans);
    }
    plates(text, &mut spans);
    officers(text, &mut spans);
    names(text, &mut spans);
    addresses(text, &mut spans);
    apart(spans)
}

/// Spans from left to right. Of two that overlap the one that begins first stays, of these the longer; what the other has
/// beyond it is a span too, of nothing that could be shown in part.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut end = 0;
    spans.retain_mut(|span| {
        if span.end <= end {
            return false;
        }
        if span.start < end {
            *span = Span { kind: Kind::Account, start: end, end: span.end };
        }
        end = span.end;
        true
    });
    spans
}

/// Kinds of numbers and addresses of networks, the stricter ones first.
const NUMBERED: [Kind; 11] = [
    Kind::Email,
    Kind::ResidentId,
    Kind::ForeignPermanentId,
    Kind::Uscc,
    Kind::BankCard,
    Kind::Mobile,
    Kind::Landline,
    Kind::Mac,
    Kind::Ip,
    Kind::Passport,
    Kind::HkMacaoPermit,
];

/// How many pieces between spaces, and how many bytes, one number may be written in.
const MOST_PIECES: usize = 19;
const MOST_BYTES: usize = 64;

/// The bytes of a piece that may hold a number as it is.
const LONG_PIECE: usize = 128;

/// What may stand between a number and its label, or between two numbers.
const LABELS: [char; 7] = [':', '(', ')', '_', '\u{ff1a}', '\u{ff08}', '\u{ff09}'];

/// How many of them one piece is searched for numbers between.
const MOST_LABELS: usize = 12;

/// A digit or letter of an identifier, or what may stand inside of one.
fn is_part(c: char) -> bool {
    match fold::character(c) {
        // What shows nothing hides inside of a number.
        None => true,
        Some(c) => c.is_ascii_alphanumeric() || "-.:@+_() ".contains(c),
    }
}

/// The runs of characters that a number may be made of.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        match (is_part(c), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                runs.push((begin, at));
                start = None;
            }
            _ => {}
        }
    }
    runs
}

/// The parts of a range between characters of some set.
fn split(text: &str, start: usize, end: usize, at: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut begin = start;
    for (place, c) in text.get(start..end).unwrap_or_default().char_indices() {
        if fold::character(c).is_some_and(&at) {
            parts.push((begin, start + place));
            begin = start + place + c.len_utf8();
        }
    }
    parts.push((begin, end));
    parts.retain(|(begin, end)| begin < end);
    parts
}

fn pieces(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    // What is longer than any number and its labels is cut first, so that it takes no longer than its length says.
    let words = split(text, start, end, |c| c == ' ').into_iter();
    let pieces: Vec<_> = words
        .flat_map(|(start, end)| match end - start > LONG_PIECE {
            true => split(text, start, end, |c| matches!(c, ':' | '(' | ')')),
            false => vec![(start, end)],
        })
        .collect();
    let mut first = 0;
    while let Some((begin, stop)) = pieces.get(first).copied() {
        let found = if stop - begin > LONG_PIECE { None } else { number(text, &pieces, first) };
        let Some((last, span)) = found else {
            tokens(text, begin, stop, spans);
            first += 1;
            continue;
        };
        spans.push(span);
        // What stands before it and behind it may be numbers too.
        if begin < span.start {
            self::pieces(text, begin, span.start, spans);
        }
        if let Some((_, stop)) = pieces.get(last)
            && span.end < *stop
        {
            self::pieces(text, span.end, *stop, spans);
        }
        first = last + 1;
    }
}

/// The first number that begins in a piece: at its beginning or behind a label, through as many pieces as it takes, up to the
/// end of the last or to a label in it.
fn number(text: &str, pieces: &[(usize, usize)], first: usize) -> Option<(usize, Span)> {
    let (begin, stop) = *pieces.get(first)?;
    for start in [begin].into_iter().chain(labels(text, begin, stop).map(|(_, behind)| behind)) {
        let longest = (first..pieces.len().min(first + MOST_PIECES)).rev();
        for last in longest {
            let (from, end) = *pieces.get(last)?;
            if end.saturating_sub(start) > MOST_BYTES && last > first {
                continue;
            }
            let before_labels: Vec<usize> = labels(text, from.max(start), end).map(|(at, _)| at).collect();
            for end in [end].into_iter().chain(before_labels.into_iter().rev()) {
                let span = trimmed(text, start, end).and_then(|(start, end)| kind_of(text, start, end));
                if let Some(span) = span {
                    return Some((last, span));
                }
            }
        }
    }
    None
}

/// The places of the labels in a range: where one begins, and what is behind it.
fn labels(text: &str, start: usize, end: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let part = text.get(start..end).unwrap_or_default();
    let found = part.char_indices().filter(|(_, c)| LABELS.contains(c));
    found.take(MOST_LABELS).map(move |(at, c)| (start + at, start + at + c.len_utf8()))
}

/// Without the punctuation at its ends.
fn trimmed(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let part = text.get(start..end)?;
    let outer = |c: char| fold::character(c).is_none_or(|c| "-.:_() ".contains(c));
    let begin = part.trim_start_matches(outer);
    let start = end - begin.len();
    let end = start + begin.trim_end_matches(outer).len();
    (start < end).then_some((start, end))
}

/// The whole range as one number, valid for its kind.
fn kind_of(text: &str, start: usize, end: usize) -> Option<Span> {
    let part = text.get(start..end)?;
    // The shortest of them is an address of a network.
    if part.len() < 7
        || !part.chars().any(|c| fold::character(c).is_some_and(|c| c.is_ascii_digit() || "@:".contains(c)))
    {
        return None;
    }
    NUMBERED.iter().find(|kind| canonical(**kind, part).is_some()).map(|kind| Span { kind: *kind, start, end })
}

/// A piece that is nothing as a whole: its tokens, and in these its digits.
fn tokens(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    // 139.0000.1111 is no spelling of any kind, and a number all the same.
    if let Some((start, end)) = trimmed(text, start, end) {
        let part = text.get(start..end).unwrap_or_default();
        let digits = part.chars().filter(|c| fold::character(*c).is_some_and(|c| c.is_ascii_digit())).count();
        if digits >= 11
            && part.contains(['.', '\u{ff0e}'])
            && part.chars().all(|c| fold::character(c).is_none_or(|c| c.is_ascii_digit() || c == '.'))
        {
            spans.push(Span { kind: Kind::Account, start, end });
            return;
        }
    }
    for (start, end) in split(text, start, end, |c| !c.is_ascii_alphanumeric() && c != '-') {
        let Some((start, end)) = trimmed(text, start, end) else { continue };
        if let Some(span) = kind_of(text, start, end) {
            spans.push(span);
            continue;
        }
        for (start, end) in split(text, start, end, |c| !c.is_ascii_digit() && !matches!(c, '-' | 'x' | 'X')) {
            digits(text, start, end, spans);
        }
    }
}

/// Digits against letters, or of no kind as they are.
fn digits(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    let Some((start, end)) = trimmed(text, start, end) else { return };
    let part = text.get(start..end).unwrap_or_default();
    let count = part.chars().filter(|c| fold::character(*c).is_some_and(|c| c.is_ascii_digit())).count();
    let shaped = || grade(Kind::ResidentId, part).is_some_and(|grade| grade.date == Some(true));
    if let Some(span) = kind_of(text, start, end) {
        spans.push(span);
    } else if count >= 14 && shaped() {
        spans.push(Span { kind: Kind::ResidentId, start, end });
    } else if count >= 11 {
        spans.push(Span { kind: Kind::Account, start, end });
    }
}

/// The first so many characters of a text.
fn head(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn plates(text: &str, spans: &mut Vec<Span>) {
    let starts = text.char_indices().filter(|(_, c)| person_name::is_han(*c));
    for (start, _) in starts {
        let rest = text.get(start..).unwrap_or_default();
        if !rest.chars().nth(1).and_then(fold::character).is_some_and(|c| c.is_ascii_alphabetic()) {
            continue;
        }
        // Seven characters, eight of new energy, and a dot or dash after the second.
        let plate = (7..=9).rev().map(|count| head(rest, count)).find(|part| canonical(Kind::Plate, part).is_some());
        spans.extend(plate.map(|part| Span { kind: Kind::Plate, start, end: start + part.len() }));
    }
}

fn officers(text: &str, spans: &mut Vec<Span>) {
    for (at, middle) in text.match_indices("字第") {
        let before = text.get(..at).unwrap_or_default();
        let Some((start, _)) = before.char_indices().next_back() else { continue };
        let rest = text.get(at + middle.len()..).unwrap_or_default();
        let number = rest.trim_start_matches(|c| fold::character(c).is_none_or(|c| c.is_ascii_digit()));
        let end = text.len() - number.len();
        let end = if number.starts_with('号') { end + '号'.len_utf8() } else { end };
        if text.get(start..end).is_some_and(|part| canonical(Kind::OfficerId, part).is_some()) {
            spans.push(Span { kind: Kind::OfficerId, start, end });
        }
    }
}

/// Words behind which a name stands.
const ANNOUNCING: [&str; 24] = [
    "姓名",
    "联系人",
    "申请人",
    "法定代表人",
    "负责人",
    "户主",
    "当事人",
    "被告人",
    "被告",
    "原告",
    "患者",
    "学生",
    "家长",
    "经办人",
    "收件人",
    "投诉人",
    "举报人",
    "报案人",
    "委托人",
    "代理人",
    "监护人",
    "业主",
    "居民",
    "市民",
];

/// Forms of address, before which a name stands.
const ADDRESSING: [&str; 8] = ["先生", "女士", "同志", "小姐", "老师", "医生", "阿姨", "师傅"];

/// Characters that follow a name and are hardly ever the last of one.
const AFTER_NAME: &str = "的在于与和同是为住称说到来已被将因等从向对就系电性男女出籍身手、";

fn names(text: &str, spans: &mut Vec<Span>) {
    for word in ANNOUNCING {
        for (at, _) in text.match_indices(word) {
            let from = at + word.len();
            let rest = text.get(from..).unwrap_or_default();
            let name =
                rest.trim_start_matches([':', '\u{ff1a}', ' ', '\u{3000}', '为', '是', '"', '“', '(', '\u{ff08}']);
            let start = text.len() - name.len();
            // A word that goes on is no name; behind a colon it is.
            if start == from && NO_NAMES.iter().any(|word| name.starts_with(word)) {
                continue;
            }
            spans.extend(name_from(name).map(|name| Span { kind: Kind::PersonName, start, end: start + name.len() }));
        }
    }
    for word in ADDRESSING {
        for (at, _) in text.match_indices(word) {
            let before = text.get(..at).unwrap_or_default();
            let starts = before.char_indices().rev().take(4).take_while(|(_, c)| person_name::is_han(*c));
            // The longest that is a name with a known surname; else the one character before, which is a surname.
            let mut best = None;
            for (count, (start, _)) in (1..).zip(starts) {
                let part = text.get(start..at).unwrap_or_default();
                let named = grade(Kind::PersonName, part).is_some() && count <= 3;
                if named || (count == 1 && person_name::is_surname(part)) {
                    best = Some(start);
                }
            }
            spans.extend(best.map(|start| Span { kind: Kind::PersonName, start, end: at }));
        }
    }
}

/// Words that begin with a surname and are no name.
const NO_NAMES: [&str; 14] =
    ["应当", "应该", "应于", "应在", "应按", "应提", "方可", "和", "向", "单位", "全体", "全部", "常住", "安置"];

/// The name that a text begins with: the longest that ends where Chinese ends, else one of three characters or two.
fn name_from(text: &str) -> Option<&str> {
    let named = |part: &&str| grade(Kind::PersonName, part).is_some();
    let chinese = |c: &char| person_name::is_han(*c) || *c == '·';
    let han = text.chars().take(LONGEST_NAME + 1).take_while(chinese).count();
    let whole = Some(head(text, han)).filter(|_| (2..=LONGEST_NAME).contains(&han));
    let before = text.chars().take(han).skip(2).position(|c| AFTER_NAME.contains(c));
    let short = before.map(|count| head(text, count + 2));
    let found = short.filter(named).or_else(|| whole.filter(named));
    found.or_else(|| [4, 3, 2].into_iter().filter(|count| *count <= han).map(|count| head(text, count)).find(named))
}

/// The most characters of a name.
const LONGEST_NAME: usize = 20;

/// Characters by which a part of an address ends.
const ADDRESS_PARTS: &str = "省市区县州旗盟路街巷镇乡村屯弄道庄寨坊园苑号栋幢楼室组座户队元层";

/// The most characters of an address behind its division.
const LONGEST_ADDRESS: usize = 60;

fn addresses(text: &str, spans: &mut Vec<Span>) {
    let mut past = 0;
    for (start, c) in text.char_indices() {
        if start < past || !person_name::is_han(c) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let Some(place) = address::locate(rest) else { continue };
        // The part behind the division, up to its last street, house or number.
        let mut end = None;
        for (number_of, (at, c)) in place.rest.char_indices().enumerate() {
            let shown = fold::character(c);
            let part = ADDRESS_PARTS.contains(c);
            let number = shown.is_some_and(|c| c.is_ascii_alphanumeric() || "-#()".contains(c));
            // Digits are never cut in two.
            if !(part || number || person_name::is_han(c)) || (number_of >= LONGEST_ADDRESS && !number) {
                break;
            }
            if part || number {
                end = Some(at + c.len_utf8());
            }
        }
        let Some(end) = end else { continue };
        let end = text.len() - place.rest.len() + end;
        spans.push(Span { kind: Kind::Address, start, end });
        past = end;
    }
}

#[cfg(test)]
mod tests {
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
        for part in ["居民", "13900001111:", "a_", "1 ", "陕西省西安市", "字第", "先生"] {
            let _ = find(&part.repeat(30_000));
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
        fn spans_lie_in_the_text_and_apart(text in ".{0,60}|[0-9xX -]{0,40}|[陕A-Z0-9张三先生字第号路区:, ]{0,40}") {
            let mut end = 0;
            for span in find(&text) {
                prop_assert!(span.start >= end && span.start < span.end);
                prop_assert!(text.get(span.start..span.end).is_some());
                end = span.end;
            }
        }
    }
}
