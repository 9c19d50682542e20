//! Decision diagrams as straight lines of bit operations: many cases at once, a bit each.
//!
//! The inputs are planes: one for each bit of the packed facts (see [`super::packed`]); a word of a plane holds that bit
//! of 64 cases. Each answer function is a plane too. A case whose code is outside a fact's domain gets bits that mean
//! nothing: who fills the planes has to keep such cases out.

use std::collections::HashMap;

use super::diagram::{ALWAYS, Diagrams, NEVER, Root};
use super::packed::Layout;

/// A plane's place: 0 is never, 1 is always, then the inputs, then one for each gate.
type Place = u16;

/// The most gates: a policy that needs more is evaluated case by case.
const MAX_GATES: usize = 1 << 14;

/// One operation on planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Gate {
    And(Place, Place),
    Or(Place, Place),
    /// The first and not the second.
    ButNot(Place, Place),
    /// The first or not the second.
    OrNot(Place, Place),
    /// Where the first is set the second, elsewhere the third.
    Choose(Place, Place, Place),
}

#[cfg(feature = "tables")]
impl Gate {
    fn reads(self) -> [Place; 3] {
        match self {
            Gate::And(a, b) | Gate::Or(a, b) | Gate::ButNot(a, b) | Gate::OrNot(a, b) => [a, b, b],
            Gate::Choose(a, b, c) => [a, b, c],
        }
    }
}

/// The functions of a section under one reading, as gates in an order in which each stands after what it reads.
#[derive(Debug, Clone)]
pub(super) struct Circuit {
    inputs: usize,
    gates: Vec<Gate>,
    outputs: Vec<Place>,
}

/// So many words of one plane, in cache lines of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Block<const WORDS: usize>(pub(super) [u64; WORDS]);

impl<const WORDS: usize> Block<WORDS> {
    /// No row.
    pub(super) const NONE: Self = Block([0; WORDS]);
    /// Every row.
    pub(super) const ALL: Self = Block([u64::MAX; WORDS]);
}

impl<const WORDS: usize> std::ops::Deref for Block<WORDS> {
    type Target = [u64; WORDS];

    #[inline(always)]
    fn deref(&self) -> &[u64; WORDS] {
        &self.0
    }
}

impl<const WORDS: usize> std::ops::DerefMut for Block<WORDS> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u64; WORDS] {
        &mut self.0
    }
}

impl Circuit {
    /// The functions `roots` with the readings put in; none when that takes too many gates.
    pub(super) fn new(diagrams: &Diagrams, layout: &Layout, readings: &[u8], roots: &[Root]) -> Option<Circuit> {
        let inputs = layout.bits() as usize;
        let mut lowering = Lowering {
            diagrams,
            layout,
            readings,
            first_gate: 2 + inputs,
            gates: Vec::new(),
            known: HashMap::new(),
            lowered: HashMap::new(),
        };
        let outputs = roots.iter().map(|root| lowering.lower(*root)).collect::<Option<Vec<Place>>>()?;
        Some(Circuit { inputs, gates: lowering.gates, outputs })
    }

    /// No function at all.
    #[cfg(feature = "tables")]
    pub(super) fn nothing(layout: &Layout) -> Circuit {
        Circuit { inputs: layout.bits() as usize, gates: Vec::new(), outputs: Vec::new() }
    }

    /// The inputs on which the outputs depend, one bit each.
    #[cfg(feature = "tables")]
    pub(super) fn read(&self) -> u64 {
        let places = self.gates.iter().flat_map(|gate| gate.reads()).chain(self.outputs.iter().copied());
        let inputs = places.filter_map(|place| place.checked_sub(2)).filter(|input| usize::from(*input) < self.inputs);
        inputs.fold(0, |read, input| read | 1 << input)
    }

    /// How many planes a run needs.
    pub(super) fn planes(&self) -> usize {
        2 + self.inputs + self.gates.len()
    }

    /// Fresh planes for runs, the constants in place.
    pub(super) fn scratch<const WORDS: usize>(&self) -> Vec<Block<WORDS>> {
        let mut planes = vec![Block::NONE; self.planes()];
        if let Some(always) = planes.get_mut(1) {
            *always = Block::ALL;
        }
        planes
    }

    /// The input planes, to be filled before a run.
    pub(super) fn inputs_of<'a, const WORDS: usize>(&self, planes: &'a mut [Block<WORDS>]) -> &'a mut [Block<WORDS>] {
        planes.get_mut(2..2 + self.inputs).unwrap_or_default()
    }

    /// An output's plane after a run.
    pub(super) fn output<'a, const WORDS: usize>(
        &self,
        planes: &'a [Block<WORDS>],
        output: usize,
    ) -> Option<&'a Block<WORDS>> {
        planes.get(usize::from(*self.outputs.get(output)?))
    }

    /// Computes every gate.
    #[inline(always)]
    pub(super) fn run<const WORDS: usize>(&self, planes: &mut [Block<WORDS>]) {
        for (index, gate) in self.gates.iter().enumerate() {
            let Some((before, out)) = planes.split_at_mut_checked(2 + self.inputs + index) else { return };
            let Some(out) = out.first_mut() else { return };
            // A gate reads only planes before its own, so each is there.
            let of = |place: Place| before.get(usize::from(place)).unwrap_or(&Block::NONE);
            match *gate {
                Gate::And(a, b) => each(out, of(a), of(b), |a, b| a & b),
                Gate::Or(a, b) => each(out, of(a), of(b), |a, b| a | b),
                Gate::ButNot(a, b) => each(out, of(a), of(b), |a, b| a & !b),
                Gate::OrNot(a, b) => each(out, of(a), of(b), |a, b| a | !b),
                Gate::Choose(which, yes, no) => {
                    let (which, yes, no) = (of(which), of(yes), of(no));
                    for (((out, which), yes), no) in out.iter_mut().zip(which.iter()).zip(yes.iter()).zip(no.iter()) {
                        *out = (yes & which) | (no & !which);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn each<const WORDS: usize>(
    out: &mut Block<WORDS>,
    a: &Block<WORDS>,
    b: &Block<WORDS>,
    operation: impl Fn(u64, u64) -> u64,
) {
    for ((out, a), b) in out.iter_mut().zip(a.iter()).zip(b.iter()) {
        *out = operation(*a, *b);
    }
}

struct Lowering<'a> {
    diagrams: &'a Diagrams,
    layout: &'a Layout,
    readings: &'a [u8],
    first_gate: usize,
    gates: Vec<Gate>,
    known: HashMap<Gate, Place>,
    lowered: HashMap<Root, Place>,
}

impl Lowering<'_> {
    /// The plane of a function. The recursion is as deep as there are facts.
    fn lower(&mut self, root: Root) -> Option<Place> {
        if root == NEVER || root == ALWAYS {
            return Some(root as Place);
        }
        if let Some(place) = self.lowered.get(&root) {
            return Some(*place);
        }
        let fact = usize::from(self.diagrams.fact(root));
        let children = self.diagrams.children(root);
        let place = match self.layout.slots().get(fact) {
            // An interpretation: its reading is known.
            None => {
                let reading = usize::from(*self.readings.get(fact - self.layout.slots().len())?);
                self.lower(*children.get(reading)?)?
            }
            Some(slot) => {
                let mut level = children.iter().map(|child| self.lower(*child)).collect::<Option<Vec<Place>>>()?;
                // Pairs of codes by their lowest bit, until one plane is left. A code without a value needs no choice.
                for bit in slot.shift..slot.shift + slot.width {
                    let which = 2 + bit as Place;
                    let pairs = level.chunks(2).map(|pair| match *pair {
                        [no, yes] => self.choose(which, yes, no),
                        [only] => Some(only),
                        _ => None,
                    });
                    level = pairs.collect::<Option<_>>()?;
                }
                *level.first()?
            }
        };
        self.lowered.insert(root, place);
        Some(place)
    }

    fn choose(&mut self, which: Place, yes: Place, no: Place) -> Option<Place> {
        const NO: Place = NEVER as Place;
        const YES: Place = ALWAYS as Place;
        self.gate(match (yes, no) {
            _ if yes == no => return Some(yes),
            (YES, NO) => return Some(which),
            (NO, no) => Gate::ButNot(no, which),
            (YES, no) => Gate::Or(which, no),
            (yes, NO) => Gate::And(which, yes),
            (yes, YES) => Gate::OrNot(yes, which),
            (yes, no) => Gate::Choose(which, yes, no),
        })
    }

    fn gate(&mut self, gate: Gate) -> Option<Place> {
        if let Some(place) = self.known.get(&gate) {
            return Some(*place);
        }
        if self.gates.len() >= MAX_GATES {
            return None;
        }
        let place = Place::try_from(self.first_gate + self.gates.len()).ok()?;
        self.gates.push(gate);
        self.known.insert(gate, place);
        Some(place)
    }
}
