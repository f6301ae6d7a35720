//! The RateLimitPolicy of a model: how many requests each caller may make.

use std::collections::BTreeMap;

use serde::Serialize;

use super::token_rate_limit_policy::{Limit, counters, has_quota, rates};
use crate::cel::NotParsed;
use crate::facts::{Facts, Route};
use crate::gateway_api::TargetRef;
use crate::meta::{Object, Wave, metadata};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateLimitPolicy {
    target_ref: TargetRef,
    limits: BTreeMap<String, Limit>,
}

/// Returns the RateLimitPolicy of a route, or `None` where nobody's requests are limited.
///
/// # Errors
/// When an expression cannot be written.
pub(crate) fn rate_limit_policy(
    facts: &Facts<'_>,
    route: &Route<'_>,
) -> Result<Option<Object<RateLimitPolicy>>, NotParsed> {
    let mut limits = BTreeMap::new();
    for (quota, vector) in &route.quotas.vectors {
        for (scope, windows) in &vector.requests {
            let limit = Limit { when: vec![has_quota(quota)?], counters: counters(*scope)?, rates: rates(windows) };
            limits.insert(format!("{quota}-per-{}", scope.name()), limit);
        }
    }
    if limits.is_empty() {
        return Ok(None);
    }
    let name = facts.route_name(route.model);
    Ok(Some(Object {
        api_version: "kuadrant.io/v1",
        kind: "RateLimitPolicy",
        metadata: metadata(
            facts,
            name.clone(),
            &facts.ir.gateway.models_namespace,
            Wave::RoutePolicy,
            &route.model.name,
            &route.sources,
        ),
        spec: RateLimitPolicy { target_ref: TargetRef::route(name), limits },
    }))
}
