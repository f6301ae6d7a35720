//! The Gateway API `Gateway` of an environment: one TLS listener for each host name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::GROUP;
use crate::emit::Options;
use crate::facts::Facts;
use crate::meta::{Object, Wave, metadata};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gateway {
    gateway_class_name: String,
    listeners: Vec<Listener>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listener {
    name: String,
    hostname: String,
    port: u16,
    protocol: &'static str,
    allowed_routes: AllowedRoutes,
    tls: Tls,
}

#[derive(Debug, Serialize)]
struct AllowedRoutes {
    kinds: Vec<RouteKind>,
    namespaces: Namespaces,
}

#[derive(Debug, Serialize)]
struct RouteKind {
    group: &'static str,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Namespaces {
    from: &'static str,
    selector: Selector,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    match_labels: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tls {
    mode: &'static str,
    certificate_refs: Vec<CertificateRef>,
}

#[derive(Debug, Serialize)]
struct CertificateRef {
    group: &'static str,
    kind: &'static str,
    name: String,
}

/// Returns the Gateway API `Gateway`. It alone names bundle and commit, so that a change of one policy does not
/// rewrite every object.
pub(crate) fn gateway(facts: &Facts<'_>, options: &Options<'_>) -> Object<Gateway> {
    let gateway = &facts.ir.gateway;
    let sources = BTreeSet::from([facts.document(gateway.rule).to_owned()]);
    let mut metadata =
        metadata(facts, gateway.name.clone(), &gateway.gateway_namespace, Wave::Gateway, &gateway.name, &sources);
    for (key, value) in [("maasc.dev/bundle", options.bundle_digest), ("maasc.dev/commit", options.commit)] {
        metadata.annotations.extend(value.map(|value| (key, value.to_owned())));
    }
    let mut names = BTreeSet::new();
    let listeners = gateway.hostnames.iter().map(|hostname| listener(facts, hostname, &mut names)).collect();
    let spec = Gateway { gateway_class_name: gateway.class_name.clone(), listeners };
    Object { api_version: "gateway.networking.k8s.io/v1", kind: "Gateway", metadata, spec }
}

fn listener(facts: &Facts<'_>, hostname: &str, names: &mut BTreeSet<String>) -> Listener {
    let gateway = &facts.ir.gateway;
    let base = hostname.replace("*.", "any-").replace('.', "-");
    let candidates = std::iter::once(base.clone()).chain((2_u32..).map(|n| format!("{base}-{n}")));
    let name = candidates.into_iter().find(|name| !names.contains(name)).unwrap_or(base);
    names.insert(name.clone());
    Listener {
        hostname: hostname.to_owned(),
        port: 443,
        protocol: "HTTPS",
        allowed_routes: AllowedRoutes {
            kinds: vec![RouteKind { group: GROUP, kind: "HTTPRoute" }],
            namespaces: Namespaces {
                from: "Selector",
                // Every namespace has this label, and nobody but the API server can set it.
                selector: Selector {
                    match_labels: BTreeMap::from([("kubernetes.io/metadata.name", gateway.models_namespace.clone())]),
                },
            },
        },
        tls: Tls {
            mode: "Terminate",
            certificate_refs: vec![CertificateRef {
                group: "",
                kind: "Secret",
                name: format!("{}-{name}-tls", gateway.name),
            }],
        },
        name,
    }
}
