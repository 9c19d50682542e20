//! Seeded cases of an access request under the Xi'an measures, with the same law written out as `if` and `else`.
//!
//! It knows kaifang's facts by name and nothing else of kaifang: the answers are computed here by hand.

use kaifang::policy::Facts;

use crate::{Fact, Random};

/// The facts of a request as a program would hold them that knows this one law.
#[derive(Debug)]
pub struct Case {
    out_of_scope: bool,
    listed: bool,
    assessed: bool,
    content_matches_assessment: bool,
    committee_pending: bool,
    openness_permitted: bool,
    other_way_has_basis: bool,
    identified: bool,
    purpose_in_scope: bool,
    way_in_scope: bool,
    within_quota: bool,
    result_reviewed: bool,
    risk_report_overdue: bool,
    via: &'static str,
    openness: &'static str,
    dataset_status: &'static str,
    action: &'static str,
    application: &'static str,
    user_standing: &'static str,
}

/// So many cases, the same in every run.
#[must_use]
pub fn cases(count: usize) -> Vec<Case> {
    let mut random = Random::new(4);
    (0..count).map(|_| Case::new(&mut random)).collect()
}

impl Case {
    fn new(random: &mut Random) -> Self {
        // Most things are in order most of the time, as at a gate.
        let mut mostly = |usual: bool| if random.below(8) == 0 { !usual } else { usual };
        let (out_of_scope, committee_pending, risk_report_overdue) = (mostly(false), mostly(false), mostly(false));
        Case {
            out_of_scope,
            listed: mostly(true),
            assessed: mostly(true),
            content_matches_assessment: mostly(true),
            committee_pending,
            openness_permitted: mostly(true),
            other_way_has_basis: mostly(true),
            identified: mostly(true),
            purpose_in_scope: mostly(true),
            way_in_scope: mostly(true),
            within_quota: mostly(true),
            result_reviewed: mostly(true),
            risk_report_overdue,
            via: random.one_of(&["platform", "platform", "platform", "approved_channel", "other"]),
            openness: random.one_of(&["unconditional", "conditional", "conditional", "withheld", "undecided"]),
            dataset_status: random.one_of(&[
                "open",
                "open",
                "open",
                "not_open",
                "suspended",
                "withdrawn",
                "terminated",
            ]),
            action: random.one_of(&["query", "preview", "download", "api", "model_result", "other"]),
            application: random.one_of(&["approved", "approved", "none", "filed", "rejected", "expired", "revoked"]),
            user_standing: random.one_of(&["good", "good", "good", "rectification", "terminated"]),
        }
    }

    /// The facts by name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Fact); 19] {
        [
            ("out_of_scope", Fact::Bool(self.out_of_scope)),
            ("listed", Fact::Bool(self.listed)),
            ("assessed", Fact::Bool(self.assessed)),
            ("content_matches_assessment", Fact::Bool(self.content_matches_assessment)),
            ("committee_pending", Fact::Bool(self.committee_pending)),
            ("openness_permitted", Fact::Bool(self.openness_permitted)),
            ("other_way_has_basis", Fact::Bool(self.other_way_has_basis)),
            ("identified", Fact::Bool(self.identified)),
            ("purpose_in_scope", Fact::Bool(self.purpose_in_scope)),
            ("way_in_scope", Fact::Bool(self.way_in_scope)),
            ("within_quota", Fact::Bool(self.within_quota)),
            ("result_reviewed", Fact::Bool(self.result_reviewed)),
            ("risk_report_overdue", Fact::Bool(self.risk_report_overdue)),
            ("via", Fact::Word(self.via)),
            ("openness", Fact::Word(self.openness)),
            ("dataset_status", Fact::Word(self.dataset_status)),
            ("action", Fact::Word(self.action)),
            ("application", Fact::Word(self.application)),
            ("user_standing", Fact::Word(self.user_standing)),
        ]
    }

    /// What is asked for.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// The facts as kaifang takes them.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.named().into_iter().collect()
    }

    /// The codes of every denial, in no order.
    #[must_use]
    #[inline]
    pub fn by_hand(&self) -> Vec<&'static str> {
        if self.out_of_scope {
            return vec!["out_of_scope"];
        }
        let mut denials = Vec::new();
        let mut deny = |when: bool, code: &'static str| {
            if when {
                denials.push(code);
            }
        };
        deny(!self.listed, "not_listed");
        if self.action == "query" {
            return denials;
        }
        deny(self.via == "other", "not_via_platform");
        deny(!self.assessed, "not_assessed");
        deny(self.assessed && !self.content_matches_assessment, "content_changed");
        deny(self.committee_pending, "committee_pending");
        deny(self.openness == "withheld", "withheld");
        deny(self.openness == "undecided", "undecided");
        let open_class = matches!(self.openness, "unconditional" | "conditional");
        deny(open_class && !self.openness_permitted, "openness_not_permitted");
        deny(self.dataset_status != "open", self.dataset_status);
        deny(self.identified && self.user_standing == "rectification", "user_suspended");
        deny(self.identified && self.user_standing == "terminated", "user_terminated");
        deny(self.action == "model_result" && !self.result_reviewed, "result_not_reviewed");
        deny(self.action == "other" && !self.other_way_has_basis, "other_way_no_basis");
        if self.openness == "conditional" {
            deny(self.action == "download", "conditional_no_download");
            deny(!self.identified, "not_identified");
            deny(self.application == "none", "no_application");
            deny(self.application == "expired", "application_expired");
            deny(matches!(self.application, "filed" | "rejected" | "revoked"), "application_not_approved");
            if self.application == "approved" {
                deny(!self.purpose_in_scope, "purpose_mismatch");
                deny(self.action != "preview" && !self.way_in_scope, "way_mismatch");
                deny(self.action != "preview" && !self.within_quota, "quota_exceeded");
            }
        }
        denials
    }
}
