//! Sets of classes over a space, and what grounds and reliefs make of them.
//!
//! A set of classes that depends on facts is three functions: where each class is in it. Compiling joins the grounds
//! once; analysing joins them again without a rule, to see whether the rule changes anything. Nothing is named or
//! cited here.

use super::diagram::{Diagrams, NEVER, Root};
use super::error::PolicyError;

/// Where each class is in a set: unconditional, conditional, withheld.
pub(super) type Classes = [Root; 3];

/// What a relief does wherever it reaches.
#[derive(Debug)]
pub(super) struct Relief {
    pub(super) holds: Root,
    pub(super) permits: Classes,
    /// The reliefs that come first where both hold.
    pub(super) yields_to: Vec<usize>,
    pub(super) recommend_opening: bool,
}

/// Where a ground is live, what it permits, and which reliefs may reach it.
#[derive(Debug, Clone)]
pub(super) struct Restriction {
    pub(super) live: Root,
    /// Leaves: the set does not depend on facts.
    pub(super) base: Classes,
    pub(super) reliefs: Vec<usize>,
}

/// A ground's own set, and for each of its reliefs where it is the one that applies.
pub(super) struct Reach {
    pub(super) set: Classes,
    pub(super) applies: Vec<Root>,
}

/// What all grounds together make.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) permitted: Classes,
    pub(super) recommended: Classes,
}

impl Restriction {
    /// The set that the ground permits: its reliefs', each where it applies, else its base.
    pub(super) fn reach(&self, reliefs: &[Relief], d: &mut Diagrams) -> Result<Reach, PolicyError> {
        let mut applies = Vec::new();
        let mut unrelieved = self.live;
        let mut set = [NEVER; 3];
        for relief in self.reliefs.iter().filter_map(|index| reliefs.get(*index)) {
            let mut here = d.and(self.live, relief.holds)?;
            for first in relief.yields_to.iter().filter(|first| self.reliefs.contains(first)) {
                let first = reliefs.get(*first).map_or(NEVER, |first| first.holds);
                here = d.but_not(here, first)?;
            }
            unrelieved = d.but_not(unrelieved, relief.holds)?;
            set = union(set, narrowed(relief.permits, here, d)?, d)?;
            applies.push(here);
        }
        set = union(set, narrowed(self.base, unrelieved, d)?, d)?;
        // A ground that is not live restricts nothing: {unconditional} is the join's identity.
        let dead = d.not(self.live)?;
        let [unconditional, _, _] = &mut set;
        *unconditional = d.or(*unconditional, dead)?;
        Ok(Reach { set, applies })
    }
}

/// The join of every ground's set with what is permitted otherwise, and the class recommended in it.
pub(super) fn join_all(
    otherwise: Classes,
    in_scope: Root,
    grounds: &[Restriction],
    reliefs: &[Relief],
    d: &mut Diagrams,
) -> Result<Joined, PolicyError> {
    let mut permitted = otherwise;
    // Where every live ground that withholds is relieved by a relief that recommends opening.
    let mut opening_recommended = in_scope;
    for ground in grounds {
        let reach = ground.reach(reliefs, d)?;
        permitted = join(permitted, reach.set, d)?;
        let [_, _, withholds] = ground.base;
        if withholds != NEVER {
            let mut fine = d.not(ground.live)?;
            for (index, root) in ground.reliefs.iter().zip(reach.applies) {
                if reliefs.get(*index).is_some_and(|relief| relief.recommend_opening) {
                    fine = d.or(fine, root)?;
                }
            }
            opening_recommended = d.and(opening_recommended, fine)?;
        }
    }
    let permitted = narrowed(permitted, in_scope, d)?;
    let [unconditional, conditional, withheld] = permitted;
    // Recommended: the strictest permitted class, below withheld where opening is recommended and something is.
    let below = d.or(conditional, unconditional)?;
    let passed_over = d.and(opening_recommended, below)?;
    let recommend_withheld = d.but_not(withheld, passed_over)?;
    let recommend_conditional = d.but_not(conditional, recommend_withheld)?;
    let mut recommend_unconditional = d.but_not(unconditional, recommend_withheld)?;
    recommend_unconditional = d.but_not(recommend_unconditional, conditional)?;
    Ok(Joined { permitted, recommended: [recommend_unconditional, recommend_conditional, recommend_withheld] })
}

pub(super) fn narrowed(set: Classes, within: Root, d: &mut Diagrams) -> Result<Classes, PolicyError> {
    let [unconditional, conditional, withheld] = set;
    Ok([d.and(unconditional, within)?, d.and(conditional, within)?, d.and(withheld, within)?])
}

pub(super) fn union(a: Classes, b: Classes, d: &mut Diagrams) -> Result<Classes, PolicyError> {
    let ([a0, a1, a2], [b0, b1, b2]) = (a, b);
    Ok([d.or(a0, b0)?, d.or(a1, b1)?, d.or(a2, b2)?])
}

/// The stricter of each pair: a class is in the join if one set has it and the other has it or a laxer one.
fn join(a: Classes, b: Classes, d: &mut Diagrams) -> Result<Classes, PolicyError> {
    let ([a0, a1, a2], [b0, b1, b2]) = (a, b);
    let unconditional = d.and(a0, b0)?;
    let (a_open, b_open) = (d.or(a0, a1)?, d.or(b0, b1)?);
    let (left, right) = (d.and(a1, b_open)?, d.and(a_open, b1)?);
    let conditional = d.or(left, right)?;
    // A set is never empty, so the other always has withheld or something laxer.
    let withheld = d.or(a2, b2)?;
    Ok([unconditional, conditional, withheld])
}
