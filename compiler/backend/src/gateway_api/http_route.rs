//! The HTTPRoute of a model: exact paths in, the provider's paths out.

use std::collections::BTreeMap;

use maas_schemas::abi::{Endpoint, OBLIGATION_DEPRECATED};
use serde::Serialize;

use super::GROUP;
use crate::facts::{Facts, Route, client_path};
use crate::limits::duration;
use crate::meta::{Object, Wave, metadata};
use crate::upstreams::{Destination, Place, endpoint_path};

/// What a client sends for us and not for the provider. Compressed answers would count as no tokens at all.
const REMOVED_HEADERS: &[&str] = &["accept-encoding", "authorization", "cookie", "x-api-key", "x-maas-subscription"];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpRoute {
    parent_refs: Vec<ParentRef>,
    hostnames: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
struct ParentRef {
    group: &'static str,
    kind: &'static str,
    name: String,
    namespace: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    name: String,
    matches: Vec<Match>,
    filters: Vec<Filter>,
    backend_refs: Vec<BackendRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeouts: Option<Timeouts>,
}

#[derive(Debug, Serialize)]
struct Match {
    path: PathMatch,
    method: &'static str,
}

#[derive(Debug, Serialize)]
struct PathMatch {
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Filter {
    #[serde(rename_all = "camelCase")]
    RequestHeaderModifier { request_header_modifier: HeaderModifier },
    #[serde(rename_all = "camelCase")]
    ResponseHeaderModifier { response_header_modifier: HeaderModifier },
    #[serde(rename = "URLRewrite", rename_all = "camelCase")]
    UrlRewrite { url_rewrite: UrlRewrite },
}

#[derive(Debug, Serialize)]
struct HeaderModifier {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remove: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set: Vec<Header>,
}

#[derive(Debug, Serialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct UrlRewrite {
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    path: PathRewrite,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PathRewrite {
    #[serde(rename = "type")]
    kind: &'static str,
    replace_full_path: String,
}

#[derive(Debug, Serialize)]
struct BackendRef {
    group: &'static str,
    kind: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    weight: u16,
}

#[derive(Debug, Serialize)]
struct Timeouts {
    request: String,
}

/// Returns the HTTPRoute of a model, or `None` where it leads nowhere.
pub(crate) fn http_route(facts: &Facts<'_>, route: &Route<'_>) -> Option<Object<HttpRoute>> {
    let first = route.destinations.first()?;
    if route.endpoints.is_empty() {
        return None;
    }
    let gateway = &facts.ir.gateway;
    let sources = [facts.document(route.model.rule).to_owned()].into();
    let metadata = metadata(
        facts,
        facts.route_name(route.model),
        &gateway.models_namespace,
        Wave::Route,
        &route.model.name,
        &sources,
    );
    let spec = HttpRoute {
        parent_refs: vec![ParentRef {
            group: GROUP,
            kind: "Gateway",
            name: gateway.name.clone(),
            namespace: gateway.gateway_namespace.clone(),
        }],
        hostnames: gateway.hostnames.clone(),
        rules: route.endpoints.iter().map(|endpoint| rule(facts, route, first, *endpoint)).collect(),
    };
    Some(Object { api_version: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata, spec })
}

fn rule(facts: &Facts<'_>, route: &Route<'_>, first: &Destination<'_>, endpoint: Endpoint) -> Rule {
    let hostname = match &first.place {
        Place::Host { host, .. } => Some(host.clone()),
        Place::Service { .. } | Place::Pool { .. } => None,
    };
    let mut filters = vec![
        Filter::RequestHeaderModifier {
            request_header_modifier: HeaderModifier {
                remove: REMOVED_HEADERS.to_vec(),
                set: headers(&first.provider.headers),
            },
        },
        Filter::UrlRewrite {
            url_rewrite: UrlRewrite {
                hostname,
                path: PathRewrite {
                    kind: "ReplaceFullPath",
                    replace_full_path: format!("{}{}", first.base, endpoint_path(endpoint)),
                },
            },
        },
    ];
    if route.candidates.iter().any(|candidate| candidate.grant.obligations & OBLIGATION_DEPRECATED != 0) {
        let set = vec![Header { name: "deprecation".to_owned(), value: "true".to_owned() }];
        filters.push(Filter::ResponseHeaderModifier {
            response_header_modifier: HeaderModifier { remove: Vec::new(), set },
        });
    }
    let seconds = route.model.total_timeout_ms.div_ceil(1_000);
    Rule {
        name: endpoint.name().replace('_', "-"),
        matches: vec![Match {
            path: PathMatch { kind: "Exact", value: client_path(route.model, endpoint) },
            method: "POST",
        }],
        filters,
        backend_refs: route.destinations.iter().map(|destination| backend(facts, destination)).collect(),
        timeouts: (seconds > 0).then(|| Timeouts { request: duration(seconds) }),
    }
}

fn headers(headers: &BTreeMap<String, String>) -> Vec<Header> {
    headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() }).collect()
}

fn backend(facts: &Facts<'_>, destination: &Destination<'_>) -> BackendRef {
    let elsewhere = |namespace: &String| (*namespace != facts.ir.gateway.models_namespace).then(|| namespace.clone());
    let weight = destination.weight;
    match &destination.place {
        Place::Service { name, namespace, port } => BackendRef {
            group: "",
            kind: "Service",
            name: name.clone(),
            namespace: elsewhere(namespace),
            port: Some(*port),
            weight,
        },
        Place::Pool { name, namespace } => BackendRef {
            group: "inference.networking.k8s.io",
            kind: "InferencePool",
            name: name.clone(),
            namespace: elsewhere(namespace),
            port: None,
            weight,
        },
        Place::Host { host, port } => BackendRef {
            group: "networking.istio.io",
            kind: "Hostname",
            name: host.clone(),
            namespace: None,
            port: Some(*port),
            weight,
        },
    }
}
