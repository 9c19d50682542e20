//! Decision diagrams: a condition over finite facts as a reduced, ordered, shared graph.
//!
//! Every function of a policy is a root in one [`Diagrams`]. In the reduced form a function that never changes is one
//! of the two leaves, and a fact stands in a function's graph exactly if the function depends on it. So constancy and
//! dependence under unknown facts are read off, exactly, without enumerating completions: [`Diagrams::restrict`] is one
//! pass over the nodes.

mod count;
mod cover;
#[cfg(test)]
mod formula;
mod nearest;
mod quantify;
#[cfg(test)]
mod tests;
mod transfer;

use std::collections::HashMap;

use super::error::PolicyError;
use crate::terms::Text;
pub(super) use cover::Cube;
pub(super) use nearest::{Choices, Taken};

/// The most nodes that a policy may need. The bundled policy needs a few hundred.
pub(super) const MAX_NODES: usize = 1 << 16;

/// A function: a node's place. 0 is false, 1 is true.
pub(super) type Root = u32;
/// The function that is always false.
pub(super) const NEVER: Root = 0;
/// The function that is always true.
pub(super) const ALWAYS: Root = 1;

#[derive(Debug, Clone, Copy)]
struct Node {
    fact: u8,
    first: u32,
}

/// Shared nodes; a child always stands before its parents.
#[derive(Debug)]
pub(super) struct Diagrams {
    sizes: Vec<u8>,
    nodes: Vec<Node>,
    children: Vec<Root>,
    /// So many nodes come first that are all that the answers' functions need.
    answering: usize,
    unique: HashMap<(u8, Box<[Root]>), Root>,
    both: HashMap<(Root, Root), Root>,
    negated: HashMap<Root, Root>,
}

impl Diagrams {
    /// Diagrams over facts with so many values each, tested in this order. At most 64 facts.
    pub(super) fn new(sizes: Vec<u8>) -> Self {
        let leaf = Node { fact: u8::MAX, first: 0 };
        Diagrams {
            sizes,
            nodes: vec![leaf, leaf],
            children: Vec::new(),
            answering: 2,
            unique: HashMap::new(),
            both: HashMap::new(),
            negated: HashMap::new(),
        }
    }

    /// The fact that a function tests first; the largest number for a constant.
    pub(super) fn fact(&self, root: Root) -> u8 {
        self.nodes.get(root as usize).map_or(u8::MAX, |node| node.fact)
    }

    fn size(&self, fact: u8) -> usize {
        self.sizes.get(fact as usize).copied().map_or(0, usize::from)
    }

    /// What is left of a function for each value of the fact that it tests first.
    pub(super) fn children(&self, root: Root) -> &[Root] {
        let Some(node) = self.nodes.get(root as usize) else { return &[] };
        let first = node.first as usize;
        self.children.get(first..first + self.size(node.fact)).unwrap_or(&[])
    }

    /// The child of `root` for a value of `fact`; `root` itself where it does not test that fact.
    fn cofactor(&self, root: Root, fact: u8, value: usize) -> Root {
        if self.fact(root) == fact { self.children(root).get(value).copied().unwrap_or(NEVER) } else { root }
    }

    fn node(&mut self, fact: u8, children: Box<[Root]>) -> Result<Root, PolicyError> {
        if let Some(&first) = children.first()
            && children.iter().all(|child| *child == first)
        {
            return Ok(first);
        }
        let key = (fact, children);
        if let Some(&root) = self.unique.get(&key) {
            return Ok(root);
        }
        if self.nodes.len() >= MAX_NODES {
            return Err(PolicyError::Limit { what: Text::new("判定节点数", "decision nodes"), limit: MAX_NODES });
        }
        let root = self.nodes.len() as Root;
        self.nodes.push(Node { fact, first: self.children.len() as u32 });
        self.children.extend_from_slice(&key.1);
        self.unique.insert(key, root);
        Ok(root)
    }

    /// The fact has this value.
    pub(super) fn test(&mut self, fact: u8, value: usize) -> Result<Root, PolicyError> {
        let children = (0..self.size(fact)).map(|index| Root::from(index == value)).collect();
        self.node(fact, children)
    }

    /// Not `a`.
    pub(super) fn not(&mut self, a: Root) -> Result<Root, PolicyError> {
        if a <= ALWAYS {
            return Ok(1 - a);
        }
        if let Some(&done) = self.negated.get(&a) {
            return Ok(done);
        }
        let children = self.children(a).to_vec().into_iter().map(|child| self.not(child)).collect::<Result<_, _>>()?;
        let root = self.node(self.fact(a), children)?;
        self.negated.insert(a, root);
        Ok(root)
    }

    /// `a` and `b`. The recursion is as deep as there are facts.
    pub(super) fn and(&mut self, a: Root, b: Root) -> Result<Root, PolicyError> {
        let (a, b) = (a.min(b), a.max(b));
        match (a, b) {
            (NEVER, _) => return Ok(NEVER),
            (ALWAYS, _) => return Ok(b),
            _ if a == b => return Ok(a),
            _ => {}
        }
        if let Some(&done) = self.both.get(&(a, b)) {
            return Ok(done);
        }
        if self.both.len() >= 16 * MAX_NODES {
            return Err(PolicyError::Limit {
                what: Text::new("判定步数", "decision steps"), limit: 16 * MAX_NODES
            });
        }
        let fact = self.fact(a).min(self.fact(b));
        let children = (0..self.size(fact))
            .map(|value| {
                let (a, b) = (self.cofactor(a, fact, value), self.cofactor(b, fact, value));
                self.and(a, b)
            })
            .collect::<Result<_, _>>()?;
        let root = self.node(fact, children)?;
        self.both.insert((a, b), root);
        Ok(root)
    }

    /// `a` or `b`.
    pub(super) fn or(&mut self, a: Root, b: Root) -> Result<Root, PolicyError> {
        let (a, b) = (self.not(a)?, self.not(b)?);
        let neither = self.and(a, b)?;
        self.not(neither)
    }

    /// `a` and not `b`.
    pub(super) fn but_not(&mut self, a: Root, b: Root) -> Result<Root, PolicyError> {
        let b = self.not(b)?;
        self.and(a, b)
    }

    /// Some facts that make the function true, as (fact, value); none when it never is.
    pub(super) fn witness(&self, mut root: Root) -> Option<Vec<(u8, usize)>> {
        let mut facts = Vec::new();
        while root > ALWAYS {
            // In the reduced form every node but the false leaf leads to the true one.
            let value = self.children(root).iter().position(|child| *child != NEVER)?;
            facts.push((self.fact(root), value));
            root = self.cofactor(root, self.fact(root), value);
        }
        (root == ALWAYS).then_some(facts)
    }

    /// Forgets what only building needs, and every node that no root reaches. The roots are renumbered in place. The first
    /// `answering` of them are the functions that [`Diagrams::restrict_answers`] speaks of.
    pub(super) fn finish(&mut self, answering: usize, roots: &mut [&mut Root]) {
        *self = self.arranged(answering, roots);
    }

    /// A copy with no node that no root reaches, on which nothing can be built. The roots are renumbered in place.
    pub(super) fn pruned(&self, roots: &mut [&mut Root]) -> Diagrams {
        self.arranged(roots.len(), roots)
    }

    fn arranged(&self, answering: usize, roots: &mut [&mut Root]) -> Diagrams {
        let (first, rest) = roots.split_at(answering.min(roots.len()));
        let (first, rest) = (self.reached(first), self.reached(rest));
        let mut out = Diagrams::new(self.sizes.clone());
        let mut renumbered: Vec<Root> = vec![NEVER; self.nodes.len()];
        renumbered.get_mut(ALWAYS as usize).into_iter().for_each(|root| *root = ALWAYS);
        let is = |flags: &[bool], index: usize| flags.get(index).copied().unwrap_or_default();
        for answers in [true, false] {
            let chosen =
                |index: &usize| if answers { is(&first, *index) } else { is(&rest, *index) && !is(&first, *index) };
            for index in (2..self.nodes.len()).filter(chosen) {
                renumbered.get_mut(index).into_iter().for_each(|root| *root = out.nodes.len() as Root);
                out.nodes.push(Node { fact: self.fact(index as Root), first: out.children.len() as u32 });
                for child in self.children(index as Root) {
                    out.children.push(renumbered.get(*child as usize).copied().unwrap_or(NEVER));
                }
            }
            if answers {
                out.answering = out.nodes.len();
            }
        }
        for root in roots.iter_mut() {
            **root = renumbered.get(**root as usize).copied().unwrap_or(NEVER);
        }
        out
    }

    /// For each node whether one of the roots reaches it.
    fn reached(&self, roots: &[&mut Root]) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mark = |reached: &mut Vec<bool>, root: Root| {
            reached.get_mut(root as usize).into_iter().for_each(|flag| *flag = true);
        };
        roots.iter().for_each(|root| mark(&mut reached, **root));
        for index in (2..self.nodes.len()).rev() {
            if reached.get(index).copied().unwrap_or_default() {
                self.children(index as Root).iter().for_each(|child| mark(&mut reached, *child));
            }
        }
        reached
    }

    /// A copy on which more can be built, with the same places for the same functions.
    pub(super) fn reopen(&self) -> Diagrams {
        let mut copy = Diagrams::new(self.sizes.clone());
        copy.nodes.clone_from(&self.nodes);
        copy.children.clone_from(&self.children);
        copy.answering = self.answering;
        for root in 2..self.nodes.len() as Root {
            copy.unique.insert((self.fact(root), self.children(root).into()), root);
        }
        copy
    }

    /// The function's value when every fact that it tests is known.
    fn value(&self, mut root: Root, known: &[Option<u8>]) -> Root {
        while root > ALWAYS {
            let value = known.get(self.fact(root) as usize).copied().flatten().unwrap_or_default();
            root = self.children(root).get(usize::from(value)).copied().unwrap_or(NEVER);
        }
        root
    }

    /// Whether the function holds where each fact has the value that `value_of` gives.
    pub(super) fn holds(&self, mut root: Root, value_of: impl Fn(usize) -> usize) -> bool {
        while root > ALWAYS {
            let value = value_of(usize::from(self.fact(root)));
            root = self.children(root).get(value).copied().unwrap_or(NEVER);
        }
        root == ALWAYS
    }

    /// What remains of every function once the known facts are put in: `known[fact]` is a value's place.
    pub(super) fn restrict<'a>(&'a self, known: &'a [Option<u8>]) -> Restricted<'a> {
        self.restrict_first(self.nodes.len(), known)
    }

    /// As [`Diagrams::restrict`], of the functions alone that [`Diagrams::finish`] was told to be the answers': others, which
    /// only analyses ask for, must not be asked for here.
    pub(super) fn restrict_answers<'a>(&'a self, known: &'a [Option<u8>]) -> Restricted<'a> {
        self.restrict_first(self.answering, known)
    }

    fn restrict_first<'a>(&'a self, count: usize, known: &'a [Option<u8>]) -> Restricted<'a> {
        let complete = known.len() >= self.sizes.len() && known.iter().all(Option::is_some);
        let mut rest = Restricted { diagrams: self, known, image: Vec::new(), support: Vec::new() };
        if complete {
            return rest;
        }
        rest.image = vec![NEVER, ALWAYS];
        rest.support = vec![0, 0];
        let mut unique: HashMap<(u8, Vec<Root>), Root> = HashMap::new();
        for index in 2..count as Root {
            let fact = self.fact(index);
            let image_of = |child: &Root| rest.image.get(*child as usize).copied().unwrap_or(NEVER);
            let (image, support) = match known.get(usize::from(fact)).copied().flatten() {
                Some(value) => {
                    let image = self.children(index).get(usize::from(value)).map_or(NEVER, image_of);
                    (image, rest.support_of(image))
                }
                None => {
                    let children: Vec<Root> = self.children(index).iter().map(image_of).collect();
                    match children.first() {
                        Some(&first) if children.iter().all(|child| *child == first) => (first, rest.support_of(first)),
                        _ => {
                            let below = children.iter().fold(0, |all, child| all | rest.support_of(*child));
                            (*unique.entry((fact, children)).or_insert(index), below | 1 << fact)
                        }
                    }
                }
            };
            rest.image.push(image);
            rest.support.push(support);
        }
        rest
    }
}

/// Every function with the known facts put in.
pub(super) struct Restricted<'a> {
    diagrams: &'a Diagrams,
    known: &'a [Option<u8>],
    /// For each node the node that stands for what remains of it; empty when every fact is known.
    image: Vec<Root>,
    /// For each node the facts on which what remains of it depends.
    support: Vec<u64>,
}

impl Restricted<'_> {
    fn of(&self, root: Root) -> Root {
        if self.image.is_empty() {
            self.diagrams.value(root, self.known)
        } else {
            debug_assert!((root as usize) < self.image.len(), "not a function of the answers");
            self.image.get(root as usize).copied().unwrap_or(NEVER)
        }
    }

    fn support_of(&self, image: Root) -> u64 {
        self.support.get(image as usize).copied().unwrap_or_default()
    }

    /// True in every completion.
    pub(super) fn always(&self, root: Root) -> bool {
        self.of(root) == ALWAYS
    }

    /// True in some completion.
    pub(super) fn possible(&self, root: Root) -> bool {
        self.of(root) != NEVER
    }

    /// Values of unknown facts that make the function true, as (fact, value's place); none when it never is.
    pub(super) fn witness(&self, root: Root) -> Option<Taken> {
        let mut root = self.of(root);
        let mut facts = Vec::new();
        while root > ALWAYS {
            // What remains is reduced: all of it but the false leaf leads to the true one.
            let mut children = self.diagrams.children(root).iter().map(|child| self.of(*child)).enumerate();
            let (value, child) = children.find(|(_, child)| *child != NEVER)?;
            facts.push((self.diagrams.fact(root), value as u8));
            root = child;
        }
        (root == ALWAYS).then_some(facts)
    }

    /// The unknown facts on which the function still depends, one bit each.
    pub(super) fn depends_on(&self, root: Root) -> u64 {
        self.support_of(self.of(root))
    }

    /// Whether two functions agree in every completion.
    pub(super) fn same(&self, a: Root, b: Root) -> bool {
        self.of(a) == self.of(b)
    }
}
