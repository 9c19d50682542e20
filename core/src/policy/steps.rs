//! Decision diagrams as tables read one after the other: one case in a handful of loads.
//!
//! The packed facts are cut into chunks of a few bits. What is left to know after a chunk is one of few states: the
//! functions with the facts so far put in. A table leads from a state and the next chunk's bits to the next state, the
//! last state to the bits of all functions. Where the functions together have too many states, they are divided.

use std::collections::HashMap;

use super::diagram::{ALWAYS, Diagrams, NEVER, Root};
use super::packed::{Layout, low_bits};

/// The widest chunk, in bits.
const CHUNK: u32 = 8;
/// The largest table of one chain, in entries: a quarter of it stays in the fastest cache.
const MAX_ENTRIES: usize = 1 << 15;
/// The state after a code that no fact has.
const NO_CASE: u16 = u16::MAX;

/// A table: from a state and a chunk of the word to the next state.
#[derive(Debug, Clone)]
struct Step {
    shift: u32,
    width: u32,
    next: Vec<u16>,
}

/// Some functions by way of tables: bit `i` of a verdict is function `i`.
#[derive(Debug, Clone)]
struct Chain {
    steps: Vec<Step>,
    verdicts: Vec<u64>,
}

/// All functions of a section under one reading.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    chains: Vec<Chain>,
}

impl Steps {
    /// The functions `roots`, at most 64, with the readings put in; none when one alone has too many states.
    pub(super) fn new(diagrams: &Diagrams, layout: &Layout, readings: &[u8], roots: &[Root]) -> Option<Steps> {
        let numbered: Vec<(usize, Root)> = roots.iter().copied().enumerate().collect();
        let mut chains = Vec::new();
        let mut waiting = vec![numbered];
        while let Some(mut functions) = waiting.pop() {
            // The first chain reads every fact, so that it finds each code that no fact has.
            match Chain::new(diagrams, layout, readings, &functions, chains.is_empty()) {
                Some(chain) => chains.push(chain),
                None if functions.len() < 2 => return None,
                None => {
                    let rest = functions.split_off(functions.len() / 2);
                    waiting.push(functions);
                    waiting.push(rest);
                }
            }
        }
        Some(Steps { chains })
    }

    /// The functions' bits for a complete case; none when a code is outside its domain.
    #[inline]
    pub(super) fn verdict(&self, word: u64) -> Option<u64> {
        let mut verdict = 0;
        for chain in &self.chains {
            let mut state = 0_u16;
            for step in &chain.steps {
                let bits = (word >> step.shift & low_bits(step.width)) as usize;
                state = *step.next.get(usize::from(state) << step.width | bits)?;
            }
            verdict |= chain.verdicts.get(usize::from(state))?;
        }
        Some(verdict)
    }
}

impl Chain {
    fn new(
        diagrams: &Diagrams,
        layout: &Layout,
        readings: &[u8],
        functions: &[(usize, Root)],
        every_fact: bool,
    ) -> Option<Chain> {
        let roots: Vec<Root> = functions.iter().map(|(_, root)| *root).collect();
        let mut states = vec![roots];
        let mut steps = Vec::new();
        let mut entries = 0;
        let mut first = 0;
        while first < layout.slots().len() {
            let facts = chunk(layout, first);
            let (shift, width) = span(layout, first, facts);
            let untouched = |root: &Root| usize::from(diagrams.fact(*root)) >= first + facts;
            if !every_fact && states.iter().flatten().all(untouched) {
                first += facts;
                continue;
            }
            let mut reached: HashMap<Vec<Root>, u16> = HashMap::new();
            let mut after: Vec<Vec<Root>> = Vec::new();
            entries += states.len() << width;
            if entries > MAX_ENTRIES {
                return None;
            }
            let mut next = Vec::with_capacity(states.len() << width);
            for state in &states {
                for bits in 0..1_u64 << width {
                    let word = bits << shift;
                    let slots = layout.slots().get(first..first + facts).unwrap_or_default();
                    if slots.iter().any(|slot| slot.code(word) >= slot.size) {
                        next.push(NO_CASE);
                        continue;
                    }
                    let put_in = |root: &Root| put_in(diagrams, layout, *root, first + facts, word);
                    let left: Vec<Root> = state.iter().map(put_in).collect();
                    let place = match reached.get(&left) {
                        Some(place) => *place,
                        None => {
                            let place = u16::try_from(after.len()).ok().filter(|place| *place != NO_CASE)?;
                            after.push(left.clone());
                            reached.insert(left, place);
                            place
                        }
                    };
                    next.push(place);
                }
            }
            steps.push(Step { shift, width, next });
            states = after;
            first += facts;
        }
        // Only readings are left.
        let reading = |variable: usize| {
            let reading = variable.checked_sub(layout.slots().len()).and_then(|place| readings.get(place));
            reading.copied().map_or(0, usize::from)
        };
        let verdict = |state: &Vec<Root>| {
            state
                .iter()
                .zip(functions)
                .fold(0, |bits, (root, (number, _))| bits | u64::from(diagrams.holds(*root, reading)) << number)
        };
        Some(Chain { verdicts: states.iter().map(verdict).collect(), steps })
    }
}

/// How many facts from `first` fit in a chunk.
fn chunk(layout: &Layout, first: usize) -> usize {
    let mut width = 0;
    let slots = layout.slots().iter().skip(first);
    let fitting = slots.take_while(|slot| {
        width += slot.width;
        width <= CHUNK
    });
    fitting.count().max(1)
}

fn span(layout: &Layout, first: usize, facts: usize) -> (u32, u32) {
    let slots = layout.slots().iter().skip(first).take(facts);
    (layout.slots().get(first).map_or(0, |slot| slot.shift), slots.map(|slot| slot.width).sum())
}

/// What is left of a function once the facts before `until` are put in.
fn put_in(diagrams: &Diagrams, layout: &Layout, mut root: Root, until: usize, word: u64) -> Root {
    while root > ALWAYS {
        let fact = usize::from(diagrams.fact(root));
        if fact >= until {
            break;
        }
        let code = layout.slots().get(fact).map_or(0, |slot| slot.code(word));
        root = diagrams.children(root).get(code as usize).copied().unwrap_or(NEVER);
    }
    root
}
