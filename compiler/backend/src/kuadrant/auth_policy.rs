//! The AuthPolicy of a model: who callers are, whether they may, and what limits see of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Predicate;
use super::identity::{
    SERVICE_ACCOUNT_AUDIENCE, best_grant, identity, is_service_account, issued_by, meant_for_us, oidc, service_account,
};
use crate::cel::{Expression, NotParsed};
use crate::facts::{Facts, Route};
use crate::gateway_api::TargetRef;
use crate::meta::{Object, Wave, metadata};

/// How long keys of an issuer are kept, in seconds.
const DISCOVERY_TTL: u32 = 3_600;
/// Names that no identity provider can have: its names have no dot.
const SERVICE_ACCOUNTS: &str = "kubernetes.service-accounts";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthPolicy {
    target_ref: TargetRef,
    rules: Rules,
}

/// The rules of an AuthPolicy.
#[derive(Debug, Serialize)]
pub(super) struct Rules {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) authentication: BTreeMap<String, Authentication>,
    pub(super) authorization: BTreeMap<String, Authorization>,
    pub(super) response: Response,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authentication {
    metrics: bool,
    priority: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<Jwt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubernetes_token_review: Option<TokenReview>,
    credentials: Credentials,
    overrides: BTreeMap<&'static str, Source>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Jwt {
    issuer_url: String,
    ttl: u32,
}

#[derive(Debug, Serialize)]
struct TokenReview {
    audiences: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    authorization_header: AuthorizationHeader,
}

#[derive(Debug, Serialize)]
struct AuthorizationHeader {
    prefix: &'static str,
}

/// Where a value comes from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Value(String),
    Expression(String),
}

impl Source {
    fn new(expression: &Expression) -> Result<Self, NotParsed> {
        match expression {
            Expression::Text(text) => Ok(Self::Value(text.clone())),
            other => Ok(Self::Expression(other.print()?)),
        }
    }
}

/// One thing that must hold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorization {
    metrics: bool,
    priority: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    when: Vec<Predicate>,
    pattern_matching: Patterns,
}

impl Authorization {
    /// Returns the demand that all `patterns` hold for callers for whom all of `when` hold.
    pub(super) fn patterns(when: &[Expression], patterns: &[Expression]) -> Result<Self, NotParsed> {
        let print = |list: &[Expression]| list.iter().map(Predicate::new).collect::<Result<Vec<_>, _>>();
        let pattern_matching = Patterns { patterns: print(patterns)? };
        Ok(Self { metrics: false, priority: 0, when: print(when)?, pattern_matching })
    }
}

#[derive(Debug, Serialize)]
struct Patterns {
    patterns: Vec<Predicate>,
}

/// What callers and limits get.
#[derive(Debug, Serialize)]
pub(super) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unauthenticated: Option<Refusal>,
    pub(super) unauthorized: Refusal,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) success: Option<Success>,
}

/// A refusal in the shape that clients of OpenAI know.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    code: u16,
    headers: BTreeMap<&'static str, Text>,
    body: Text,
}

#[derive(Debug, Serialize)]
struct Text {
    value: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Success {
    filters: BTreeMap<&'static str, Filter>,
}

#[derive(Debug, Serialize)]
struct Filter {
    metrics: bool,
    priority: u32,
    json: Json,
}

#[derive(Debug, Serialize)]
struct Json {
    properties: BTreeMap<&'static str, Source>,
}

/// Returns the AuthPolicy of a route.
///
/// # Errors
/// When an expression cannot be written.
pub(crate) fn auth_policy(facts: &Facts<'_>, route: &Route<'_>) -> Result<Object<AuthPolicy>, NotParsed> {
    let mut authentication = BTreeMap::new();
    let mut authorization = BTreeMap::new();
    for provider in &facts.ir.identity_providers {
        let jwt = Jwt { issuer_url: provider.issuer.clone(), ttl: DISCOVERY_TTL };
        let source = Authentication { jwt: Some(jwt), ..Authentication::with(&oidc(facts, route, provider))? };
        authentication.insert(provider.name.clone(), source);
        // Authorino verifies signature and time of a token, and neither issuer nor audience.
        let from_it = identity("maas_provider").equals(Expression::text(&provider.name));
        let patterns = [issued_by(provider), meant_for_us(provider)];
        authorization.insert(format!("token-of-{}", provider.name), Authorization::patterns(&[from_it], &patterns)?);
    }
    let has_service_account =
        |principal: u32| facts.ir.teams.get(principal as usize).is_some_and(|team| !team.service_accounts.is_empty());
    if route.candidates.iter().any(|candidate| has_service_account(candidate.principal)) {
        let review = TokenReview { audiences: vec![SERVICE_ACCOUNT_AUDIENCE] };
        let source = Authentication {
            kubernetes_token_review: Some(review),
            priority: 1,
            ..Authentication::with(&service_account(facts, route))?
        };
        authentication.insert(SERVICE_ACCOUNTS.to_owned(), source);
        let from_it = identity("maas_provider").equals(Expression::text(""));
        let only = Authorization::patterns(&[from_it], &[is_service_account()])?;
        authorization.insert("service-account".to_owned(), only);
    }
    let is_known = identity("maas_user").differs(Expression::text(""));
    authorization.insert("identified".to_owned(), Authorization::patterns(&[], &[is_known])?);
    let n_grants = Expression::Call("size", vec![identity("maas_grants")]);
    let is_granted = n_grants.differs(Expression::Int(0));
    authorization.insert("granted".to_owned(), Authorization::patterns(&[], &[is_granted])?);
    let name = facts.route_name(route.model);
    Ok(Object {
        api_version: "kuadrant.io/v1",
        kind: "AuthPolicy",
        metadata: metadata(
            facts,
            name.clone(),
            &facts.ir.gateway.models_namespace,
            Wave::RoutePolicy,
            &route.model.name,
            &route.sources,
        ),
        spec: AuthPolicy {
            target_ref: TargetRef::route(name),
            rules: Rules { authentication, authorization, response: response(route)? },
        },
    })
}

impl Authentication {
    fn with(overrides: &BTreeMap<&'static str, Expression>) -> Result<Self, NotParsed> {
        let overrides =
            overrides.iter().map(|(name, value)| Ok((*name, Source::new(value)?))).collect::<Result<_, _>>()?;
        Ok(Self {
            metrics: false,
            priority: 0,
            jwt: None,
            kubernetes_token_review: None,
            credentials: Credentials { authorization_header: AuthorizationHeader { prefix: "Bearer" } },
            overrides,
        })
    }
}

/// Returns the answers, and the properties without which no limit would ever apply.
fn response(route: &Route<'_>) -> Result<Response, NotParsed> {
    let best = |property| best_grant(identity("maas_grants"), property);
    let properties = BTreeMap::from([
        ("quota", Source::new(&best("quota"))?),
        ("subscription", Source::new(&best("subscription"))?),
        ("team", Source::new(&best("team"))?),
        ("user", Source::new(&identity("maas_user"))?),
    ]);
    let identity = Filter { metrics: false, priority: 0, json: Json { properties } };
    let unauthorized = if route.model.hidden {
        refusal(404, "this model does not exist", "invalid_request_error", "model_not_found")
    } else {
        refusal(403, "no subscription grants this model to you", "access_denied", "not_granted")
    };
    Ok(Response {
        unauthenticated: Some(refusal(
            401,
            "the token is missing or not valid",
            "invalid_request_error",
            "invalid_token",
        )),
        unauthorized,
        success: Some(Success { filters: BTreeMap::from([("identity", identity)]) }),
    })
}

/// Returns a refusal in the shape that clients of OpenAI know.
pub(super) fn refusal(code: u16, message: &str, kind: &str, error: &str) -> Refusal {
    let body = serde_json::json!({"error": {"message": message, "type": kind, "code": error}});
    Refusal {
        code,
        headers: BTreeMap::from([("content-type", Text { value: "application/json".to_owned() })]),
        body: Text { value: body.to_string() },
    }
}
