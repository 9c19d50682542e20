//! The events: everything that may happen to a dataset, an application, a user or a complaint.
//!
//! An event says what somebody did; it must never say what follows from it. Evidence is a digest, never a yes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::document::malformed;
use super::{Application, Grant, ProcessError};
use crate::canon;
use crate::catalog::Entry;
use crate::policy::{Assertion, Classification, Facts, Policy};
use crate::terms::{Digest, Instant, Openness, Reviewer, legal_date, words};

words! {
    /// Why a dataset is suspended.
    pub enum SuspensionGround {
        /// A complaint is being verified (A17.2).
        Complaint = "complaint", "投诉核实", "a complaint is being verified";
        /// A security risk was found (A32(5)).
        Risk = "risk", "发现安全风险", "a security risk was found";
    }

    /// What came of a complaint (A17.3).
    pub enum ComplaintOutcome {
        /// The dataset stays open, or is open again.
        Resumed = "resumed", "恢复开放", "resumed";
        /// Processed and opened again.
        Processed = "processed", "处理后再开放", "processed and reopened";
        /// No longer opened.
        Terminated = "terminated", "终止开放", "terminated";
    }
}

/// What an assessor states about one version of a dataset: see [`Event::assessed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The dataset.
    pub dataset: String,
    /// The digest of the assessed content.
    pub content: Digest,
    /// The facts, by whom and on what.
    pub assertions: Vec<Assertion>,
    /// The class that the body chose.
    pub chosen: Option<Openness>,
    /// Who assessed it: an id of the host's.
    pub assessor: String,
    /// The digests of plan, proof of treatment, risk report, consents.
    pub evidence: Vec<Digest>,
}

macro_rules! events {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $id:literal { $( $(#[$meta:meta])* $field:ident : $type:ty ),* $(,)? } )*) => {
        /// Something that happened. In documents: `{"event": "dataset_opened", …}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(tag = "event", deny_unknown_fields)]
        #[allow(missing_docs, reason = "the fields are named; what they mean stands with the variant")]
        pub enum Event {
            $( $(#[doc = $doc])+ #[serde(rename = $id)] $variant { $( $(#[$meta])* $field: $type ),* }, )*
        }

        impl Event {
            /// The ids of every event, in order.
            pub const IDS: &'static [&'static str] = &[ $( $id, )* ];

            /// The event's id, as in documents.
            #[must_use]
            pub fn id(&self) -> &'static str {
                match self { $( Event::$variant { .. } => $id, )* }
            }
        }
    };
}

events! {
    /// A40: a policy comes into force on the platform. What was assessed under another one is to be assessed again.
    PolicyAdopted = "policy_adopted" {
        policy: String,
        hash: Digest,
        #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
        interpretations: std::collections::BTreeMap<String, String>,
        text: Digest,
    }
    /// A19.2, A9.2: an entry is listed, or a revision of it.
    EntryListed = "entry_listed" { entry: Box<Entry> }
    /// A19.1, A9.2, A18: a body assessed one version of a dataset (`content`) and chose its class within the permitted
    /// set. Every known fact has an assertion; `evidence` are digests of plan, proof of treatment, risk report, consents.
    DatasetAssessed = "dataset_assessed" {
        dataset: String,
        content: Digest,
        facts: Facts,
        assertions: Vec<Assertion>,
        classification: Box<Classification>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chosen: Option<Openness>,
        assessor: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Digest>,
    }
    /// A23: the content changed; until it is assessed, nothing of it is served.
    ContentUpdated = "content_updated" { dataset: String, content: Digest }
    /// A19.2, A17.3: a dataset is opened, or opened again after it was processed and assessed.
    DatasetOpened = "dataset_opened" { dataset: String, content: Digest }
    /// A17.2, A32(5): opening is suspended at once.
    DatasetSuspended = "dataset_suspended" {
        dataset: String,
        ground: SuspensionGround,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        complaint: Option<String>,
    }
    /// A17.3: verified; opening goes on as before.
    DatasetResumed = "dataset_resumed" { dataset: String, finding: Digest }
    /// A32(5): withdrawn because of a security risk.
    DatasetWithdrawn = "dataset_withdrawn" { dataset: String, finding: Digest }
    /// A17.3: no longer opened, for good.
    DatasetTerminated = "dataset_terminated" { dataset: String, finding: Digest }
    /// A26: somebody applies for conditional data.
    ApplicationFiled = "application_filed" { application: Box<Application> }
    /// A9.1, A8: the body or the authority reviewed. An approval may grant less than was applied for.
    ApplicationReviewed = "application_reviewed" {
        application: String,
        by: Reviewer,
        approve: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<Grant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<Digest>,
    }
    /// A26, A10: an approval is revoked.
    ApplicationRevoked = "application_revoked" { application: String, by: Reviewer, finding: Digest }
    /// A35: a body demands that a user rectifies by a day, and suspends its access.
    RectificationDemanded = "rectification_demanded" {
        user: String,
        body: String,
        measures: Digest,
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        due: Date,
    }
    /// A35: the body accepts the rectification; access goes on.
    RectificationAccepted = "rectification_accepted" { user: String, body: String, finding: Digest }
    /// A35: not rectified; the body ends its service to the user.
    ServiceTerminated = "service_terminated" { user: String, body: String, finding: Digest }
    /// A17.1: a complaint with its evidence; the body answers within the policy's working days.
    ComplaintReceived = "complaint_received" { complaint: String, dataset: String, evidence: Digest }
    /// A17.3: the complainant is answered.
    ComplaintAnswered = "complaint_answered" { complaint: String, outcome: ComplaintOutcome, reply: Digest }
}

impl Event {
    /// An assessment on these assertions, the last about each fact counting, as the policy answers it on the day.
    /// The classification is in the event; `chosen` must lie within its permitted set, or recording it is refused.
    ///
    /// # Errors
    /// [`crate::policy::FactError`] for a fact or value that the policy does not have, and the policy's own errors.
    ///
    /// ```
    /// use kaifang::policy::{Assertion, Policy};
    /// use kaifang::process::{Assessment, Event};
    /// use kaifang::crypto::sha256;
    /// use kaifang::terms::V1;
    ///
    /// let policy = Policy::builtin("xian-2022-013")?;
    /// let at = "2024-06-03T02:00:00Z".parse()?;
    /// let by = "assessor-7".to_owned();
    /// let secret = Assertion { v: V1, fact: "state_secret".into(), value: Some(true.into()), by, at, evidence: None };
    /// let assessment = Assessment {
    ///     dataset: "xa-resident".into(), content: sha256(b"the bytes"), assertions: vec![secret],
    ///     chosen: None, assessor: "assessor-7".into(), evidence: vec![],
    /// };
    /// let event = Event::assessed(&policy, assessment, at)?;
    /// assert!(matches!(event, Event::DatasetAssessed { classification, .. } if classification.permitted.is_empty()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn assessed(policy: &Policy, assessment: Assessment, at: Instant) -> Result<Self, crate::Error> {
        let Assessment { dataset, content, assertions, chosen, assessor, evidence } = assessment;
        let mut facts = Facts::new();
        for assertion in &assertions {
            match &assertion.value {
                Some(value) => facts.set(assertion.fact.clone(), value.clone()),
                None => facts.forget(&assertion.fact),
            };
        }
        let classification = Box::new(policy.classify(&facts, legal_date(at))?);
        Ok(Event::DatasetAssessed { dataset, content, facts, assertions, classification, chosen, assessor, evidence })
    }

    /// Reads an event; one that does not exist, or a field that it does not have, is refused.
    ///
    /// ```
    /// use kaifang::process::Event;
    /// let event = Event::from_json(r#"{"event": "dataset_suspended", "dataset": "xa-resident", "ground": "risk"}"#)?;
    /// assert_eq!(event.id(), "dataset_suspended");
    /// # Ok::<(), kaifang::process::ProcessError>(())
    /// ```
    ///
    /// # Errors
    /// [`ProcessError::Malformed`].
    pub fn from_json(json: &str) -> Result<Self, ProcessError> {
        canon::read("Event", json.as_bytes()).map_err(|error| malformed(&error))
    }
}
