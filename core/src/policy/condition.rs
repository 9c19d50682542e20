//! The language of `when`: a condition over facts, read into a tree.
//!
//! ```text
//! condition = term { "or" term } | term { "and" term }
//! term      = "not" term | "(" condition ")" | "any(" condition {"," condition} ")" | "all(" … ")" | "always" | test
//! test      = name | name ("=" | "!=") value | "interpretation." name ("=" | "!=") option
//! ```
//! A name may have dots: the conditions of properties look at the answer too, as `permitted.withheld`.
//! `a or b and c` is refused: which binds closer is a reader's guess, so the writer says it with parentheses.
//! This file knows no fact; names are resolved when the policy is compiled.

use super::error::PolicyError;
use crate::terms::Text;

/// The deepest nesting of a condition.
const MAX_DEPTH: usize = 32;
/// The longest condition, in bytes.
const MAX_LENGTH: usize = 4096;

/// A condition as written. Offsets are bytes within the condition's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Always,
    /// A bool fact, a definition or a word of the answer.
    Name {
        name: String,
        at: usize,
    },
    /// A fact compared with a value.
    Is {
        name: String,
        value: String,
        negated: bool,
        at: usize,
    },
    /// An interpretation compared with an option.
    Reads {
        name: String,
        option: String,
        negated: bool,
        at: usize,
    },
    Not(Box<Condition>),
    Any(Vec<Condition>),
    All(Vec<Condition>),
}

/// Why a condition can't be read: what is wrong, what to write instead, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misread {
    what: Text,
    instead: Text,
    pub(super) at: usize,
}

impl Misread {
    pub(super) fn into_error(self, line: usize, column: usize) -> PolicyError {
        PolicyError::Condition { what: self.what, instead: self.instead, line, column }
    }
}

fn divide() -> Text {
    Text::new("请用定义将其拆分", "divide it with definitions")
}

/// Reads a condition.
pub(super) fn parse(text: &str) -> Result<Condition, Misread> {
    if text.len() > MAX_LENGTH {
        return Err(Misread {
            what: Text::new(format!("长度超过 {MAX_LENGTH} 字节"), format!("it is longer than {MAX_LENGTH} bytes")),
            instead: divide(),
            at: 0,
        });
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, end: text.len() };
    let condition = parser.condition(MAX_DEPTH)?;
    match parser.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.expected(
            Text::new("条件的结尾", "the end of the condition"),
            Text::new("请用 `and` 或 `or` 连接条件", "join conditions by `and` or `or`"),
        )),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Open,
    Close,
    Comma,
    Equal,
    Differs,
}

impl Token {
    fn shown(&self) -> &str {
        match self {
            Token::Word(word) => word,
            Token::Open => "(",
            Token::Close => ")",
            Token::Comma => ",",
            Token::Equal => "=",
            Token::Differs => "!=",
        }
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Misread> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let token = match c {
            c if c.is_ascii_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '=' => Token::Equal,
            '!' if chars.next_if(|(_, next)| *next == '=').is_some() => Token::Differs,
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some((_, next)) = chars.next_if(|(_, next)| is_word(*next) || *next == '.') {
                    word.push(next);
                }
                Token::Word(word)
            }
            _ => {
                // A control character is written out.
                let c = c.escape_debug();
                return Err(Misread {
                    what: Text::new(
                        format!("字符“{c}”在此处没有意义"),
                        format!("the character “{c}” has no meaning here"),
                    ),
                    instead: Text::new(
                        "请写名称、=、!=、and、or、not、any(…)、all(…) 或括号",
                        "write names, =, !=, and, or, not, any(…), all(…), parentheses",
                    ),
                    at,
                });
            }
        };
        out.push((at, token));
    }
    Ok(out)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word == wanted);
        self.next += usize::from(found);
        found
    }

    fn expected(&self, wanted: Text, instead: Text) -> Misread {
        let found =
            self.peek().map_or(Text::new("结尾", "the end"), |token| Text::name(format!("`{}`", token.shown())));
        let what = Text::new(format!("应为{wanted:#},实为{found:#}"), format!("expected {wanted}, found {found}"));
        Misread { what, instead, at: self.place() }
    }

    fn condition(&mut self, depth: usize) -> Result<Condition, Misread> {
        let first = self.term(depth)?;
        let (joiner, other) = match self.peek() {
            Some(Token::Word(word)) if word == "or" => ("or", "and"),
            Some(Token::Word(word)) if word == "and" => ("and", "or"),
            _ => return Ok(first),
        };
        let mut parts = vec![first];
        while self.take_word(joiner) {
            parts.push(self.term(depth)?);
        }
        if matches!(self.peek(), Some(Token::Word(word)) if word == other) {
            return Err(Misread {
                what: Text::new("`and` 与 `or` 并列", "`and` and `or` stand side by side"),
                instead: Text::new("请为其中之一加上括号", "write parentheses around one of them"),
                at: self.place(),
            });
        }
        Ok(if joiner == "or" { Condition::Any(parts) } else { Condition::All(parts) })
    }

    fn term(&mut self, depth: usize) -> Result<Condition, Misread> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Misread {
                what: Text::new(format!("嵌套超过 {MAX_DEPTH} 层"), format!("it is nested deeper than {MAX_DEPTH}")),
                instead: divide(),
                at: self.place(),
            });
        };
        let at = self.place();
        if self.take(&Token::Open) {
            let inner = self.condition(depth)?;
            return self.close(inner);
        }
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(self.expected(
                Text::new("名称", "a name"),
                Text::new(
                    "请写事实、定义、`not`、`any(…)`、`all(…)` 或 `(`",
                    "write a fact, a definition, `not`, `any(…)`, `all(…)` or `(`",
                ),
            ));
        };
        self.next += 1;
        match word.as_str() {
            "not" => Ok(Condition::Not(Box::new(self.term(depth)?))),
            "always" => Ok(Condition::Always),
            "any" => self.list(depth).map(Condition::Any),
            "all" => self.list(depth).map(Condition::All),
            "and" | "or" => {
                self.next -= 1;
                Err(self.expected(
                    Text::new("名称", "a name"),
                    Text::new("`and` 和 `or` 的两侧都请写条件", "write a condition on both sides of `and` and `or`"),
                ))
            }
            _ => self.test(word, at),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Condition>, Misread> {
        if !self.take(&Token::Open) {
            return Err(self.expected(
                Text::name("`(`"),
                Text::new("请写 any(a, b) 或 all(a, b)", "write any(a, b) or all(a, b)"),
            ));
        }
        let mut parts = vec![self.condition(depth)?];
        while self.take(&Token::Comma) {
            parts.push(self.condition(depth)?);
        }
        self.close(parts)
    }

    fn close<T>(&mut self, inner: T) -> Result<T, Misread> {
        if self.take(&Token::Close) {
            Ok(inner)
        } else {
            Err(self.expected(Text::name("`)`"), Text::new("请闭合括号", "close the parenthesis")))
        }
    }

    fn test(&mut self, name: String, at: usize) -> Result<Condition, Misread> {
        let negated = match self.peek() {
            Some(Token::Equal) => false,
            Some(Token::Differs) => true,
            _ if name.starts_with("interpretation.") => {
                return Err(self.expected(
                    Text::new("`=` 或 `!=`", "`=` or `!=`"),
                    Text::new(
                        "请比较解释开关:interpretation.NAME = OPTION",
                        "compare an interpretation: interpretation.NAME = OPTION",
                    ),
                ));
            }
            _ => return Ok(Condition::Name { name, at }),
        };
        self.next += 1;
        let Some(Token::Word(value)) = self.peek().cloned() else {
            return Err(self.expected(
                Text::new("取值", "a value"),
                Text::new("请在 = 或 != 之后写该事实的一个取值", "write one of the fact's values after = or !="),
            ));
        };
        self.next += 1;
        match name.strip_prefix("interpretation.") {
            Some(name) => Ok(Condition::Reads { name: name.to_owned(), option: value, negated, at }),
            None => Ok(Condition::Is { name, value, negated, at }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(name: &str, at: usize) -> Condition {
        Condition::Name { name: name.to_owned(), at }
    }

    #[test]
    fn conditions_read_as_they_are_written() {
        assert_eq!(
            parse("a and not (b or c = x)").unwrap(),
            Condition::All(vec![
                name("a", 0),
                Condition::Not(Box::new(Condition::Any(vec![
                    name("b", 11),
                    Condition::Is { name: "c".into(), value: "x".into(), negated: false, at: 16 },
                ]))),
            ])
        );
        assert_eq!(parse("any(a, all(b))").unwrap(), {
            Condition::Any(vec![name("a", 4), Condition::All(vec![name("b", 11)])])
        });
        assert_eq!(parse("permitted.withheld and a").unwrap(), {
            Condition::All(vec![name("permitted.withheld", 0), name("a", 23)])
        });
        assert_eq!(
            parse("interpretation.p != q").unwrap(),
            Condition::Reads { name: "p".into(), option: "q".into(), negated: true, at: 0 }
        );
    }

    #[test]
    fn what_can_not_be_read_is_placed() {
        for (text, at) in [
            ("", 0),
            ("a b", 2),
            ("a or b and c", 7),
            ("a and", 5),
            ("or a", 0),
            ("(a", 2),
            ("a)", 1),
            ("any a", 4),
            ("any()", 4),
            ("a = ", 4),
            ("a ! b", 2),
            ("a & b", 2),
            ("事实", 0),
            ("interpretation.p", 16),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        assert!(parse(&deep(31)).is_ok());
        assert!(parse(&deep(32)).is_err());
        assert!(parse(&deep(2000)).is_err());
        assert!(parse(&"not ".repeat(1000)).is_err());
        assert!(parse(&"a or ".repeat(1000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-c=!(), .anyotlrd]{0,64}|.{0,32}") {
            let _ = parse(&text);
        }
    }
}
