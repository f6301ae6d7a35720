//! The DNSPolicy of an environment in one cluster.

use serde::Serialize;

use crate::facts::Facts;
use crate::gateway_api::TargetRef;
use crate::meta::{Object, Wave, metadata};

/// The weight of a cluster that says none.
const WEIGHT: u32 = 120;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DnsPolicy {
    target_ref: TargetRef,
    provider_refs: Vec<ProviderRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancing: Option<LoadBalancing>,
}

#[derive(Debug, Serialize)]
struct ProviderRef {
    name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LoadBalancing {
    default_geo: bool,
    geo: String,
    weight: u32,
}

/// Returns the DNSPolicy of a cluster, or `None` where names come from elsewhere.
pub(crate) fn dns_policy(facts: &Facts<'_>, weight: Option<u32>) -> Option<Object<DnsPolicy>> {
    let gateway = &facts.ir.gateway;
    let dns = gateway.dns.as_ref()?;
    let sources = [facts.document(gateway.rule).to_owned()].into();
    let load_balancing = (!dns.geo.is_empty()).then(|| LoadBalancing {
        default_geo: dns.default_geo,
        geo: dns.geo.clone(),
        weight: weight.unwrap_or(WEIGHT),
    });
    Some(Object {
        api_version: "kuadrant.io/v1",
        kind: "DNSPolicy",
        metadata: metadata(
            facts,
            gateway.name.clone(),
            &gateway.gateway_namespace,
            Wave::GatewayPolicy,
            &gateway.name,
            &sources,
        ),
        spec: DnsPolicy {
            target_ref: TargetRef::gateway(&gateway.name),
            provider_refs: vec![ProviderRef { name: dns.provider_secret.clone() }],
            load_balancing,
        },
    })
}
