//! The two policies that close a Gateway before it has a route: nobody may call, and nobody has a token.

use std::collections::BTreeMap;

use serde::Serialize;

use super::auth_policy::{Authorization, Response, Rules, refusal};
use super::token_rate_limit_policy::rates;
use crate::cel::{Expression, NotParsed};
use crate::facts::Facts;
use crate::gateway_api::TargetRef;
use crate::limits::Rates;
use crate::meta::{Metadata, Object, Wave, metadata};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayAuthPolicy {
    target_ref: TargetRef,
    defaults: AuthDefaults,
}

#[derive(Debug, Serialize)]
struct AuthDefaults {
    strategy: &'static str,
    rules: Rules,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayTokenRateLimitPolicy {
    target_ref: TargetRef,
    defaults: TokenDefaults,
}

#[derive(Debug, Serialize)]
struct TokenDefaults {
    strategy: &'static str,
    limits: BTreeMap<&'static str, OnlyRates>,
}

#[derive(Debug, Serialize)]
struct OnlyRates {
    rates: Vec<super::token_rate_limit_policy::Rate>,
}

/// Returns the AuthPolicy that refuses on every route without a policy of its own; a route's own replaces it whole.
///
/// # Errors
/// When an expression cannot be written.
pub(crate) fn auth_policy(facts: &Facts<'_>) -> Result<Object<GatewayAuthPolicy>, NotParsed> {
    let nobody = Authorization::patterns(&[], &[Expression::Bool(false)])?;
    let response = Response {
        unauthenticated: None,
        unauthorized: refusal(403, "no policy grants access to this route", "access_denied", "route_not_published"),
        success: None,
    };
    let rules = Rules {
        authentication: BTreeMap::new(),
        authorization: BTreeMap::from([("nobody".to_owned(), nobody)]),
        response,
    };
    Ok(Object {
        api_version: "kuadrant.io/v1",
        kind: "AuthPolicy",
        metadata: gateway_metadata(facts, "deny-by-default"),
        spec: GatewayAuthPolicy {
            target_ref: TargetRef::gateway(&facts.ir.gateway.name),
            defaults: AuthDefaults { strategy: "atomic", rules },
        },
    })
}

/// Returns the TokenRateLimitPolicy that leaves no token on every route without a policy of its own.
pub(crate) fn token_rate_limit_policy(facts: &Facts<'_>) -> Object<GatewayTokenRateLimitPolicy> {
    let limits = BTreeMap::from([("no-policy", OnlyRates { rates: rates(&Rates::from([(3_600, 0)])) })]);
    Object {
        api_version: "kuadrant.io/v1alpha1",
        kind: "TokenRateLimitPolicy",
        metadata: gateway_metadata(facts, "zero-by-default"),
        spec: GatewayTokenRateLimitPolicy {
            target_ref: TargetRef::gateway(&facts.ir.gateway.name),
            defaults: TokenDefaults { strategy: "atomic", limits },
        },
    }
}

fn gateway_metadata(facts: &Facts<'_>, suffix: &str) -> Metadata {
    let gateway = &facts.ir.gateway;
    let sources = [facts.document(gateway.rule).to_owned()].into();
    let name = format!("{}-{suffix}", gateway.name);
    metadata(facts, name, &gateway.gateway_namespace, Wave::GatewayPolicy, &gateway.name, &sources)
}
