//! What stands in a cell of a sheet: words, dates, digests, and several values in one.
//!
//! Values of a list are joined with `|`, the parts of one value with `:` or `,`; a separator inside a value stands after
//! a backslash. A word is written in Chinese and read in Chinese, in English or as its id. This file must never repair
//! a cell that it can't read.

use jiff::civil::Date;

use super::{DataItem, Revision};
use crate::terms::{Digest, Text, Word};

/// The Chinese names of a vocabulary.
pub(super) fn names<W: Word>() -> Vec<&'static str> {
    W::ALL.iter().map(|word| word.zh()).collect()
}

pub(super) fn word<W: Word>(cell: &str) -> Result<W, Text> {
    let spelled = |word: &W| [word.zh(), word.en(), word.id()].iter().any(|name| name.eq_ignore_ascii_case(cell));
    W::ALL.iter().copied().find(spelled).ok_or_else(|| {
        let ids: Vec<&str> = W::ALL.iter().map(|word| word.id()).collect();
        Text::new(format!("应为以下之一:{}", names::<W>().join("、")), format!("one of {}", ids.join(", ")))
    })
}

/// A date as documents write it, or as spreadsheets do: 2026/1/5, 2026年1月5日.
pub(super) fn date(cell: &str) -> Result<Date, Text> {
    let mut parts = cell.trim_end_matches('日').split(['-', '/', '.', '年', '月']);
    let mut number = |most: usize| {
        let digits = parts.next().filter(|part| part.len() <= most && part.bytes().all(|c| c.is_ascii_digit()));
        digits.and_then(|digits| digits.parse::<i16>().ok())
    };
    let (year, month, day) = (number(4), number(2), number(2));
    let small = |number: i16| i8::try_from(number).ok();
    let date = year.filter(|year| *year >= 1000).zip(month.and_then(small)).zip(day.and_then(small));
    let date = date.and_then(|((year, month), day)| Date::new(year, month, day).ok());
    date.filter(|_| parts.next().is_none())
        .ok_or_else(|| Text::new("应为日期,如 2026-11-23", "a date such as 2026-11-23"))
}

pub(super) fn digest(cell: &str) -> Result<Digest, Text> {
    let expected =
        |_| Text::new("应为 sha256: 或 sm3: 及 64 位十六进制数字", "sha256: or sm3: and 64 hexadecimal digits");
    cell.parse().map_err(expected)
}

/// Data items: `name:meaning:type`, the last two optional.
pub(super) fn items(cell: &str) -> Result<Vec<DataItem>, Text> {
    let filled = |part: Option<String>| part.filter(|part| !part.is_empty());
    let item = |item: String| {
        let mut parts = split(&item, ':').into_iter();
        let (name, title, data_type) = (filled(parts.next()), filled(parts.next()), filled(parts.next()));
        let name = name.filter(|_| parts.next().is_none()).ok_or_else(|| {
            Text::new(
                "应为 名称:含义:类型,后两部分可省略,多个信息项以 | 分隔",
                "name:meaning:type, of which the last two may be left out; items are joined by |",
            )
        })?;
        Ok(DataItem { name, title, data_type })
    };
    split(cell, '|').into_iter().map(item).collect()
}

pub(super) fn items_cell(items: &[DataItem]) -> String {
    join(
        items.iter().map(|item| {
            let parts = [Some(&item.name), item.title.as_ref(), item.data_type.as_ref()];
            let used = parts.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            join(parts.iter().take(used).map(|part| part.map_or("", String::as_str)), ':')
        }),
        '|',
    )
}

/// What an entry rested on before: `day,openness,content,assessment`.
pub(super) fn history(cell: &str) -> Result<Vec<Revision>, Text> {
    let revision = |part: String| {
        let parts = split(&part, ',');
        let [day, openness, content, assessment] = parts.as_slice() else {
            return Err(Text::new("由软件填写,请勿改动", "it is filled in by the software; leave it as it was"));
        };
        let optional = |text: &String| (!text.is_empty()).then(|| digest(text)).transpose();
        Ok(Revision {
            date: (!day.is_empty()).then(|| date(day)).transpose()?,
            openness: word(openness)?,
            content: optional(content)?,
            assessment: optional(assessment)?,
        })
    };
    split(cell, '|').into_iter().map(revision).collect()
}

pub(super) fn history_cell(history: &[Revision]) -> String {
    join(
        history.iter().map(|past| {
            let text = |digest: Option<Digest>| digest.map(|digest| digest.to_string()).unwrap_or_default();
            let day = past.date.map(|date| date.to_string()).unwrap_or_default();
            join([day, past.openness.zh().to_owned(), text(past.content), text(past.assessment)], ',')
        }),
        '|',
    )
}

/// The values of a cell, without the backslashes. Spaces around a value mean nothing.
///
/// Where lists stand in lists, the outer separator is taken apart first and the inner backslashes stay.
pub(super) fn split(cell: &str, separator: char) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut escaped = false;
    for c in cell.chars() {
        let Some(value) = values.last_mut() else { break };
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            c if c == separator && !escaped => values.push(String::new()),
            c => {
                // A backslash before anything else is one of the value's, or of a list inside it.
                if escaped && c != separator && c != '\\' {
                    value.push('\\');
                }
                value.push(c);
            }
        }
        escaped = false;
    }
    if escaped && let Some(value) = values.last_mut() {
        value.push('\\');
    }
    values.into_iter().map(|value| value.trim().to_owned()).collect()
}

/// The inverse of [`split`].
pub(super) fn join<S: AsRef<str>>(values: impl IntoIterator<Item = S>, separator: char) -> String {
    let mut cell = String::new();
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            cell.push(separator);
        }
        for c in value.as_ref().chars() {
            if c == separator || c == '\\' {
                cell.push('\\');
            }
            cell.push(c);
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for cell in ["2026-01-05", "2026/1/5", "2026.1.5", "2026年1月5日", "2026年01月05"] {
            assert_eq!(date(cell).unwrap().to_string(), "2026-01-05", "{cell}");
        }
        for cell in
            ["", "2026", "26-1-5", "2026-13-1", "2026-02-30", "2026-1-5-6", "46023", "2026-1-", "2026-１-5", "+026-1-1"]
        {
            assert!(date(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn words_are_read_in_either_language_or_as_ids() {
        use crate::terms::Openness;
        for cell in ["有条件开放", "conditional", "Conditional"] {
            assert_eq!(word::<Openness>(cell), Ok(Openness::Conditional));
        }
        assert!(word::<Openness>("部分开放").unwrap_err().zh.contains("不予开放"));
    }

    #[test]
    fn items_have_up_to_three_parts() {
        let read = items("xm:姓名|csrq::date|bz").unwrap();
        let parts: Vec<_> =
            read.iter().map(|item| (item.name.as_str(), item.title.as_deref(), item.data_type.as_deref())).collect();
        assert_eq!(parts, [("xm", Some("姓名"), None), ("csrq", None, Some("date")), ("bz", None, None)]);
        assert_eq!(items_cell(&read), "xm:姓名|csrq::date|bz");
        for bad in ["a:b:c:d", "a||b", ":b"] {
            assert!(items(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_comes_apart_again(values in prop::collection::vec(r"[a|:,\\x ]{0,6}", 1..5)) {
            let values: Vec<String> = values.iter().map(|value| value.trim().to_owned()).collect();
            prop_assert_eq!(&split(&join(&values, '|'), '|'), &values);
            let inner = join(&values, ':');
            let outer = split(&join([inner.as_str(), "y"], '|'), '|');
            prop_assert_eq!(&split(&outer[0], ':'), &values);
        }

        #[test]
        fn no_cell_panics(cell in r"[a|:,\\0-9年月日/\-]{0,20}") {
            let _ = (items(&cell), history(&cell), date(&cell), digest(&cell));
        }
    }
}
