//! Chinese names: behind a word that announces one (`联系人：`), or before a form of address (`先生`).

use super::{Span, head, latin};
use crate::kinds::{Kind, grade, person_name};

/// Words behind which a name stands, by their first character: the text is looked through once for all of them.
fn announcing(first: char) -> &'static [&'static str] {
    match first {
        '姓' => &["姓名"],
        '联' => &["联系人"],
        '申' => &["申请人"],
        '法' => &["法定代表人"],
        '负' => &["负责人"],
        '户' => &["户主"],
        '当' => &["当事人"],
        '被' => &["被告人", "被告"],
        '原' => &["原告"],
        '患' => &["患者"],
        '学' => &["学生"],
        '家' => &["家长"],
        '经' => &["经办人"],
        '收' => &["收件人"],
        '投' => &["投诉人"],
        '举' => &["举报人"],
        '报' => &["报案人"],
        '委' => &["委托人"],
        '代' => &["代理人"],
        '监' => &["监护人"],
        '业' => &["业主"],
        '居' => &["居民"],
        '市' => &["市民"],
        _ => &[],
    }
}

/// Forms of address, before which a name stands, by their first character.
fn addressing(first: char) -> &'static [&'static str] {
    match first {
        '先' => &["先生"],
        '女' => &["女士"],
        '同' => &["同志"],
        '小' => &["小姐"],
        '老' => &["老师"],
        '医' => &["医生"],
        '阿' => &["阿姨"],
        '师' => &["师傅"],
        _ => &[],
    }
}

/// Characters that follow a name and are hardly ever the last of one.
const AFTER_NAME: &str = "的在于与和同是为住称说到来已被将因等从向对就系电性男女出籍身手、";

pub(super) fn names(text: &str, spans: &mut Vec<Span>) {
    for (at, c) in text.char_indices() {
        for word in announcing(c) {
            if text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
                spans.extend(behind(text, at + word.len()));
            }
        }
        for word in addressing(c) {
            if text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
                spans.extend(before(text, at));
            }
        }
    }
}

/// The name behind a word that announces one, Chinese or in Latin letters.
fn behind(text: &str, from: usize) -> Option<Span> {
    let rest = text.get(from..).unwrap_or_default();
    let name = rest.trim_start_matches([':', '\u{ff1a}', ' ', '\u{3000}', '为', '是', '"', '“', '(', '\u{ff08}']);
    let start = text.len() - name.len();
    let colon = text.get(from..start).is_some_and(|between| between.contains([':', '\u{ff1a}']));
    // A word that goes on is no name; behind a colon it is.
    if start == from && NO_NAMES.iter().any(|word| name.starts_with(word)) {
        return None;
    }
    let name = name_from(name).or_else(|| latin::name_from(name, colon))?;
    Some(Span { kind: Kind::PersonName, start, end: start + name.len() })
}

/// The name before a form of address: the longest that is a name with a known surname; else the one character before, which
/// is a surname.
fn before(text: &str, at: usize) -> Option<Span> {
    let before = text.get(..at).unwrap_or_default();
    let starts = before.char_indices().rev().take(4).take_while(|(_, c)| person_name::is_han(*c));
    let mut best = None;
    for (count, (start, _)) in (1..).zip(starts) {
        let part = text.get(start..at).unwrap_or_default();
        let named = grade(Kind::PersonName, part).is_some() && count <= 3;
        if named || (count == 1 && person_name::is_surname(part)) {
            best = Some(start);
        }
    }
    best.map(|start| Span { kind: Kind::PersonName, start, end: at })
}

/// Words that begin with a surname and are no name.
const NO_NAMES: [&str; 15] = [
    "应当", "应该", "应于", "应在", "应按", "应提", "方可", "和", "向", "单位", "全体", "全部", "常住", "安置", "来往",
];

/// The name that a text begins with: the longest that ends where Chinese ends, else one of three characters or two.
pub(super) fn name_from(text: &str) -> Option<&str> {
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
