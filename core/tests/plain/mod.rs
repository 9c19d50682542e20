//! A plain interpreter of the written semantics, shared by the tests that hold the engine against it.
//!
//! It is written from the tables of the Measures' meaning, fact by fact, and shares nothing with the engine: no policy
//! file, no diagrams. A point is the place of each fact's value, sets are bits, so that it goes through whole spaces.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod cases;
pub(crate) mod check;

/// Facts and the words that each can be.
pub(crate) type Table = &'static [(&'static str, &'static [&'static str])];

/// For each fact the place of its value; a place behind the table's end counts for nothing.
pub(crate) type Point = [u8; FACTS];

pub(crate) const FACTS: usize = 20;

const BOOL: &[&str] = &["false", "true"];

pub(crate) const CLASSIFICATION: Table = &[
    ("state_secret", BOOL),
    ("law_forbids", BOOL),
    ("endangers_national_security", BOOL),
    ("endangers_public_security", BOOL),
    ("endangers_economic_security", BOOL),
    ("endangers_social_stability", BOOL),
    ("trade_secret", BOOL),
    ("personal_privacy", BOOL),
    ("other_third_party_interest", BOOL),
    ("harm_ruled_out", BOOL),
    ("high_protection_need", BOOL),
    ("specific_terms_needed", BOOL),
    ("aggregation_may_reveal", BOOL),
    ("committee_advised", BOOL),
    ("declassified", BOOL),
    ("prohibition_lifted", BOOL),
    ("third_party_consents", BOOL),
    ("closure_harms_public", BOOL),
    ("data_grade", &["general", "important", "core"]),
    ("desensitization", &["none", "deidentified", "anonymized"]),
];

pub(crate) const ACCESS: Table = &[
    ("out_of_scope", BOOL),
    ("listed", BOOL),
    ("assessed", BOOL),
    ("content_matches_assessment", BOOL),
    ("committee_pending", BOOL),
    ("openness_permitted", BOOL),
    ("other_way_has_basis", BOOL),
    ("identified", BOOL),
    ("purpose_in_scope", BOOL),
    ("way_in_scope", BOOL),
    ("within_quota", BOOL),
    ("result_reviewed", BOOL),
    ("risk_report_overdue", BOOL),
    ("via", &["platform", "approved_channel", "other"]),
    ("openness", &["unconditional", "conditional", "withheld", "undecided"]),
    ("dataset_status", &["not_open", "open", "suspended", "withdrawn", "terminated"]),
    ("action", &["query", "preview", "download", "api", "model_result", "other"]),
    ("application", &["none", "filed", "approved", "rejected", "expired", "revoked"]),
    ("user_standing", &["good", "rectification", "terminated"]),
];

/// Every denial with its article, in the order of the articles.
pub(crate) const DENIALS: &[(&str, &str)] = &[
    ("A2", "out_of_scope"),
    ("A9.2", "not_assessed"),
    ("A9.2", "content_changed"),
    ("A10", "purpose_mismatch"),
    ("A12", "not_via_platform"),
    ("A17", "not_open"),
    ("A17", "suspended"),
    ("A17", "terminated"),
    ("A18", "withheld"),
    ("A18", "undecided"),
    ("A18", "openness_not_permitted"),
    ("A19.2", "not_listed"),
    ("A22.1(4)", "other_way_no_basis"),
    ("A22.2", "result_not_reviewed"),
    ("A22.2", "conditional_no_download"),
    ("A22.2", "quota_exceeded"),
    ("A25", "risk_report_overdue"),
    ("A26", "not_identified"),
    ("A26", "no_application"),
    ("A26", "application_expired"),
    ("A26", "application_not_approved"),
    ("A26", "way_mismatch"),
    ("A32(4)", "committee_pending"),
    ("A32(5)", "withdrawn"),
    ("A35", "user_suspended"),
    ("A35", "user_terminated"),
];

pub(crate) const GROUNDS: [&str; 5] =
    ["law_forbids", "security_danger", "third_party_harm", "protection_need", "specific_terms"];

// Names are looked up while the tests compile, so that the rules below name facts and words and run on places.

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

pub(crate) const fn fact(table: Table, name: &str) -> usize {
    let mut at = 0;
    while !same(table[at].0, name) {
        at += 1;
    }
    at
}

pub(crate) const fn word(table: Table, name: &str, word: &str) -> u8 {
    let words = table[fact(table, name)].1;
    let mut at = 0;
    while !same(words[at], word) {
        at += 1;
    }
    at as u8
}

pub(crate) const fn denial(code: &str) -> u32 {
    let mut at = 0;
    while !same(DENIALS[at].1, code) {
        at += 1;
    }
    1 << at
}

// ── Which classes a dataset may be put in ───────────────────────────────────────────────────────────────────────────

/// A set of classes: unconditional, conditional and withheld, the stricter the greater.
pub(crate) type Classes = u8;
pub(crate) const U: Classes = 1;
pub(crate) const C: Classes = 2;
pub(crate) const W: Classes = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) out_of_scope: bool,
    pub(crate) permitted: Classes,
    /// One class; none when out of scope.
    pub(crate) recommended: Classes,
    pub(crate) committee_required: bool,
    /// For each ground, where it is live, the relief that reaches it.
    pub(crate) grounds: [Option<Option<&'static str>>; GROUNDS.len()],
}

pub(crate) fn strictest(set: Classes) -> Classes {
    [W, C, U].into_iter().find(|class| set & class != 0).unwrap_or(0)
}

/// Every way of taking one class of each set, and the stricter of what was taken.
fn join(a: Classes, b: Classes) -> Classes {
    let mut out = 0;
    for x in [U, C, W] {
        for y in [U, C, W] {
            if a & x != 0 && b & y != 0 {
                out |= x.max(y);
            }
        }
    }
    out
}

pub(crate) fn classify(p: &Point, deidentified_may_be_unconditional: bool) -> Class {
    macro_rules! is {
        ($fact:literal) => {
            is!($fact, "true")
        };
        ($fact:literal, $word:literal) => {
            p[const { fact(CLASSIFICATION, $fact) }] == const { word(CLASSIFICATION, $fact, $word) }
        };
    }
    let mut out = Class {
        out_of_scope: is!("state_secret"),
        permitted: 0,
        recommended: 0,
        committee_required: false,
        grounds: [None; GROUNDS.len()],
    };
    if out.out_of_scope {
        return out;
    }
    let [law_forbids, security_danger, third_party_harm, protection_need, specific_terms] = &mut out.grounds;
    let mut permitted = U;
    let mut only_relieved_harm = true;
    if is!("law_forbids") {
        only_relieved_harm = false;
        let relieved = is!("prohibition_lifted");
        permitted = join(permitted, if relieved { W | C | U } else { W });
        *law_forbids = Some(relieved.then_some("prohibition_lifted"));
    }
    if is!("endangers_national_security")
        || is!("endangers_public_security")
        || is!("endangers_economic_security")
        || is!("endangers_social_stability")
        || !is!("data_grade", "general")
    {
        only_relieved_harm = false;
        let relieved = is!("declassified");
        permitted = join(permitted, if relieved { W | C | U } else { W });
        *security_danger = Some(relieved.then_some("declassified"));
    }
    if (is!("trade_secret") || is!("personal_privacy") || is!("other_third_party_interest")) && !is!("harm_ruled_out") {
        let (set, relief) = if is!("third_party_consents") {
            (C | U, Some("third_party_consents"))
        } else if is!("closure_harms_public") {
            (C | U, Some("closure_harms_public"))
        } else if is!("desensitization", "anonymized") {
            (W | C | U, Some("anonymized"))
        } else if is!("desensitization", "deidentified") {
            (if deidentified_may_be_unconditional { W | C | U } else { W | C }, Some("deidentified"))
        } else {
            (W, None)
        };
        only_relieved_harm &= relief.is_some();
        permitted = join(permitted, set);
        *third_party_harm = Some(relief);
    }
    if is!("high_protection_need") {
        permitted = join(permitted, C);
        *protection_need = Some(None);
    }
    if is!("specific_terms_needed") {
        permitted = join(permitted, C);
        *specific_terms = Some(None);
    }
    out.permitted = permitted;
    out.recommended = strictest(if only_relieved_harm { permitted & (C | U) } else { permitted });
    out.committee_required = is!("aggregation_may_reveal") && !is!("committee_advised");
    out
}

// ── Whether somebody may have it ────────────────────────────────────────────────────────────────────────────────────

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    pub(crate) overdue_denies: bool,
    pub(crate) preview_treated: bool,
}

/// Whether an access is to conditional data itself: to more than its metadata or, under one reading, a treated sample.
pub(crate) fn conditional_access(p: &Point, reading: Reading) -> bool {
    let action = p[const { fact(ACCESS, "action") }];
    p[const { fact(ACCESS, "openness") }] == const { word(ACCESS, "openness", "conditional") }
        && action != const { word(ACCESS, "action", "query") }
        && !(reading.preview_treated && action == const { word(ACCESS, "action", "preview") })
}

/// The denials that apply, each a bit at its place in [`DENIALS`].
pub(crate) fn denials(p: &Point, reading: Reading) -> u32 {
    macro_rules! is {
        ($fact:literal) => {
            is!($fact, "true")
        };
        ($fact:literal, $word:literal) => {
            p[const { fact(ACCESS, $fact) }] == const { word(ACCESS, $fact, $word) }
        };
    }
    let mut out = 0;
    macro_rules! deny {
        ($code:literal, $when:expr) => {
            if $when {
                out |= const { denial($code) };
            }
        };
    }
    if is!("out_of_scope") {
        return const { denial("out_of_scope") };
    }
    deny!("not_listed", !is!("listed"));
    if is!("action", "query") {
        return out;
    }
    deny!("not_via_platform", is!("via", "other"));
    deny!("not_assessed", !is!("assessed"));
    deny!("content_changed", is!("assessed") && !is!("content_matches_assessment"));
    deny!("committee_pending", is!("committee_pending"));
    deny!("withheld", is!("openness", "withheld"));
    deny!("undecided", is!("openness", "undecided"));
    let open_class = is!("openness", "unconditional") || is!("openness", "conditional");
    deny!("openness_not_permitted", open_class && !is!("openness_permitted"));
    deny!("not_open", is!("dataset_status", "not_open"));
    deny!("suspended", is!("dataset_status", "suspended"));
    deny!("withdrawn", is!("dataset_status", "withdrawn"));
    deny!("terminated", is!("dataset_status", "terminated"));
    deny!("user_suspended", is!("identified") && is!("user_standing", "rectification"));
    deny!("user_terminated", is!("identified") && is!("user_standing", "terminated"));
    deny!("result_not_reviewed", is!("action", "model_result") && !is!("result_reviewed"));
    deny!("other_way_no_basis", is!("action", "other") && !is!("other_way_has_basis"));
    if conditional_access(p, reading) {
        deny!("conditional_no_download", is!("action", "download"));
        deny!("not_identified", !is!("identified"));
        deny!("no_application", is!("application", "none"));
        deny!("application_expired", is!("application", "expired"));
        let not_approved = is!("application", "filed") || is!("application", "rejected");
        deny!("application_not_approved", not_approved || is!("application", "revoked"));
        if is!("application", "approved") {
            deny!("purpose_mismatch", !is!("purpose_in_scope"));
            deny!("way_mismatch", !is!("action", "preview") && !is!("way_in_scope"));
            deny!("quota_exceeded", !is!("action", "preview") && !is!("within_quota"));
        }
        deny!("risk_report_overdue", is!("risk_report_overdue") && reading.overdue_denies);
    }
    out
}
