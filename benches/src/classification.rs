//! Seeded cases of a classification under the Xi'an measures, with the same law written out as `if` and `else`.
//!
//! It knows kaifang's facts by name and nothing else of kaifang: the answers are computed here by hand.

use kaifang::policy::Facts;

use crate::{Fact, Random};

/// Unconditional, as a bit of a set of classes.
pub const U: u8 = 1;
/// Conditional, as a bit of a set of classes.
pub const C: u8 = 2;
/// Withheld, as a bit of a set of classes.
pub const W: u8 = 4;

const BOOLS: [&str; 18] = [
    "state_secret",
    "law_forbids",
    "endangers_national_security",
    "endangers_public_security",
    "endangers_economic_security",
    "endangers_social_stability",
    "trade_secret",
    "personal_privacy",
    "other_third_party_interest",
    "harm_ruled_out",
    "high_protection_need",
    "specific_terms_needed",
    "aggregation_may_reveal",
    "committee_advised",
    "declassified",
    "prohibition_lifted",
    "third_party_consents",
    "closure_harms_public",
];

/// The facts as a program would hold them that knows this one law.
#[derive(Debug)]
pub struct Case {
    bools: [bool; 18],
    data_grade: &'static str,
    desensitization: &'static str,
}

/// So many cases, the same in every run.
#[must_use]
pub fn cases(count: usize) -> Vec<Case> {
    let mut random = Random::new(3);
    (0..count).map(|_| Case::new(&mut random)).collect()
}

impl Case {
    fn new(random: &mut Random) -> Self {
        let mut bools = [false; 18];
        // Dangers are rare, so that every branch is met.
        for (fact, value) in BOOLS.iter().zip(&mut bools) {
            let odds =
                if *fact == "state_secret" || fact.starts_with("endangers") || *fact == "law_forbids" { 8 } else { 2 };
            *value = random.below(odds) == 0;
        }
        let data_grade = random.one_of(&["general", "general", "general", "important", "core"]);
        let desensitization = random.one_of(&["none", "deidentified", "anonymized"]);
        Case { bools, data_grade, desensitization }
    }

    /// The facts by name.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Fact)> {
        let bools = BOOLS.into_iter().zip(self.bools.map(Fact::Bool));
        let words = [("data_grade", self.data_grade), ("desensitization", self.desensitization)];
        bools.chain(words.map(|(fact, word)| (fact, Fact::Word(word))))
    }

    /// The facts as kaifang takes them.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.named().collect()
    }

    /// A18 by hand: which classes are permitted, as bits; nothing when out of scope.
    #[must_use]
    #[inline]
    pub fn by_hand(&self) -> u8 {
        let [
            secret,
            forbids,
            national,
            public,
            economic,
            stability,
            trade,
            privacy,
            other,
            ruled_out,
            protection,
            terms,
            _,
            _,
            declassified,
            lifted,
            consents,
            closure,
        ] = self.bools;
        if secret {
            return 0;
        }
        let mut permitted = U;
        let mut join = |set: u8| {
            // The stricter of each pair: from the least strict that both reach, whatever either holds above it.
            let floor = |set: u8| {
                if set & U != 0 {
                    U | C | W
                } else if set & C != 0 {
                    C | W
                } else {
                    W
                }
            };
            permitted = (permitted | set) & floor(permitted) & floor(set);
        };
        if forbids {
            join(if lifted { W | C | U } else { W });
        }
        if national || public || economic || stability || self.data_grade != "general" {
            join(if declassified { W | C | U } else { W });
        }
        if (trade || privacy || other) && !ruled_out {
            join(match self.desensitization {
                _ if consents || closure => C | U,
                "anonymized" => W | C | U,
                "deidentified" => W | C,
                _ => W,
            });
        }
        if protection || terms {
            join(C);
        }
        permitted
    }
}
