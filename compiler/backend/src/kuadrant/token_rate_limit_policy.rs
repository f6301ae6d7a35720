//! The TokenRateLimitPolicy of a model: exactly one limit matches a request, and what matches none has no token.

use std::collections::BTreeMap;

use maas_schemas::abi::Scope;
use serde::Serialize;

use super::{Predicate, caller};
use crate::cel::{Expression, NotParsed};
use crate::facts::{Facts, Route};
use crate::gateway_api::TargetRef;
use crate::limits::{Rates, duration};
use crate::meta::{Object, Wave, metadata};

/// The limit of whoever has no quota; names of quotas have a prefix, so none can be equal.
const NOBODY: &str = "without-quota";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenRateLimitPolicy {
    target_ref: TargetRef,
    limits: BTreeMap<String, Limit>,
}

/// One limit: whose requests, in which counter, at which rates.
#[derive(Debug, Serialize)]
pub(crate) struct Limit {
    pub(super) when: Vec<Predicate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) counters: Vec<Counter>,
    pub(super) rates: Vec<Rate>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Counter {
    expression: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Rate {
    limit: i64,
    window: String,
}

/// Returns the TokenRateLimitPolicy of a route.
///
/// # Errors
/// When an expression cannot be written.
pub(crate) fn token_rate_limit_policy(
    facts: &Facts<'_>,
    route: &Route<'_>,
) -> Result<Object<TokenRateLimitPolicy>, NotParsed> {
    let mut limits = BTreeMap::new();
    for (quota, vector) in &route.quotas.vectors {
        let limit = Limit {
            when: vec![has_quota(quota)?],
            counters: counters(vector.token_scope)?,
            rates: rates(&vector.tokens),
        };
        limits.insert(quota.clone(), limit);
    }
    let quotas = Expression::texts(route.quotas.vectors.keys());
    let nobody = Limit {
        when: vec![Predicate::new(&caller("quota").within(quotas).negated())?],
        counters: Vec::new(),
        rates: rates(&Rates::from([(3_600, 0)])),
    };
    limits.insert(NOBODY.to_owned(), nobody);
    let name = facts.route_name(route.model);
    Ok(Object {
        api_version: "kuadrant.io/v1alpha1",
        kind: "TokenRateLimitPolicy",
        metadata: metadata(
            facts,
            name.clone(),
            &facts.ir.gateway.models_namespace,
            Wave::RoutePolicy,
            &route.model.name,
            &route.sources,
        ),
        spec: TokenRateLimitPolicy { target_ref: TargetRef::route(name), limits },
    })
}

/// Returns the condition under which a limit is the caller's.
pub(super) fn has_quota(quota: &str) -> Result<Predicate, NotParsed> {
    Predicate::new(&caller("quota").equals(Expression::text(quota)))
}

/// Returns what tells counters of one limit apart: the subscription, because a quota may have several, and whoever the
/// limit is for. No quotation mark and no space may stand in them: they are pasted into Limitador's file unescaped.
pub(super) fn counters(scope: Scope) -> Result<Vec<Counter>, NotParsed> {
    let whose = match scope {
        Scope::Key | Scope::User => Some("user"),
        Scope::Team => Some("team"),
        Scope::Organization => None,
    };
    let properties = std::iter::once("subscription").chain(whose);
    properties.map(|property| Ok(Counter { expression: caller(property).print()? })).collect()
}

/// Returns rates with the shortest window first.
pub(super) fn rates(rates: &Rates) -> Vec<Rate> {
    let rate = |(seconds, amount): (&u64, &u64)| Rate {
        limit: i64::try_from(*amount).unwrap_or(i64::MAX),
        window: duration(*seconds),
    };
    rates.iter().map(rate).collect()
}
