//! Cedar: one request for each class, and one for an access, whose determining policies are the codes of the denials.
#![allow(clippy::unwrap_used)]

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Response,
    RestrictedExpression, Schema, ValidationMode, Validator,
};

use crate::classification::{C, U, W};
use crate::{Fact, access, classification};

/// The policies of one part of the measures, parsed once, and the entities that requests name.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    schema: Schema,
    entities: Entities,
    requester: EntityUid,
    dataset: EntityUid,
    classes: [(u8, EntityUid); 3],
}

impl Cedar {
    /// `classification` or `access`.
    #[must_use]
    pub fn new(part: &str) -> Self {
        let schema = Schema::from_cedarschema_str(include_str!("../../peers/xian.cedarschema")).unwrap().0;
        let whole: PolicySet = include_str!("../../peers/xian.cedar").parse().unwrap();
        let of_part = whole.policies().filter(|policy| policy.annotation("part") == Some(part));
        let named = |policy: &Policy| policy.new_id(PolicyId::new(policy.annotation("id").unwrap()));
        let policies = PolicySet::from_policies(of_part.map(named)).unwrap();
        let validation = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        assert!(validation.validation_passed(), "{validation}");
        Cedar {
            authorizer: Authorizer::new(),
            policies,
            entities: schema.action_entities().unwrap(),
            schema,
            requester: r#"Requester::"requester""#.parse().unwrap(),
            dataset: r#"Dataset::"dataset""#.parse().unwrap(),
            classes: [(W, action("list_withheld")), (C, action("list_conditional")), (U, action("list_unconditional"))],
        }
    }

    /// One request for each class. They are checked against the schema only when told to: a host that builds its own
    /// contexts need not.
    #[must_use]
    pub fn classification_requests(&self, case: &classification::Case, checked: bool) -> [Request; 3] {
        let context = context(case.named());
        self.classes.each_ref().map(|(_, action)| self.request(action.clone(), context.clone(), checked))
    }

    /// The permitted classes.
    #[must_use]
    pub fn classify(&self, requests: &[Request; 3]) -> u8 {
        self.classes.iter().zip(requests).fold(0, |bits, ((class, _), request)| match self.decide(request).decision() {
            Decision::Allow => bits | class,
            Decision::Deny => bits,
        })
    }

    /// The request of an access: what is asked for is Cedar's action, all else is in the context.
    #[must_use]
    pub fn access_request(&self, case: &access::Case, checked: bool) -> Request {
        let others = case.named().into_iter().filter(|(fact, _)| *fact != "action");
        self.request(action(case.action()), context(others), checked)
    }

    /// The answer, whose determining policies are the denials.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Response {
        self.authorizer.is_authorized(request, &self.policies, &self.entities)
    }

    fn request(&self, action: EntityUid, context: Context, checked: bool) -> Request {
        let schema = checked.then_some(&self.schema);
        Request::new(self.requester.clone(), action, self.dataset.clone(), context, schema).unwrap()
    }
}

/// The codes of the denials; none when permitted.
pub fn denials(answer: &Response) -> impl Iterator<Item = &str> {
    let denied = answer.decision() == Decision::Deny;
    answer.diagnostics().reason().map(AsRef::as_ref).filter(move |_| denied)
}

fn action(name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id("Action".parse().unwrap(), cedar_policy::EntityId::new(name))
}

fn context(facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Context {
    let expression = |fact| match fact {
        Fact::Bool(value) => RestrictedExpression::new_bool(value),
        Fact::Word(word) => RestrictedExpression::new_string(word.to_owned()),
    };
    Context::from_pairs(facts.into_iter().map(|(name, fact)| (name.to_owned(), expression(fact)))).unwrap()
}
