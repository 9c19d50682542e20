//! Every rule that a policy file writes down, whatever its kind, in the file's order.
//!
//! Citations are checked and pages are set from this one list, so that no kind of rule is forgotten by either. Nothing is
//! resolved here.

use toml::Spanned;
use toml::value::Datetime;

use super::facts::{Party, Section};
use super::file::{File, InterpretationEntry, MarkEntry, ReliefEntry, RuleEntry};
use super::provisions::RuleKind;
use crate::terms::Openness;

/// A rule as it is written.
pub(super) struct Written<'a> {
    pub(super) kind: RuleKind,
    pub(super) section: Option<Section>,
    pub(super) id: &'a str,
    pub(super) cite: Option<&'a Spanned<String>>,
    pub(super) when: Option<&'a str>,
    /// What people are told, in Chinese and in English; a definition tells nobody anything.
    pub(super) text: Option<(&'a str, &'a str)>,
    pub(super) effect: Effect<'a>,
}

/// What follows where a rule holds, beside what its kind says.
pub(super) enum Effect<'a> {
    Nothing,
    Since(&'a Datetime),
    Read(&'a InterpretationEntry),
    Permits(&'a [Openness]),
    Relieves(&'a ReliefEntry),
    Owed { by: Party, code: &'a str },
    Due { by: Party, working_days: u16 },
}

/// Every rule of the file.
pub(super) fn written(file: &File) -> Vec<Written<'_>> {
    use Section::{Access, Classification};
    let (classes, access) = (&file.classification, &file.access);
    let mut out = Vec::new();
    if let Some(confirm) = &file.confirm_after {
        out.push(Written {
            kind: RuleKind::Confirm,
            section: None,
            id: "confirm_in_force",
            cite: Some(&confirm.cite),
            when: None,
            text: Some((&confirm.zh, &confirm.en)),
            effect: Effect::Since(confirm.date.get_ref()),
        });
    }
    out.extend(file.interpretations.iter().map(|entry| Written {
        kind: RuleKind::Interpretation,
        section: None,
        id: entry.id.get_ref(),
        cite: Some(&entry.cite),
        when: None,
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Read(entry),
    }));
    out.extend(classes.out_of_scope.iter().map(|entry| plain(RuleKind::OutOfScope, Classification, entry)));
    out.extend(access.out_of_scope.iter().map(|entry| plain(RuleKind::OutOfScope, Access, entry)));
    out.push(unknown(Classification, &classes.unknown));
    out.push(unknown(Access, &access.unknown));
    out.push(Written {
        kind: RuleKind::Otherwise,
        section: Some(Classification),
        id: "otherwise",
        cite: Some(&classes.otherwise.cite),
        when: None,
        text: Some((&classes.otherwise.zh, &classes.otherwise.en)),
        effect: Effect::Permits(&classes.otherwise.base),
    });
    for (section, definitions) in [(Classification, &classes.definitions), (Access, &access.definitions)] {
        out.extend(definitions.iter().map(|entry| Written {
            kind: RuleKind::Definition,
            section: Some(section),
            id: entry.id.get_ref(),
            cite: entry.cite.as_ref(),
            when: Some(entry.when.get_ref()),
            text: None,
            effect: Effect::Nothing,
        }));
    }
    out.extend(classes.grounds.iter().map(|entry| Written {
        kind: RuleKind::Ground,
        section: Some(Classification),
        id: entry.id.get_ref(),
        cite: Some(&entry.cite),
        when: Some(entry.when.get_ref()),
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Permits(&entry.base),
    }));
    out.extend(classes.reliefs.iter().map(|entry| Written {
        kind: RuleKind::Relief,
        section: Some(Classification),
        id: entry.id.get_ref(),
        cite: Some(&entry.cite),
        when: Some(entry.when.get_ref()),
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Relieves(entry),
    }));
    out.extend(classes.requires.iter().map(|entry| plain(RuleKind::Step, Classification, entry)));
    out.extend(access.denials.iter().map(|entry| plain(RuleKind::Denial, Access, entry)));
    out.extend(access.duties.iter().map(|entry| Written {
        kind: RuleKind::Duty,
        section: Some(Access),
        id: entry.id.get_ref(),
        cite: Some(&entry.cite),
        when: Some(entry.when.get_ref()),
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Owed { by: entry.by, code: entry.code.get_ref() },
    }));
    out.extend(file.deadlines.iter().map(|entry| Written {
        kind: RuleKind::Deadline,
        section: None,
        id: entry.code.get_ref(),
        cite: Some(&entry.cite),
        when: entry.when.as_ref().map(|when| when.get_ref().as_str()),
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Due { by: entry.by, working_days: entry.working_days },
    }));
    out
}

fn plain(kind: RuleKind, section: Section, entry: &RuleEntry) -> Written<'_> {
    Written {
        kind,
        section: Some(section),
        id: entry.id.get_ref(),
        cite: Some(&entry.cite),
        when: Some(entry.when.get_ref()),
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Nothing,
    }
}

fn unknown(section: Section, entry: &MarkEntry) -> Written<'_> {
    Written {
        kind: RuleKind::Unknown,
        section: Some(section),
        id: "unknown_facts",
        cite: Some(&entry.cite),
        when: None,
        text: Some((&entry.zh, &entry.en)),
        effect: Effect::Nothing,
    }
}
