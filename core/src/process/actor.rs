//! Who does something: the parties of the Measures, and the envelope that an event comes in.
//!
//! The host authenticates; this file must never be taken for a proof of who somebody is.

use serde::{Deserialize, Serialize};

use super::document::malformed;
use super::{Event, ProcessError};
use crate::canon;
use crate::terms::{Digest, words};

words! {
    /// As what somebody acts.
    pub enum Role {
        /// 数据开放主体 (A3(1))
        OpeningBody = "opening_body", "数据开放主体", "opening body";
        /// 主管部门 (A8): municipal, unless it is on file as a district's.
        Authority = "authority", "主管部门", "authority";
        /// 专家委员会 (A7)
        ExpertCommittee = "expert_committee", "专家委员会", "expert committee";
        /// 数据使用主体 (A3(2))
        DataUser = "data_user", "数据使用主体", "data user";
        /// 任何自然人、法人或非法人组织 (A17.1, A19.3)
        Public = "public", "社会公众", "member of the public";
        /// 开放平台 (A12): the host itself.
        Platform = "platform", "开放平台", "open platform";
    }

    /// The kinds of opening bodies (A3(1)); the public utilities are those that the text names.
    pub enum BodyKind {
        /// 行政机关
        Agency = "administrative_agency", "行政机关", "administrative agency";
        /// 具有管理公共事务职能的事业单位
        Institution = "public_institution", "事业单位", "public institution";
        /// 具有管理公共事务职能的社会组织
        SocialOrganisation = "social_organisation", "社会组织", "social organisation";
        /// 邮政
        Postal = "postal", "邮政运营单位", "postal utility";
        /// 水务
        Water = "water", "水务运营单位", "water utility";
        /// 电力
        Electricity = "electricity", "电力运营单位", "electricity utility";
        /// 燃气
        Gas = "gas", "燃气运营单位", "gas utility";
        /// 公共交通
        PublicTransport = "public_transport", "公共交通运营单位", "public transport utility";
    }

    /// The kinds of data users (A3(2)).
    pub enum UserKind {
        /// 自然人: its id is a commitment, never a number that people know it by.
        NaturalPerson = "natural_person", "自然人", "natural person";
        /// 法人
        LegalPerson = "legal_person", "法人", "legal person";
        /// 非法人组织
        Organisation = "unincorporated_organisation", "非法人组织", "unincorporated organisation";
    }
}

/// Who does something, as the host authenticated them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// As what.
    pub role: Role,
    /// A unified social credit code, an id of the platform's, or a commitment (`sha256:…`) to a natural person.
    pub id: String,
}

impl Actor {
    /// Somebody in a role.
    pub fn new(role: Role, id: impl Into<String>) -> Self {
        Actor { role, id: id.into() }
    }
}

/// An event and who does it: `{"by": {"role": "opening_body", "id": "11610100013300000X"}, "event": "dataset_opened", …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Act {
    /// Who.
    pub by: Actor,
    /// The blobs that its record names, so that they are kept with it: identities, evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<Digest>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Act {
    /// An event that somebody does.
    pub fn new(by: Actor, event: Event) -> Self {
        Act { by, blobs: Vec::new(), event }
    }

    /// Reads an act; an event that does not exist, or a field that it does not have, is refused.
    ///
    /// ```
    /// use kaifang::process::Act;
    /// let act = Act::from_json(r#"{"by": {"role": "opening_body", "id": "11610100013300000X"},
    ///     "event": "dataset_suspended", "dataset": "xa-resident", "ground": "risk"}"#)?;
    /// assert_eq!(act.event.id(), "dataset_suspended");
    /// assert!(Act::from_json(r#"{"event": "dataset_suspended", "dataset": "xa-resident", "ground": "risk"}"#).is_err());
    /// # Ok::<(), kaifang::process::ProcessError>(())
    /// ```
    ///
    /// # Errors
    /// [`ProcessError::Malformed`].
    pub fn from_json(json: &str) -> Result<Self, ProcessError> {
        canon::read("Act", json.as_bytes()).map_err(|error| malformed(&error))
    }
}
