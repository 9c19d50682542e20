//! CEL: an expression for each class and for each denial, over a resolver that lends the facts by name.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cel::common::types::{CelBool, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value};

use crate::Fact;
use crate::classification::{C, U, W};

/// The compiled expressions of one part of the measures, by name.
pub struct Cel {
    environment: Arc<Env>,
    expressions: Vec<(&'static str, Program)>,
}

/// The facts of one request.
pub struct Facts {
    bools: Vec<(&'static str, CelBool)>,
    words: Vec<(&'static str, CelString<'static>)>,
}

impl Facts {
    /// The facts by name.
    pub fn new(facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Self {
        let (mut bools, mut words) = (Vec::with_capacity(20), Vec::with_capacity(8));
        for (name, fact) in facts {
            match fact {
                Fact::Bool(value) => bools.push((name, CelBool::from(value))),
                Fact::Word(word) => words.push((name, CelString::from(word))),
            }
        }
        Facts { bools, words }
    }
}

impl VariableResolver for Facts {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let bools = self.bools.iter().map(|(fact, value)| (*fact, value as &dyn Val));
        let words = self.words.iter().map(|(fact, word)| (*fact, word as &dyn Val));
        bools.chain(words).find(|(fact, _)| *fact == variable).map(|(_, value)| CowVal::Borrowed(value))
    }
}

impl Cel {
    /// `classification` or `access`.
    #[must_use]
    pub fn new(part: &str) -> Self {
        let environment = Env::stdlib();
        let named = include_str!("../../peers/xian.cel").split("\n//: ").skip(1);
        let expressions = named
            .filter_map(|text| {
                let (name, expression) = text.split_once('\n')?;
                let name = name.strip_prefix(part)?.strip_prefix('.')?;
                Some((name, environment.compile(expression).unwrap()))
            })
            .collect();
        Cel { environment: Arc::new(environment), expressions }
    }

    /// A request over facts.
    #[must_use]
    pub fn request<'f>(&self, facts: &'f Facts) -> Context<'f, 'f> {
        let mut context = Context::with_env(Arc::clone(&self.environment));
        context.set_variable_resolver(facts);
        context
    }

    /// The names of the expressions that hold.
    pub fn ask<'c>(&'c self, request: &'c Context<'_, '_>) -> impl Iterator<Item = &'static str> + 'c {
        let holds = |expression: &Program| match expression.execute(request).unwrap() {
            Value::Bool(holds) => holds,
            other => unreachable!("an expression of the policy gives {other:?}"),
        };
        self.expressions.iter().filter(move |(_, expression)| holds(expression)).map(|(name, _)| *name)
    }
}

/// The permitted classes among names.
pub fn classes<'n>(names: impl Iterator<Item = &'n str>) -> u8 {
    names.fold(0, |bits, class| {
        bits | match class {
            "unconditional" => U,
            "conditional" => C,
            "withheld" => W,
            other => unreachable!("the policy has no class {other}"),
        }
    })
}
