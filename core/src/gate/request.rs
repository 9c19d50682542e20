//! What somebody asks for. A document only.

use serde::{Deserialize, Serialize};

use super::GateError;
use crate::canon;
use crate::error::Explain;
use crate::process::well_formed_id;
use crate::terms::{Action, Digest, Text, V1, words};

words! {
    /// Through which channel a request came (A12).
    pub enum Via {
        /// 统一开放平台
        Platform = "platform", "统一开放平台", "the unified platform";
        /// 经批准的自有渠道
        ApprovedChannel = "approved_channel", "经批准的自有渠道", "an own channel, approved";
        /// 其他渠道
        Other = "other", "其他渠道", "another channel";
    }
}

/// The review of a model's result before it is released (A22.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResultReview {
    /// Whether the result may be released.
    pub passed: bool,
    /// The digest of the result that was reviewed: no other may go out. A review that names none counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Digest>,
    /// The digest of the review.
    pub evidence: Digest,
}

/// Somebody asks to do something with a dataset.
///
/// ```
/// use kaifang::gate::Request;
/// let request = Request::from_json(r#"{"v": 1, "user": "91610131MA6U0000X0", "dataset": "xa-resident",
///     "action": "api", "via": "platform", "purpose": "人口分布研究", "rows": 100}"#)?;
/// assert_eq!(request.rows, Some(100));
/// // A person's number is no user id: the log would keep it for ever.
/// assert!(Request::from_json(r#"{"v": 1, "user": "13800138000", "dataset": "d", "action": "api", "via": "platform"}"#).is_err());
/// # Ok::<(), kaifang::gate::GateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The document's version.
    pub v: V1,
    /// The host's id of this request, so that its own log can be joined with ours (A16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who asks: a unified social credit code, or a commitment to a natural person's identity. None: not identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The dataset.
    pub dataset: String,
    /// What is asked.
    pub action: Action,
    /// Through which channel.
    pub via: Via,
    /// What for (A10): the purpose of the application, word for word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Which columns; none named: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// How many rows at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The digest of the content that is about to be served, where the host knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// For a model's result: its review (A22.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_review: Option<ResultReview>,
}

impl Request {
    /// A request for a dataset through the platform, by nobody in particular.
    pub fn new(dataset: impl Into<String>, action: Action) -> Self {
        Request {
            v: V1,
            id: None,
            user: None,
            dataset: dataset.into(),
            action,
            via: Via::Platform,
            purpose: None,
            fields: Vec::new(),
            rows: None,
            content: None,
            result_review: None,
        }
    }

    /// Reads a request; a field that it does not have is refused.
    ///
    /// # Errors
    /// [`GateError::Malformed`], and as [`Request::well_formed`].
    pub fn from_json(json: &str) -> Result<Self, GateError> {
        let request: Request = canon::read("Request", json.as_bytes()).map_err(|error| malformed(&error))?;
        request.well_formed()?;
        Ok(request)
    }

    /// Checks what the log needs to keep the request: ids that are no person's identifier.
    ///
    /// # Errors
    /// [`GateError::Personal`].
    pub fn well_formed(&self) -> Result<(), GateError> {
        let ids = [("user", self.user.as_deref()), ("id", self.id.as_deref()), ("dataset", Some(&self.dataset))];
        match ids.iter().find(|(_, id)| id.is_some_and(|id| !well_formed_id(id))) {
            Some((field, _)) => Err(GateError::Personal { field: (*field).to_owned() }),
            None => Ok(()),
        }
    }
}

pub(super) fn malformed(error: &canon::CanonError) -> GateError {
    GateError::Malformed { what: Text::from(error), place: error.place().unwrap_or_else(|| "document".to_owned()) }
}
