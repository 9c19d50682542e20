//! The analysis of a whole space against plain enumeration of its points, and every statement against a policy that
//! breaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod languages;

use std::collections::BTreeMap;

use kaifang::error::Explain as _;
use kaifang::policy::{Answer, Counterexample, FactValue, Facts, Points, Policy, Region, Section, Status, Then};
use kaifang::terms::Word as _;

const SECOND_CITY: &str = include_str!("data/second-city.toml");
const XIAN: &str = include_str!("../policies/xian-2022-013.toml");

fn xian() -> Policy {
    Policy::builtin("xian-2022-013").unwrap()
}

/// A file with one passage replaced; the passage has to be there.
fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old}");
    text.replacen(old, new, 1)
}

/// The answer by the policy's own evaluation.
fn answer(policy: &Policy, section: Section, facts: &Facts) -> Answer {
    let at = policy.in_force().0;
    match section {
        Section::Access if policy.decide(facts, at).unwrap().permit => Answer::Permit,
        Section::Access => Answer::Deny,
        Section::Classification => {
            let found = policy.classify(facts, at).unwrap();
            if found.status == Status::OutOfScope { Answer::OutOfScope } else { Answer::Permitted(found.permitted) }
        }
    }
}

/// Every point over some facts, put on fixed values of the others.
fn points(policy: &Policy, section: Section, fixed: &Facts) -> Vec<Facts> {
    policy.facts(section).iter().fold(vec![fixed.clone()], |points, fact| {
        if fixed.get(&fact.id).is_some() {
            return points;
        }
        let values = (0..fact.domain.size()).map(|value| fact.domain.value_at(value).unwrap());
        let put = |value: FactValue| {
            points.iter().map(move |point| {
                let mut point = point.clone();
                point.set(fact.id.clone(), value.clone());
                point
            })
        };
        values.flat_map(put).collect()
    })
}

fn within(region: &Region, facts: &Facts) -> bool {
    region.limits.iter().all(|limit| limit.values.iter().any(|value| facts.get(&limit.fact) == Some(value)))
}

fn read(policy: &Policy, readings: &BTreeMap<String, String>) -> Policy {
    readings.iter().fold(policy.clone(), |policy, (name, option)| policy.with_interpretation(name, option).unwrap())
}

// ── Proofs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_bundled_policy_is_what_it_says_of_itself() {
    let proofs = xian().prove().unwrap();
    for proof in &proofs.proofs {
        assert!(proof.holds && proof.counterexample.is_none(), "{proof:?}");
    }
    assert!(proofs.holds);
    let ids: Vec<&str> = proofs.proofs.iter().map(|proof| proof.id.as_str()).collect();
    for id in [
        "complete",
        "conflict_free",
        "relief_reaches_only_its_own",
        "withheld_by_default",
        "unknown_never_permits",
        "conditional_never_downloaded",
        "withheld_never_beyond_metadata",
        "out_of_scope_never_permitted",
        "outside_permitted_set_never_served",
        "deidentified_never_unconditional",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
    // 18 bool facts and two of three values; 192 readings besides.
    let of = |id: &str| proofs.proofs.iter().find(|proof| proof.id == id).unwrap().points;
    assert_eq!(of("complete"), Points((192 * 9) << 18));
    assert_eq!(of("deidentified_never_unconditional"), Points(9 << 18));
}

/// For each declared property a slip in the file that breaks it: the property, the passage, what it becomes.
const SLIPS: &[(&str, &str, &str)] = &[
    (
        "secrets_have_no_class",
        "cite = \"A2\"\nwhen = \"state_secret\"",
        "cite = \"A2\"\nwhen = \"state_secret and law_forbids\"",
    ),
    (
        "prohibition_opens_only_when_lifted",
        "relieves = [\"third_party_harm\"]\nwhen = \"third_party_consents\"",
        "relieves = [\"third_party_harm\", \"law_forbids\"]\nwhen = \"third_party_consents and not prohibition_lifted\"",
    ),
    (
        "danger_opens_only_when_declassified",
        "when = \"declassified\"",
        "when = \"declassified or desensitization = anonymized\"",
    ),
    (
        "harm_opens_only_by_relief",
        "when = \"desensitization = anonymized\"",
        "when = \"desensitization != deidentified\"",
    ),
    (
        "deidentified_never_unconditional",
        "permits = [\"withheld\", \"conditional\"]\nunder",
        "permits = [\"withheld\", \"unconditional\"]\nunder",
    ),
    (
        "consent_lists_it_for_opening",
        "when = \"third_party_consents\"\npermits = [",
        "when = \"third_party_consents\"\npermits = [\"withheld\", ",
    ),
    (
        "conditions_are_kept",
        "when = \"specific_terms_needed\"\nbase = [",
        "when = \"specific_terms_needed\"\nbase = [\"unconditional\", ",
    ),
    ("nothing_restricted_without_ground", "base = [\"unconditional\"]", "base = [\"unconditional\", \"conditional\"]"),
    (
        "aggregation_asks_the_committee",
        "when = \"aggregation_may_reveal and not committee_advised\"",
        "when = \"all(aggregation_may_reveal, not committee_advised, personal_privacy)\"",
    ),
    ("danger_never_opens_more", "and not harm_ruled_out\"", "and not harm_ruled_out and not law_forbids\""),
    ("out_of_scope_never_permitted", "when = \"out_of_scope\"", "when = \"out_of_scope and action != query\""),
    ("unlisted_never_permitted", "when = \"not listed\"", "when = \"not listed and beyond_metadata\""),
    ("metadata_is_open_to_all", "when = \"beyond_metadata and not assessed\"", "when = \"not assessed\""),
    ("platform_only", "beyond_metadata and via = other", "all(beyond_metadata, via = other, not identified)"),
    (
        "unassessed_never_served",
        "assessed, not content_matches_assessment)\"",
        "assessed, not content_matches_assessment, action = download)\"",
    ),
    ("committee_is_awaited", "beyond_metadata and committee_pending", "action = download and committee_pending"),
    (
        "withheld_never_beyond_metadata",
        "beyond_metadata and openness = withheld",
        "all(beyond_metadata, openness = withheld, action != preview)",
    ),
    (
        "undecided_never_served",
        "beyond_metadata and openness = undecided",
        "all(beyond_metadata, openness = undecided, via = other)",
    ),
    (
        "outside_permitted_set_never_served",
        "openness = unconditional or openness = conditional, not",
        "openness = conditional, not",
    ),
    (
        "only_open_data_is_served",
        "beyond_metadata and dataset_status = terminated",
        "all(beyond_metadata, dataset_status = terminated, identified)",
    ),
    (
        "risk_stops_it_at_once",
        "beyond_metadata and dataset_status = suspended",
        "all(beyond_metadata, dataset_status = suspended, action = download)",
    ),
    (
        "standing_is_kept",
        "identified, user_standing = rectification",
        "openness = conditional, identified, user_standing = rectification",
    ),
    (
        "model_results_are_reviewed",
        "action = model_result and not result_reviewed",
        "all(action = model_result, openness = conditional, not result_reviewed)",
    ),
    (
        "other_ways_need_a_basis",
        "action = other and not other_way_has_basis",
        "all(action = other, not identified, not other_way_has_basis)",
    ),
    (
        "conditional_never_downloaded",
        "when = \"conditional_access and action = download\"",
        "when = \"all(conditional_access, action = download, not way_in_scope)\"",
    ),
    (
        "conditional_only_when_approved",
        "any(application = filed, application = rejected, application = revoked)",
        "any(application = filed, application = rejected)",
    ),
    (
        "conditional_only_as_approved",
        "application = approved, not purpose_in_scope",
        "application = approved, not within_quota",
    ),
    (
        "danger_never_permits_more",
        "action = model_result and not result_reviewed",
        "action = model_result and result_reviewed",
    ),
];

#[test]
fn each_declared_property_fails_of_a_policy_that_breaks_it() {
    let right = xian();
    let declared = |proof: &&kaifang::policy::Proof| SLIPS.iter().any(|(id, _, _)| *id == proof.id);
    let proofs = right.prove().unwrap().proofs;
    assert_eq!(proofs.iter().filter(declared).count() + 5, proofs.len(), "every declared property has its slip");
    let file: toml::Table = XIAN.parse().unwrap();
    let properties = file["properties"].as_array().unwrap();
    let mut free = 0;
    for (id, old, new) in SLIPS {
        let wrong = Policy::parse(&with(XIAN, old, new)).unwrap_or_else(|error| panic!("{id}: {error}"));
        let proofs = wrong.prove().unwrap();
        assert!(!proofs.holds);
        let proof = proofs.proofs.into_iter().find(|proof| proof.id == *id).unwrap();
        assert!(!proof.holds, "{id}");
        let Counterexample { facts, decisive, readings, then, points } = proof.counterexample.unwrap();
        assert!(points > Points(0) && !decisive.is_empty(), "{id}");
        let (wrong, right) = (read(&wrong, &readings), read(&right, &readings));
        let property = properties.iter().find(|property| property["id"].as_str() == Some(*id)).unwrap();
        let never = property.get("never").map(|never| never.as_str().unwrap());
        assert_eq!(never.is_none(), then.is_some(), "{id}");
        let broken = |policy: &Policy, facts: &Facts| match (never, &then) {
            (Some(never), _) => Reader::holds(never, &|name| said(policy, proof.section, facts, name)),
            (None, then) => {
                let Then { fact, value } = then.clone().unwrap();
                let mut moved = facts.clone();
                moved.set(fact, value);
                laxer(&answer(policy, proof.section, facts), &answer(policy, proof.section, &moved))
            }
        };
        assert!(broken(&wrong, &facts) && !broken(&right, &facts), "{id}: {facts:?}");
        // What is not decisive may have any value.
        for fact in right.facts(proof.section).iter().filter(|fact| !decisive.contains(&fact.id)) {
            for value in 0..fact.domain.size() {
                let mut other = facts.clone();
                other.set(fact.id.clone(), fact.domain.value_at(value).unwrap());
                assert!(broken(&wrong, &other), "{id}: {}", fact.id);
                free += 1;
            }
        }
    }
    assert!(free > SLIPS.len());
}

/// Whether an answer is laxer than another.
fn laxer(before: &Answer, after: &Answer) -> bool {
    match (before, after) {
        (Answer::Permitted(before), Answer::Permitted(after)) => {
            after.first() < before.first() || after.last() < before.last()
        }
        (Answer::OutOfScope, Answer::Permitted(_)) => true,
        (before, after) => (before, after) == (&Answer::Deny, &Answer::Permit),
    }
}

/// What a property's condition reads by a name: a fact, a reading, a word of the answer.
fn said(policy: &Policy, section: Section, facts: &Facts, name: &str) -> String {
    if let Some(value) = facts.get(name) {
        return match value {
            FactValue::Bool(value) => value.to_string(),
            FactValue::Word(word) => word.clone(),
        };
    }
    let at = policy.in_force().0;
    let (kind, of) = name.split_once('.').unwrap_or((name, ""));
    let holds = match (kind, section) {
        ("interpretation", _) => return policy.interpretation(of).unwrap().to_owned(),
        ("permit", Section::Access) => policy.decide(facts, at).unwrap().permit,
        (_, Section::Access) => panic!("{name}"),
        (_, Section::Classification) => {
            let found = policy.classify(facts, at).unwrap();
            match kind {
                "out_of_scope" => found.status == Status::OutOfScope,
                "permitted" => found.permitted.iter().any(|class| class.id() == of),
                "live" => found.grounds.iter().any(|ground| ground.id == of),
                "applies" => found.grounds.iter().any(|ground| ground.relieved_by.as_deref() == Some(of)),
                "requires" => found.requires.iter().any(|step| step.rule == of),
                _ => panic!("{name}"),
            }
        }
    };
    holds.to_string()
}

/// A plain reading of a condition, without diagrams: word after word, every part of it.
struct Reader<'a> {
    words: Vec<&'a str>,
    of: &'a dyn Fn(&str) -> String,
}

impl Reader<'_> {
    fn holds(condition: &str, of: &dyn Fn(&str) -> String) -> bool {
        let apart = condition.replace("!=", "≠");
        let apart = ["(", ")", ",", "=", "≠"].iter().fold(apart, |text, sign| text.replace(sign, &format!(" {sign} ")));
        let mut reader = Reader { words: apart.split_whitespace().rev().collect(), of };
        let holds = reader.condition();
        assert!(reader.words.is_empty(), "{condition}");
        holds
    }

    fn take(&mut self, wanted: &str) -> bool {
        let here = self.words.last() == Some(&wanted);
        self.words.truncate(self.words.len() - usize::from(here));
        here
    }

    fn condition(&mut self) -> bool {
        let mut holds = self.term();
        loop {
            if self.take("or") {
                holds |= self.term();
            } else if self.take("and") {
                holds &= self.term();
            } else {
                return holds;
            }
        }
    }

    fn term(&mut self) -> bool {
        match self.words.pop().unwrap() {
            "not" => !self.term(),
            "(" => self.list()[0],
            "any" if self.take("(") => self.list().contains(&true),
            "all" if self.take("(") => !self.list().contains(&false),
            name => {
                let found = (self.of)(name);
                if self.take("=") {
                    found == self.words.pop().unwrap()
                } else if self.take("≠") {
                    found != self.words.pop().unwrap()
                } else {
                    found == "true"
                }
            }
        }
    }

    fn list(&mut self) -> Vec<bool> {
        let mut all = vec![self.condition()];
        while self.take(",") {
            all.push(self.condition());
        }
        assert!(self.take(")"));
        all
    }
}

#[test]
fn a_reading_that_is_not_the_default_can_break_what_the_defaults_keep() {
    let read = xian().with_interpretation("deidentified_may_be_unconditional", "yes").unwrap();
    let broken: Vec<_> = read.prove().unwrap().proofs.into_iter().filter(|proof| !proof.holds).collect();
    assert_eq!(broken.len(), 1);
    let found = broken[0].counterexample.as_ref().unwrap();
    assert_eq!(found.readings["deidentified_may_be_unconditional"], "yes");
    let Answer::Permitted(classes) = answer(&read, Section::Classification, &found.facts) else { panic!() };
    assert!(classes.contains(&kaifang::terms::Openness::Unconditional));
}

#[test]
fn a_statement_of_every_reading_fails_where_one_reading_breaks_it() {
    let slip = with(
        XIAN,
        "action = preview and interpretation.conditional_preview = treated_sample\"\n",
        "interpretation.conditional_preview = treated_sample\"\n",
    );
    let wrong = Policy::parse(&slip).unwrap();
    let proofs = wrong.prove().unwrap();
    let proof = proofs.proofs.iter().find(|proof| proof.id == "conditional_never_downloaded").unwrap();
    let found = proof.counterexample.as_ref().unwrap();
    assert_eq!(found.readings["conditional_preview"], "treated_sample");
    assert_eq!(answer(&wrong, Section::Access, &found.facts), Answer::Deny, "the readings in force keep it");
    assert_eq!(answer(&read(&wrong, &found.readings), Section::Access, &found.facts), Answer::Permit);
}

// ── Declarations ─────────────────────────────────────────────────────────────────────────────────────────────────────

fn property(body: &str) -> String {
    let section = if body.contains("permitted.") || body.contains("privacy") { "classification" } else { "access" };
    let property = format!(
        "[[properties]]\nid = \"p\"\ncite = \"A9\"\nsection = \"{section}\"\nzh = \"性质。\"\nen = \"Property.\"\n{body}\n\n"
    );
    with(SECOND_CITY, "[[deadlines]]", &format!("{property}[[deadlines]]"))
}

const READING: &str = "[[interpretations]]\nid = \"start\"\ncite = \"A12\"\ndefault = \"receipt\"\nzh = \"自何时?\"\nen = \"From when?\"\noptions = [{ id = \"receipt\", zh = \"收到\", en = \"receipt\" }, { id = \"check\", zh = \"核实\", en = \"check\" }]\n\n[classification]\n";

fn deadline(when: &str, days: u16) -> String {
    format!(
        "[[deadlines]]\ncode = \"complaint_reply\"\ncite = \"A12\"\nby = \"opening_body\"\nworking_days = {days}\n{when}\nzh = \"答复。\"\nen = \"Answer.\"\n"
    )
}

fn deadlines(first: &str, second: &str) -> String {
    let text = with(SECOND_CITY, "[classification]\n", READING);
    let text = &text[..text.find("[[deadlines]]").unwrap()];
    format!("{text}{}\n{}", deadline(first, 5), deadline(second, 8))
}

#[test]
fn a_declaration_that_can_not_be_meant_is_refused_with_its_place() {
    let duty = |id: &str, when: &str| {
        format!(
            "[[access.duties]]\nid = \"{id}\"\ncode = \"record\"\ncite = \"A9\"\nby = \"platform\"\nwhen = \"{when}\"\nzh = \"记录。\"\nen = \"Record.\"\n\n"
        )
    };
    let duties = |a: &str, b: &str| {
        with(SECOND_CITY, "[[deadlines]]", &format!("{}{}[[deadlines]]", duty("one", a), duty("two", b)))
    };
    let receipt = "when = \"interpretation.start = receipt\"";
    let cases = [
        (property("never = \"permit and registred\""), "KF-POLICY-05", "did you mean registered?"),
        (property("never = \"permitted.witheld\""), "KF-POLICY-05", "did you mean permitted.withheld?"),
        (property("never = \"denied.open\""), "KF-POLICY-05", "denied.open"),
        (property("never = \"permit = true\""), "KF-POLICY-06", "write `permit` or `not permit`"),
        (property("never = \"openness = none\""), "KF-POLICY-07", "open, restricted, closed"),
        (property("stricter = [\"registred\"]"), "KF-POLICY-05", "did you mean registered?"),
        (property("stricter = [\"openness\"]"), "KF-POLICY-06", "compare it"),
        (property("stricter = [\"openness = none\"]"), "KF-POLICY-07", "open, restricted, closed"),
        (property("stricter = [\"not registered\"]"), "KF-POLICY-25", "fact = value"),
        (property("stricter = [\"permit\"]"), "KF-POLICY-25", "fact = value"),
        (property("stricter = []"), "KF-POLICY-25", "one of `never` and `stricter`"),
        (property(""), "KF-POLICY-25", "one of `never` and `stricter`"),
        (property("never = \"permit\"\nstricter = [\"registered\"]"), "KF-POLICY-25", "one of `never` and `stricter`"),
        (property("never = \"permit\"\nreadings = \"some\""), "KF-POLICY-03", "expected"),
        (
            property("never = \"permit\"").replace("id = \"p\"", "id = \"complete\""),
            "KF-POLICY-08",
            "property complete",
        ),
        (property("never = \"permit\"").replace("id = \"p\"", "id = \"P\""), "KF-POLICY-14", "property"),
        (property("never = \"permit\"").replace("zh = \"性质。\"", "zh = \"\""), "KF-POLICY-15", "Chinese"),
        (
            property("never = \"permit and registered\"")
                .replace("id = \"registered\"", "id = \"permit\"")
                .replace("not registered", "not permit"),
            "KF-POLICY-29",
            "permit is declared",
        ),
        (with(SECOND_CITY, "when = \"timely\"", "when = \"permitted.withheld\""), "KF-POLICY-24", "only a property"),
        (
            with(SECOND_CITY, "when = \"timely\"", "when = \"timely and live.timely_data = true\""),
            "KF-POLICY-24",
            "only a property",
        ),
        (deadlines("", receipt), "KF-POLICY-27", "interpretation.start = receipt"),
        (deadlines(receipt, receipt), "KF-POLICY-27", "interpretation.start = receipt"),
        (deadlines(receipt, ""), "KF-POLICY-27", "interpretation.start = receipt"),
        (deadlines(receipt, "when = \"not registered\""), "KF-POLICY-26", "interpretation.NAME"),
        (
            deadlines(receipt, "when = \"interpretation.begin = receipt\""),
            "KF-POLICY-05",
            "declared interpretations: start",
        ),
        (duties("always", "registered"), "KF-POLICY-28", "registered = true, openness = open"),
        (duties("openness != closed", "openness = open"), "KF-POLICY-28", "one and two"),
    ];
    for (text, code, words) in cases {
        let error = Policy::parse(&text).expect_err(words);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error} lacks {words}");
        languages::keep_apart(&error, &text);
        assert!(error.place().is_some(), "{error}");
    }
    // Together only where nothing is permitted.
    assert!(Policy::parse(&duties("openness != open", "openness = open or openness = closed")).is_ok());
}

#[test]
fn an_error_in_a_property_points_into_its_condition() {
    let text = property("never = \"permit and registred\"");
    let line = text[..text.find("registred").unwrap()].matches('\n').count() + 1;
    assert_eq!(Policy::parse(&text).unwrap_err().place(), Some(format!("line {line}, column 21")));
}

#[test]
fn the_deadline_is_the_one_of_the_reading() {
    let text = deadlines("when = \"interpretation.start = receipt\"", "when = \"interpretation.start = check\"");
    let policy = Policy::parse(&text).unwrap();
    let days = |policy: &Policy| policy.deadline("complaint_reply").map(|rule| rule.working_days);
    assert_eq!(days(&policy), Some(5));
    assert_eq!(days(&policy.with_interpretation("start", "check").unwrap()), Some(8));
    let one = deadlines("when = \"interpretation.start = receipt\"", "").replace(
        "code = \"complaint_reply\"\ncite = \"A12\"\nby = \"opening_body\"\nworking_days = 8",
        "code = \"other\"\ncite = \"A12\"\nby = \"opening_body\"\nworking_days = 8",
    );
    let policy = Policy::parse(&one).unwrap().with_interpretation("start", "check").unwrap();
    assert_eq!(days(&policy), None, "no deadline under this reading");
}

#[test]
fn properties_are_content() {
    let changed = Policy::parse(&with(XIAN, "readings = \"default\"\n", "")).unwrap();
    assert_ne!(changed.hash(), xian().hash());
}

// ── Analysis ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A policy with rules that do nothing.
fn idle() -> Policy {
    let rules = r#"
[[classification.grounds]]
id = "idle_ground"
cite = "A6"
when = "privacy and consent = refused and not treated"
base = ["conditional"]
zh = "闲置。"
en = "Idle."

[[classification.grounds]]
id = "dead_ground"
cite = "A6"
when = "consent = refused and consent = all"
base = ["conditional"]
zh = "不成立。"
en = "Dead."

[access]
"#;
    let denials = r#"
[[access.denials]]
id = "idle_denial"
cite = "A8"
when = "openness = closed and registered"
zh = "闲置。"
en = "Idle."

[[deadlines]]
"#;
    Policy::parse(&with(&with(SECOND_CITY, "\n[access]\n", rules), "\n[[deadlines]]\n", denials)).unwrap()
}

#[test]
fn rules_that_do_nothing_are_named_with_what_shadows_them() {
    let analysis = idle().analyse().unwrap();
    let (classification, access) = (analysis.classification, analysis.access);
    let dead: Vec<_> =
        classification.dead.iter().map(|dead| (dead.rule.id.as_str(), dead.under_every_reading)).collect();
    assert_eq!(dead, [("dead_ground", true)]);
    let shadowed = |of: &[kaifang::policy::ShadowedRule]| -> Vec<(String, Vec<String>)> {
        of.iter().map(|rule| (rule.rule.id.clone(), rule.by.iter().map(|by| by.id.clone()).collect())).collect()
    };
    assert_eq!(
        shadowed(&classification.shadowed),
        [("idle_ground".to_owned(), vec!["privacy_without_consent".to_owned()])]
    );
    assert_eq!(shadowed(&access.shadowed), [("idle_denial".to_owned(), vec!["closed".to_owned()])]);
    let xian = xian().analyse().unwrap();
    assert!(xian.classification.dead.is_empty() && xian.classification.shadowed.is_empty());
    assert!(xian.access.shadowed.is_empty(), "{:?}", xian.access.shadowed);
    let dead: Vec<_> = xian.access.dead.iter().map(|dead| (dead.rule.id.as_str(), dead.under_every_reading)).collect();
    assert_eq!(dead, [("risk_report_overdue", false)], "it is a duty under the default reading");
    assert!(xian.classification.redundant.is_empty() && xian.access.redundant.is_empty());
}

#[test]
fn counts_and_influence_equal_enumeration() {
    for policy in [Policy::parse(SECOND_CITY).unwrap(), idle()] {
        let analysis = policy.analyse().unwrap();
        for (section, found) in [(Section::Classification, analysis.classification), (Section::Access, analysis.access)]
        {
            let all = points(&policy, section, &Facts::new());
            assert_eq!(found.points, Points(all.len() as u128));
            assert!(found.complete && found.conflict_free);
            for count in &found.answers {
                let given = all.iter().filter(|point| answer(&policy, section, point) == count.answer).count();
                assert_eq!(count.points, Points(given as u128), "{:?}", count.answer);
            }
            for influence in &found.influence {
                let fact = policy.facts(section).iter().find(|fact| fact.id == influence.fact).unwrap();
                let turns = |point: &&Facts| {
                    (0..fact.domain.size()).any(|value| {
                        let mut other = (*point).clone();
                        other.set(fact.id.clone(), fact.domain.value_at(value).unwrap());
                        answer(&policy, section, &other) != answer(&policy, section, point)
                    })
                };
                let turns = all.iter().filter(turns).count();
                assert_eq!(influence.points, Points(turns as u128), "{}", fact.id);
                assert_eq!(influence.share_ppm as usize, turns * 1_000_000 / all.len());
            }
            assert!(found.influence.is_sorted_by(|a, b| a.points >= b.points));
        }
    }
}

#[test]
fn a_fact_that_nothing_asks_for_is_redundant() {
    let unused = with(SECOND_CITY, "when = \"timely\"", "when = \"treated\"");
    let analysis = Policy::parse(&unused).unwrap().analyse().unwrap();
    assert_eq!(analysis.classification.redundant, ["timely"]);
    assert_eq!(analysis.classification.influence.last().unwrap().share_ppm, 0);
}

#[test]
fn a_fact_that_only_reasons_or_duties_depend_on_is_not_redundant() {
    let ground = |when: &str| {
        format!(
            "[[classification.grounds]]\nid = \"noted\"\ncite = \"A6\"\nwhen = \"{when}\"\nbase = [\"unconditional\"]\nzh = \"注明。\"\nen = \"Noted.\"\n\n"
        )
    };
    let relief = "[[classification.reliefs]]\nid = \"excused\"\ncite = \"A7\"\nrelieves = [\"noted\"]\nwhen = \"timely\"\npermits = [\"unconditional\"]\nzh = \"免除。\"\nen = \"Excused.\"\n\n[access]\n";
    let unused = with(SECOND_CITY, "when = \"timely\"", "when = \"treated\"");
    let noted =
        |when: &str| with(&unused, "[[classification.reliefs]]", &(ground(when) + "[[classification.reliefs]]"));
    let redundant = |text: &str| {
        let analysis = Policy::parse(text).unwrap().analyse().unwrap();
        let unmoved = analysis.classification.influence.iter().find(|influence| influence.fact == "timely").unwrap();
        assert_eq!(unmoved.points, Points(0), "no class turns on it");
        (analysis.classification.redundant, analysis.access.redundant)
    };
    assert_eq!(redundant(&unused).0, ["timely"]);
    assert_eq!(redundant(&noted("timely")).0, [""; 0]);
    assert_eq!(redundant(&noted("treated")).0, ["timely"]);
    assert_eq!(redundant(&with(&noted("treated"), "[access]\n", relief)).0, [""; 0]);

    let duty = |when: &str| {
        let duty = format!(
            "[[access.duties]]\nid = \"record\"\ncode = \"record\"\ncite = \"A9\"\nby = \"platform\"\nwhen = \"{when}\"\nzh = \"记录。\"\nen = \"Record.\"\n\n[[deadlines]]"
        );
        with(
            &with(&unused, "openness = restricted and not registered", "openness = restricted"),
            "[[deadlines]]",
            &duty,
        )
    };
    assert_eq!(redundant(&duty("registered")).1, [""; 0]);
    assert_eq!(redundant(&duty("registered and openness = closed")).1, ["registered"], "it is denied there");
}

#[test]
fn the_effect_of_each_reading_is_counted_and_shown() {
    let policy = xian();
    let analysis = policy.analyse().unwrap();
    let effect = |of: &kaifang::policy::SectionAnalysis, name: &str| {
        of.readings.iter().find(|effect| effect.interpretation == name).unwrap().clone()
    };
    let preview = effect(&analysis.access, "conditional_preview");
    // Free: other_way_has_basis, way_in_scope, within_quota, result_reviewed, risk_report_overdue (32) and two channels.
    // Unidentified: 3 standings × 6 applications × 2 purposes, none of them permitted before; identified and in good
    // standing: 6 × 2 but the approved one for its purpose.
    assert_eq!(preview.points, Points(32 * 2 * (36 + 11)));
    for (section, of) in [(Section::Classification, &analysis.classification), (Section::Access, &analysis.access)] {
        // Two options each, but three of when a deadline begins.
        assert_eq!(of.readings.len(), 8);
        for effect in &of.readings {
            let then = policy.with_interpretation(&effect.interpretation, &effect.to).unwrap();
            assert_eq!(effect.example.is_some(), effect.points > Points(0), "{}", effect.interpretation);
            if let Some(example) = &effect.example {
                assert_eq!(answer(&policy, section, &example.facts), example.from);
                assert_eq!(answer(&then, section, &example.facts), example.to);
            }
        }
    }
    assert_eq!(effect(&analysis.classification, "district_review").points, Points(0));
    assert!(effect(&analysis.classification, "deidentified_may_be_unconditional").points > Points(0));
}

// ── Differences ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// Every point, cube and count of a difference, by enumeration over the facts of both.
fn check_difference(from: &Policy, to: &Policy) {
    let difference = from.diff(to).unwrap();
    for (section, found) in
        [(Section::Classification, &difference.classification), (Section::Access, &difference.access)]
    {
        // The facts of both are the same here, so each policy takes the points of the other.
        let all = points(from, section, &Facts::new());
        let moves: Vec<_> =
            all.iter().map(|point| (answer(from, section, point), answer(to, section, point))).collect();
        assert_eq!(found.points, Points(all.len() as u128));
        assert_eq!(found.changed, Points(moves.iter().filter(|(was, is)| was != is).count() as u128));
        let mut told = 0;
        for change in &found.changes {
            assert!(!change.cut && change.from != change.to);
            let moved = |place: usize| moves[place] == (change.from.clone(), change.to.clone());
            let count = (0..all.len()).filter(|place| moved(*place)).count();
            told += count;
            assert_eq!(change.points, Points(count as u128));
            for (place, point) in all.iter().enumerate() {
                assert_eq!(change.cubes.iter().any(|cube| within(cube, point)), moved(place), "{point:?}");
            }
            for (at, cube) in change.cubes.iter().enumerate() {
                let inside = all.iter().filter(|point| within(cube, point)).count();
                assert_eq!(cube.points, Points(inside as u128));
                let alone = |point: &&Facts| {
                    within(cube, point)
                        && !change.cubes.iter().enumerate().any(|(other, cube)| other != at && within(cube, point))
                };
                assert!(all.iter().any(|point| alone(&point)), "a cube in vain");
                for limit in &cube.limits {
                    let fact = from.facts(section).iter().find(|fact| fact.id == limit.fact).unwrap();
                    for value in (0..fact.domain.size()).map(|value| fact.domain.value_at(value).unwrap()) {
                        let mut wider = cube.clone();
                        let wider_limit = wider.limits.iter_mut().find(|other| other.fact == limit.fact).unwrap();
                        if wider_limit.values.contains(&value) {
                            continue;
                        }
                        wider_limit.values.push(value);
                        let outside =
                            all.iter().enumerate().any(|(place, point)| within(&wider, point) && !moved(place));
                        assert!(outside, "a cube that could be wider: {cube:?}");
                    }
                }
            }
        }
        assert_eq!(Points(told as u128), found.changed, "no change is left out");
    }
}

#[test]
fn a_difference_is_exact_prime_and_counted() {
    let city = Policy::parse(SECOND_CITY).unwrap();
    for text in [
        with(SECOND_CITY, "consent != all", "consent = refused"),
        with(SECOND_CITY, "permits = [\"conditional\"]", "permits = [\"conditional\", \"unconditional\"]"),
        with(SECOND_CITY, "when = \"timely\"", "when = \"timely and not treated or\"").replace(" or\"", "\""),
        with(SECOND_CITY, "openness = restricted and not registered", "openness != closed and not registered"),
        with(SECOND_CITY, "base = [\"unconditional\"]", "base = [\"withheld\", \"conditional\"]"),
    ] {
        let other = Policy::parse(&text).unwrap();
        assert!(!city.diff(&other).unwrap().equal);
        check_difference(&city, &other);
        check_difference(&other, &city);
    }
}

#[test]
fn nothing_differs_from_itself() {
    for policy in [xian(), Policy::parse(SECOND_CITY).unwrap()] {
        let difference = policy.diff(&policy).unwrap();
        assert!(difference.equal);
        assert_eq!((difference.access.changed, difference.access.changes.len()), (Points(0), 0));
    }
    // Facts in another order are the same facts.
    let fact = SECOND_CITY.find("[[classification.facts]]\nid = \"timely\"").unwrap();
    let end = SECOND_CITY.find("[[classification.grounds]]").unwrap();
    let first = SECOND_CITY.find("[[classification.facts]]").unwrap();
    let moved = format!(
        "{}{}{}{}",
        &SECOND_CITY[..first],
        &SECOND_CITY[fact..end],
        &SECOND_CITY[first..fact],
        &SECOND_CITY[end..]
    );
    let moved = Policy::parse(&moved).unwrap();
    assert_eq!(moved.facts(Section::Classification)[0].id, "timely");
    assert!(moved.diff(&Policy::parse(SECOND_CITY).unwrap()).unwrap().equal);
}

#[test]
fn two_readings_of_the_bundled_policy_differ_where_enumeration_says() {
    let policy = xian();
    let otherwise = policy.with_interpretation("conditional_preview", "treated_sample").unwrap();
    let difference = policy.diff(&otherwise).unwrap();
    assert!(difference.classification.changes.is_empty());
    let [change] = difference.access.changes.as_slice() else { panic!("{:?}", difference.access.changes) };
    assert_eq!((&change.from, &change.to, change.points), (&Answer::Deny, &Answer::Permit, Points(3008)));
    let fixed = Facts::from_json(
        r#"{"out_of_scope": false, "listed": true, "assessed": true, "content_matches_assessment": true,
        "committee_pending": false, "openness_permitted": true, "other_way_has_basis": true, "way_in_scope": true,
        "within_quota": true, "result_reviewed": true, "risk_report_overdue": false, "dataset_status": "open",
        "openness": "conditional"}"#,
    )
    .unwrap();
    for point in points(&policy, Section::Access, &fixed) {
        let differs = answer(&policy, Section::Access, &point) != answer(&otherwise, Section::Access, &point);
        assert_eq!(change.cubes.iter().any(|cube| within(cube, &point)), differs, "{point:?}");
    }

    let otherwise = policy.with_interpretation("deidentified_may_be_unconditional", "yes").unwrap();
    let changes = policy.diff(&otherwise).unwrap().classification.changes;
    let fixed = Facts::from_json(
        r#"{"state_secret": false, "law_forbids": false, "endangers_national_security": false,
        "endangers_public_security": false, "endangers_economic_security": false, "endangers_social_stability": false,
        "trade_secret": false, "aggregation_may_reveal": false, "committee_advised": false, "data_grade": "general",
        "declassified": false, "prohibition_lifted": false}"#,
    )
    .unwrap();
    let mut differing = 0;
    for point in points(&policy, Section::Classification, &fixed) {
        let (was, is) =
            (answer(&policy, Section::Classification, &point), answer(&otherwise, Section::Classification, &point));
        differing += usize::from(was != is);
        for change in &changes {
            let told = change.cubes.iter().any(|cube| within(cube, &point));
            assert_eq!(told, (&was, &is) == (&change.from, &change.to), "{point:?}");
        }
    }
    assert!(differing > 0);
}

#[test]
fn policies_of_different_facts_are_compared_over_the_facts_of_both() {
    let (xian, city) = (xian(), Policy::parse(SECOND_CITY).unwrap());
    let difference = xian.diff(&city).unwrap();
    let access = &difference.access;
    // `openness` has other values there, so it is two facts.
    assert_eq!(access.only_to, ["registered", "openness"]);
    assert!(access.only_from.contains(&"openness".to_owned()));
    let alone = |policy: &Policy, wanted: &Answer| {
        let counts = policy.analyse().unwrap().access.answers;
        counts.into_iter().find(|count| count.answer == *wanted).unwrap().points.0
    };
    // The two share no fact, so the counts multiply.
    for change in &access.changes {
        assert_eq!(change.points.0, alone(&xian, &change.from) * alone(&city, &change.to));
    }
    assert_eq!(access.changes.len(), 2);
    assert_eq!(difference.classification.points.0, (9 << 18) * 24);
}
