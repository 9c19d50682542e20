//! One packed case after another, and 64 at once: a verdict is a word with a bit for each rule that holds.
//!
//! Nothing is allocated on this path, and nothing is guessed: a case with an unknown fact has no verdict here; ask
//! [`Policy::classify`](super::Policy::classify) and [`Policy::decide`](super::Policy::decide), which are exact over
//! unknowns. Reasons are read off a verdict when somebody wants them.

use std::sync::OnceLock;

use jiff::civil::Date;

use super::answer::DutyTerm;
use super::circuit::{Block, Circuit};
use super::diagram::{Diagrams, Root};
use super::error::PolicyError;
use super::facts::{FactError, Facts, Section, shown};
use super::model::{AccessRules, ClassificationRules, Space};
use super::packed::{Layout, PackedFacts, Slot};
use super::policy::Policy;
use super::steps::Steps;
use crate::terms::{Openness, Reason, Text, Word};

/// Both sections under one reading, each compiled when it is first asked for.
#[derive(Default)]
pub(super) struct Compiled {
    classification: OnceLock<Functions>,
    access: OnceLock<Functions>,
}

/// A section's functions, in the order of a verdict's bits.
pub(super) struct Functions {
    roots: Vec<Root>,
    steps: Option<Steps>,
    pub(super) circuit: Option<Circuit>,
}

impl Functions {
    fn new(space: &Space, readings: &[u8], roots: Vec<Root>) -> Functions {
        let (diagrams, layout) = (&space.diagrams, &space.layout);
        let steps = (roots.len() <= 64).then(|| Steps::new(diagrams, layout, readings, &roots)).flatten();
        let circuit = Circuit::new(diagrams, layout, readings, &roots);
        Functions { roots, steps, circuit }
    }

    #[inline]
    fn verdict(&self, space: &Space, readings: &[u8], case: PackedFacts) -> Option<u64> {
        if !case.complete() {
            return None;
        }
        match &self.steps {
            Some(steps) => steps.verdict(case.values()),
            None => walk(&space.diagrams, &space.layout, readings, &self.roots, case.values()),
        }
    }
}

/// The places of the bits that are set, the lowest first.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (place < 64).then_some(place as usize)
    })
}

/// Each function by its own diagram: for a policy whose tables would be too large.
fn walk(diagrams: &Diagrams, layout: &Layout, readings: &[u8], roots: &[Root], word: u64) -> Option<u64> {
    if layout.slots().iter().any(|slot| slot.code(word) >= slot.size) {
        return None;
    }
    let holds = |root: &Root| {
        diagrams.holds(*root, |fact| match layout.slots().get(fact) {
            Some(slot) => slot.code(word) as usize,
            None => readings.get(fact - layout.slots().len()).copied().map_or(0, usize::from),
        })
    };
    Some(roots.iter().enumerate().fold(0, |bits, (place, root)| bits | u64::from(holds(root)) << place))
}

impl ClassificationRules {
    /// Out of scope; permitted and recommended withheld, conditional, unconditional; the steps required; for each ground
    /// whether it is live, then each of its reliefs.
    fn functions(&self) -> Vec<Root> {
        let classes = self.permitted.iter().chain(&self.recommended).map(|(_, root)| *root);
        let grounds = self
            .grounds
            .iter()
            .flat_map(|ground| std::iter::once(ground.live).chain(ground.reliefs.iter().map(|relief| relief.root)));
        let requires = self.requires.iter().map(|rule| rule.root);
        std::iter::once(self.out_of_scope.root).chain(classes).chain(requires).chain(grounds).collect()
    }
}

impl AccessRules {
    /// The denials in headline order, then the duties.
    fn functions(&self) -> Vec<Root> {
        let denials = self.denials.iter().map(|rule| rule.root);
        denials.chain(self.duties.iter().map(|(root, _)| *root)).collect()
    }
}

const OUT_OF_SCOPE: u32 = 0;
const PERMITTED: u32 = 1;
const RECOMMENDED: u32 = 4;
const REQUIRES: u32 = 7;

/// A class's place in a verdict: the strictest first.
const fn class_place(class: Openness) -> u32 {
    match class {
        Openness::Withheld => 0,
        Openness::Conditional => 1,
        Openness::Unconditional => 2,
    }
}

/// A classification in a word. What its rules say is read by [`Classifier::reasons`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassVerdict(u64);

impl ClassVerdict {
    /// Outside the Measures (A2): no class is permitted.
    #[must_use]
    pub const fn out_of_scope(self) -> bool {
        self.0 >> OUT_OF_SCOPE & 1 == 1
    }

    /// Whether the body may choose this class.
    #[must_use]
    pub const fn permits(self, class: Openness) -> bool {
        self.0 >> (PERMITTED + class_place(class)) & 1 == 1
    }

    /// The strictest permitted class; none when out of scope.
    #[must_use]
    pub fn default(self) -> Option<Openness> {
        Openness::ALL.iter().rev().copied().find(|class| self.permits(*class))
    }

    /// What the policy recommends within the permitted set; none when out of scope.
    #[must_use]
    pub fn recommended(self) -> Option<Openness> {
        Openness::ALL.iter().rev().copied().find(|class| self.0 >> (RECOMMENDED + class_place(*class)) & 1 == 1)
    }

    /// One bit for each rule, as the classifier orders them: equal words are equal answers.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Classification of packed facts, on a date on which the policy is in force.
///
/// ```
/// use kaifang::policy::{Facts, Policy};
/// use kaifang::terms::Openness;
///
/// let policy = Policy::builtin("xian-2022-013")?;
/// let classifier = policy.classifier("2024-06-03".parse()?)?;
/// let no = r#"{"personal_privacy": false, "harm_ruled_out": false, "data_grade": "general", "desensitization": "none"}"#;
/// let mut case = classifier.pack(&Facts::from_json(no)?)?;
/// assert!(classifier.verdict(case).is_none(), "most facts are unknown");
/// for fact in policy.facts(kaifang::policy::Section::Classification) {
///     let slot = classifier.slot(&fact.id).ok_or("a declared fact has its place")?;
///     if case.unknown() & slot.mask() != 0 {
///         case = case.with(slot, 0);
///     }
/// }
/// let verdict = classifier.verdict(case).ok_or("every fact is known")?;
/// assert_eq!(verdict.default(), Some(Openness::Unconditional));
/// let privacy = classifier.slot("personal_privacy").ok_or("declared")?;
/// let verdict = classifier.verdict(case.with(privacy, 1)).ok_or("every fact is known")?;
/// assert_eq!(verdict.default(), Some(Openness::Withheld));
/// assert_eq!(classifier.reasons(verdict).map(|reason| reason.cite.as_str()).collect::<Vec<_>>(), ["A18.2"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Classifier<'a> {
    rules: &'a ClassificationRules,
    readings: &'a [u8],
    functions: &'a Functions,
    /// What each ground and relief says, in the order of a verdict's bits.
    said: Vec<&'a Reason>,
    notices: Vec<Reason>,
}

/// Access decisions on packed facts, on a date on which the policy is in force.
pub struct Decider<'a> {
    rules: &'a AccessRules,
    readings: &'a [u8],
    functions: &'a Functions,
    notices: Vec<Reason>,
}

/// An access decision in a word. What its rules say is read by [`Decider::denials`] and [`Decider::duties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessVerdict {
    denials: u64,
    duties: u64,
}

macro_rules! shown_by_name {
    ($($name:ident),*) => { $(
        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )* };
}
shown_by_name!(Classifier, Decider, Lanes);

impl AccessVerdict {
    /// Of a word that holds so many denials, and the duties above them.
    const fn of(bits: u64, denials: u32) -> Self {
        let holding = bits & super::packed::low_bits(denials);
        let duties = if holding == 0 && denials < u64::BITS { bits >> denials } else { 0 };
        AccessVerdict { denials: holding, duties }
    }

    /// Whether the access is permitted: nothing denies it.
    #[must_use]
    pub const fn permit(self) -> bool {
        self.denials == 0
    }

    /// One bit for each denial that holds, in headline order.
    #[must_use]
    pub const fn denials(self) -> u64 {
        self.denials
    }
}

impl Policy {
    fn functions(&self, section: Section) -> &Functions {
        match section {
            Section::Classification => self.compiled.classification.get_or_init(|| {
                let rules = &self.model.classification;
                Functions::new(&rules.space, &self.readings, rules.functions())
            }),
            Section::Access => self.compiled.access.get_or_init(|| {
                let rules = &self.model.access;
                Functions::new(&rules.space, &self.readings, rules.functions())
            }),
        }
    }

    /// For many single cases: facts packed in a word, the answer in a word, nothing allocated.
    ///
    /// # Errors
    /// [`PolicyError::NotInForce`]; [`PolicyError::Limit`] for a policy whose rules need more than 64 bits.
    pub fn classifier(&self, at: Date) -> Result<Classifier<'_>, PolicyError> {
        self.model.check_date(at)?;
        let functions = in_a_word(self.functions(Section::Classification))?;
        let notices = self.model.notices(at);
        let rules = &self.model.classification;
        let said = rules.grounds.iter().flat_map(|ground| {
            std::iter::once(&ground.reason).chain(ground.reliefs.iter().map(|relief| &relief.reason))
        });
        let said = said.collect();
        Ok(Classifier { rules, readings: &self.readings, functions, said, notices })
    }

    /// For many single access decisions, as [`Policy::classifier`].
    ///
    /// # Errors
    /// As [`Policy::classifier`].
    pub fn decider(&self, at: Date) -> Result<Decider<'_>, PolicyError> {
        self.model.check_date(at)?;
        let functions = in_a_word(self.functions(Section::Access))?;
        let notices = self.model.notices(at);
        Ok(Decider { rules: &self.model.access, readings: &self.readings, functions, notices })
    }
}

impl Policy {
    /// The access verdict on a complete case, whatever the date; none while a fact is unknown, and for a policy whose
    /// rules need more than a word.
    #[inline]
    pub(crate) fn access_verdict(&self, case: PackedFacts) -> Option<AccessVerdict> {
        let functions = in_a_word(self.functions(Section::Access)).ok()?;
        let rules = &self.model.access;
        let bits = functions.verdict(&rules.space, &self.readings, case)?;
        Some(AccessVerdict::of(bits, rules.denials.len() as u32))
    }
}

fn in_a_word(functions: &Functions) -> Result<&Functions, PolicyError> {
    if functions.roots.len() > 64 {
        return Err(PolicyError::Limit {
            what: Text::new("单个裁决的规则数", "rules in one verdict"), limit: 64
        });
    }
    Ok(functions)
}

impl Space {
    fn slot(&self, fact: &str) -> Option<Slot> {
        self.layout.slots().get(*self.index.get(fact)?).copied()
    }

    fn pack(&self, facts: &Facts, section: Section) -> Result<PackedFacts, FactError> {
        let mut case = self.layout.nothing_known();
        for (name, value) in facts.iter() {
            let place = self.index.get(name).copied();
            let found = place.and_then(|place| Some((*self.layout.slots().get(place)?, self.facts.get(place)?)));
            let Some((slot, fact)) = found else {
                return Err(FactError::UnknownFact { fact: shown(name), section: section.id() });
            };
            case = Layout::put(case, slot, fact, value)?;
        }
        Ok(case)
    }
}

impl<'a> Classifier<'a> {
    /// Where a fact lies in a packed word.
    #[must_use]
    pub fn slot(&self, fact: &str) -> Option<Slot> {
        self.rules.space.slot(fact)
    }

    /// The case of which nothing is known.
    #[must_use]
    pub fn nothing_known(&self) -> PackedFacts {
        self.rules.space.layout.nothing_known()
    }

    /// Packs facts; what they don't name is unknown.
    ///
    /// # Errors
    /// [`FactError`] for a fact that the policy lacks or a value outside its domain.
    pub fn pack(&self, facts: &Facts) -> Result<PackedFacts, FactError> {
        self.rules.space.pack(facts, Section::Classification)
    }

    /// The classification of a complete case; none while a fact is unknown or a code is outside its domain.
    #[inline]
    #[must_use]
    pub fn verdict(&self, case: PackedFacts) -> Option<ClassVerdict> {
        self.functions.verdict(&self.rules.space, self.readings, case).map(ClassVerdict)
    }

    /// Why: each live ground and the relief that reaches it, as in
    /// [`Classification::reasons`](super::Classification::reasons).
    pub fn reasons(&self, verdict: ClassVerdict) -> impl Iterator<Item = &'a Reason> + '_ {
        let rules = self.rules;
        let holding = verdict.0.checked_shr(REQUIRES + rules.requires.len() as u32).unwrap_or_default();
        let alone = match (verdict.out_of_scope(), holding) {
            (true, _) => Some(&rules.out_of_scope.reason),
            (false, 0) => Some(&rules.otherwise),
            (false, _) => None,
        };
        alone.into_iter().chain(ones(holding).filter_map(|place| self.said.get(place).copied()))
    }

    /// The steps to take before opening.
    pub fn requires(&self, verdict: ClassVerdict) -> impl Iterator<Item = &'a Reason> + use<'a> {
        let rules = &self.rules.requires;
        ones(verdict.0 >> REQUIRES).map_while(|place| rules.get(place)).map(|rule| &rule.reason)
    }

    /// What the reader must be told about the policy itself.
    #[must_use]
    pub fn notices(&self) -> &[Reason] {
        &self.notices
    }
}

impl<'a> Decider<'a> {
    /// Where a fact lies in a packed word.
    #[must_use]
    pub fn slot(&self, fact: &str) -> Option<Slot> {
        self.rules.space.slot(fact)
    }

    /// The case of which nothing is known.
    #[must_use]
    pub fn nothing_known(&self) -> PackedFacts {
        self.rules.space.layout.nothing_known()
    }

    /// Packs facts; what they don't name is unknown.
    ///
    /// # Errors
    /// [`FactError`] for a fact that the policy lacks or a value outside its domain.
    pub fn pack(&self, facts: &Facts) -> Result<PackedFacts, FactError> {
        self.rules.space.pack(facts, Section::Access)
    }

    /// The decision on a complete case; none while a fact is unknown or a code is outside its domain.
    #[inline]
    #[must_use]
    pub fn verdict(&self, case: PackedFacts) -> Option<AccessVerdict> {
        let bits = self.functions.verdict(&self.rules.space, self.readings, case)?;
        Some(AccessVerdict::of(bits, self.rules.denials.len() as u32))
    }

    /// Every denial that the policy has, in headline order: the order of a verdict's bits and of the lanes' outputs.
    pub fn rules(&self) -> impl Iterator<Item = &'a Reason> + use<'a> {
        self.rules.denials.iter().map(|rule| &rule.reason)
    }

    /// The denials that hold, the headline first.
    pub fn denials(&self, verdict: AccessVerdict) -> impl Iterator<Item = &'a Reason> + use<'a> {
        let rules = &self.rules.denials;
        ones(verdict.denials).filter_map(|place| rules.get(place)).map(|rule| &rule.reason)
    }

    /// What a permit carries.
    pub fn duties(&self, verdict: AccessVerdict) -> impl Iterator<Item = &'a DutyTerm> + use<'a> {
        let rules = &self.rules.duties;
        ones(verdict.duties).filter_map(|place| rules.get(place)).map(|(_, duty)| duty)
    }

    /// What the reader must be told about the policy itself.
    #[must_use]
    pub fn notices(&self) -> &[Reason] {
        &self.notices
    }

    /// The same, where nothing else is asked.
    pub(crate) fn into_notices(self) -> Vec<Reason> {
        self.notices
    }

    /// 64 cases at once; none for a policy that needs too many operations.
    #[must_use]
    pub fn lanes(&self) -> Option<Lanes<'a>> {
        Lanes::new(self.functions, self.rules.denials.len())
    }
}

/// 64 complete cases at once, a bit each: one word for each bit of the packed facts in, one word for each denial (in
/// headline order) out. A lane whose code is outside a fact's domain holds nothing of meaning.
pub struct Lanes<'a> {
    circuit: &'a Circuit,
    planes: Vec<Block<1>>,
    outputs: usize,
}

impl<'a> Lanes<'a> {
    fn new(functions: &'a Functions, outputs: usize) -> Option<Lanes<'a>> {
        let circuit = functions.circuit.as_ref()?;
        Some(Lanes { circuit, planes: circuit.scratch(), outputs })
    }

    /// Evaluates: `facts` holds a word for each bit of the packed facts, from the lowest; a missing one counts as zero.
    pub fn run(&mut self, facts: &[u64]) {
        let inputs = self.circuit.inputs_of(&mut self.planes);
        for (place, plane) in inputs.iter_mut().enumerate() {
            *plane = Block([facts.get(place).copied().unwrap_or_default()]);
        }
        self.circuit.run(&mut self.planes);
    }

    /// The outputs of the last run.
    pub fn outputs(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.outputs).map(|output| self.circuit.output(&self.planes, output).map_or(0, |Block([word])| *word))
    }
}
