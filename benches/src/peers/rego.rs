//! Rego by regorus: compiled to its virtual machine, and by its interpreter.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};

use crate::Fact;
use crate::classification::{C, U, W};

/// The set of the permitted classes.
pub const PERMITTED: &str = "data.xian.permitted";
/// The set of the denials' codes.
pub const DENIALS: &str = "data.xian.denials";

fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.add_policy("xian.rego".to_owned(), include_str!("../../peers/xian.rego").to_owned()).unwrap();
    engine
}

/// One rule, compiled for the virtual machine.
pub struct Machine(RegoVM);

impl Machine {
    /// Compiles one rule.
    #[must_use]
    pub fn new(rule: &str) -> Self {
        let policy = engine().compile_with_entrypoint(&Rc::from(rule)).unwrap();
        let mut machine = RegoVM::new();
        machine.load_program(Compiler::compile_from_policy(&policy, &[rule]).unwrap());
        Machine(machine)
    }

    /// The rule's value.
    pub fn ask(&mut self, input: &Value) -> Value {
        self.0.set_input(input.clone());
        self.0.execute().unwrap()
    }
}

/// One rule in the interpreter.
pub struct Interpreter {
    engine: Engine,
    rule: String,
}

impl Interpreter {
    /// Parses the policy.
    #[must_use]
    pub fn new(rule: &str) -> Self {
        Interpreter { engine: engine(), rule: rule.to_owned() }
    }

    /// The rule's value.
    pub fn ask(&mut self, input: &Value) -> Value {
        self.engine.set_input(input.clone());
        self.engine.eval_rule(self.rule.clone()).unwrap()
    }
}

/// The names of some facts as values, made once: an input then only counts references to them.
pub struct Names(Vec<Value>);

impl Names {
    /// The names, in an order that every input keeps.
    pub fn new(facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Self {
        Names(facts.into_iter().map(|(name, _)| Value::from(name)).collect())
    }

    /// One input.
    pub fn input(&self, facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Value {
        let values = facts.into_iter().map(|(_, fact)| match fact {
            Fact::Bool(value) => Value::from(value),
            Fact::Word(word) => Value::from(word),
        });
        Value::from(self.0.iter().cloned().zip(values).collect::<BTreeMap<_, _>>())
    }
}

/// The permitted classes in a value of [`PERMITTED`].
#[must_use]
pub fn classes(permitted: &Value) -> u8 {
    permitted.as_set().unwrap().iter().fold(0, |bits, class| {
        bits | match class.as_string().unwrap().as_ref() {
            "unconditional" => U,
            "conditional" => C,
            "withheld" => W,
            other => unreachable!("the policy has no class {other}"),
        }
    })
}

/// The codes in a value of [`DENIALS`].
pub fn denials(denials: &Value) -> impl Iterator<Item = &str> {
    denials.as_set().unwrap().iter().map(|code| code.as_string().unwrap().as_ref())
}
