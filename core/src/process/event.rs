//! The events: everything that may happen to a dataset, an application, a user or a complaint.
//!
//! An event says what somebody did; it must never say what follows from it. Evidence is a digest, never a yes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Application, BodyKind, Grant, RiskAssessmentReport, RulesOfUse, UserKind};
use crate::catalog::Entry;
use crate::crypto::PublicKey;
use crate::policy::{Assertion, Classification, Facts, Policy};
use crate::terms::{Digest, Instant, Openness, legal_date, words};

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

    /// On which of the four grounds a suggestion is made (A24).
    pub enum SuggestionGround {
        /// The class does not conform to the law or the Measures (A24(1)).
        Openness = "openness", "开放属性不符合规定", "the class does not conform";
        /// The quality does not conform (A24(2)).
        Quality = "quality", "数据质量不符合规定", "the quality does not conform";
        /// There is an error or an omission (A24(3)).
        Error = "error", "数据存在错误、遗漏", "an error or an omission";
        /// The data violates the law (A24(4)).
        Unlawful = "unlawful", "数据违反法律、法规、规章", "the data violates the law";
    }

    /// Why the expert committee is asked.
    pub enum ReferralGround {
        /// Aggregation or correlation may yield sensitive data (A32(4)): nothing opens while it is pending.
        Aggregation = "aggregation", "数据汇聚、关联分析", "aggregation or correlation";
        /// A hard case (A7).
        HardCase = "hard_case", "疑难问题", "a hard case";
    }

    /// What a body keeps in place (A9.2, A32).
    pub enum Measure {
        /// 数据安全管理制度 (A32(1))
        ManagementSystem = "management_system", "数据安全管理制度", "data security management system";
        /// 应急处置预案 (A32(2))
        EmergencyPlan = "emergency_plan", "安全应急处置预案", "emergency plan";
        /// 应急演练 (A32(2)): recurs.
        EmergencyDrill = "emergency_drill", "应急演练", "emergency drill";
        /// 开放目录定期更新 (A9.2, A21): recurs.
        CatalogReview = "catalog_review", "开放目录定期更新", "regular review of the catalog";
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
    /// The digest of the decision by which the leader in charge approved the choice (A9.3).
    pub approval: Option<Digest>,
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
    /// A40: a policy comes into force on the platform. The catalog is classified again: what the new policy still permits
    /// goes on, the rest waits for its assessment. `upgrade` is the digest of the report that lists it, which the
    /// authority signed off; the first adoption has none.
    PolicyAdopted = "policy_adopted" {
        policy: String,
        hash: Digest,
        #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
        interpretations: std::collections::BTreeMap<String, String>,
        text: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upgrade: Option<Digest>,
    }
    /// A15: the authority publishes the platform's rules of use, and with them the periods that the Measures leave open.
    RulesPublished = "rules_published" { rules: Box<RulesOfUse> }
    /// A8.2: a district's authority is put on file.
    AuthorityFiled = "authority_filed" { authority: String, district: String }
    /// A3(1): what kind of opening body it is.
    BodyRegistered = "body_registered" { body: String, kind: BodyKind }
    /// A3(2): what kind of user it is. A natural person's id is the digest of the blob that holds its identity.
    UserRegistered = "user_registered" { user: String, kind: UserKind }
    /// A5, A31: the blob that holds a person's identity is erased; the commitment says no more whom it was.
    IdentityErased = "identity_erased" { user: Digest }
    /// A16: a process of the platform keeps a log of uses of its own, signed by this key.
    UseLogOpened = "use_log_opened" { log: String, key: PublicKey }
    /// A19.2, A9.2: an entry is listed, or a revision of it.
    EntryListed = "entry_listed" { entry: Box<Entry> }
    /// A19.1, A9.2, A18: a body assessed one version of a dataset (`content`) and chose its class within the permitted
    /// set. Every known fact has an assertion, and one that makes the answer laxer its evidence; `approval` is the
    /// decision of the leader in charge (A9.3); `evidence` are digests of plan, proof of treatment, risk report, consents.
    DatasetAssessed = "dataset_assessed" {
        dataset: String,
        content: Digest,
        facts: Facts,
        assertions: Vec<Assertion>,
        classification: Box<Classification>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chosen: Option<Openness>,
        assessor: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<Digest>,
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
    /// A9.1, A8: the body or the authority, whichever acts, reviewed. An approval may grant less than was applied for.
    ApplicationReviewed = "application_reviewed" {
        application: String,
        approve: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<Grant>,
        opinion: Digest,
    }
    /// A26, A10: an approval is revoked.
    ApplicationRevoked = "application_revoked" { application: String, finding: Digest }
    /// A9.1: the body looked at how an approved application is used.
    UseFollowedUp = "use_followed_up" { application: String, finding: Digest }
    /// A25: the user of conditional data files its risk assessment report.
    RiskReportFiled = "risk_report_filed" { report: Box<RiskAssessmentReport> }
    /// A35: the acting body demands that a user rectifies by a day, and suspends its access.
    RectificationDemanded = "rectification_demanded" {
        user: String,
        measures: Digest,
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        due: Date,
    }
    /// A35: the body accepts the rectification; access goes on.
    RectificationAccepted = "rectification_accepted" { user: String, finding: Digest }
    /// A35: not rectified in time; the body ends its service to the user.
    ServiceTerminated = "service_terminated" { user: String, finding: Digest }
    /// A36: the authority interviewed a user with larger risk, and may demand measures by a day.
    InterviewHeld = "interview_held" {
        interview: String,
        user: String,
        minutes: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
        due: Option<Date>,
    }
    /// A36: the measures demanded were taken.
    InterviewClosed = "interview_closed" { interview: String, finding: Digest }
    /// A33: a user reports a security problem that it found while using the data.
    ProblemReported = "problem_reported" { problem: String, dataset: String, report: Digest }
    /// A33: the body dealt with it.
    ProblemHandled = "problem_handled" { problem: String, finding: Digest }
    /// A17.1: a complaint with its evidence; the body answers within the policy's working days.
    ComplaintReceived = "complaint_received" { complaint: String, dataset: String, evidence: Digest }
    /// A17.2: the complaint is verified.
    ComplaintVerified = "complaint_verified" { complaint: String, finding: Digest }
    /// A17.3: the complainant is answered.
    ComplaintAnswered = "complaint_answered" { complaint: String, outcome: ComplaintOutcome, reply: Digest }
    /// A24: a user makes a suggestion on one of the four grounds.
    SuggestionReceived = "suggestion_received" {
        suggestion: String,
        dataset: String,
        ground: SuggestionGround,
        content: Digest,
    }
    /// A24: it is answered.
    SuggestionAnswered = "suggestion_answered" { suggestion: String, accepted: bool, reply: Digest }
    /// A19.3: somebody asks for data to be opened, of a body where it is known whose.
    DemandFiled = "demand_filed" {
        demand: String,
        content: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    }
    /// A19.3: the authority and the body judged it. What can be opened is to be listed, by `body`.
    DemandAssessed = "demand_assessed" {
        demand: String,
        accepted: bool,
        finding: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    }
    /// A19.3: the data asked for is in the catalog.
    DemandMet = "demand_met" { demand: String, dataset: String }
    /// A7, A32(4): the expert committee is asked about a dataset.
    CommitteeReferred = "committee_referred" {
        referral: String,
        dataset: String,
        ground: ReferralGround,
        question: Digest,
    }
    /// A7, A32(4): its opinion, and the safety measures that follow from it.
    CommitteeAdvised = "committee_advised" {
        referral: String,
        opinion: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measures: Option<Digest>,
    }
    /// A29: a product or service made from open data is published.
    ProductRegistered = "product_registered" {
        product: String,
        title: String,
        datasets: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Digest>,
    }
    /// A29.2: the authority shows it as a case.
    ProductShown = "product_shown" { product: String }
    /// A29: it is no longer published.
    ProductWithdrawn = "product_withdrawn" { product: String }
    /// A9.2, A32(1)-(2): a body put something in place, or did again what recurs.
    MeasureTaken = "measure_taken" { measure: Measure, evidence: Digest }
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
    ///     chosen: None, assessor: "assessor-7".into(), approval: None, evidence: vec![],
    /// };
    /// let event = Event::assessed(&policy, assessment, at)?;
    /// assert!(matches!(event, Event::DatasetAssessed { classification, .. } if classification.permitted.is_empty()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn assessed(policy: &Policy, assessment: Assessment, at: Instant) -> Result<Self, crate::Error> {
        let Assessment { dataset, content, assertions, chosen, assessor, approval, evidence } = assessment;
        let facts = Facts::asserted(&assertions);
        let classification = Box::new(policy.classify(&facts, legal_date(at))?);
        Ok(Event::DatasetAssessed {
            dataset,
            content,
            facts,
            assertions,
            classification,
            chosen,
            assessor,
            approval,
            evidence,
        })
    }
}
