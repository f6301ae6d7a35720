//! ReferenceGrants: permission for routes to lead to backends in other namespaces.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::GROUP;
use crate::facts::Facts;
use crate::meta::{Object, Wave, metadata};
use crate::upstreams::Place;

#[derive(Debug, Serialize)]
pub(crate) struct ReferenceGrant {
    from: Vec<Referrer>,
    to: Vec<Referent>,
}

#[derive(Debug, Serialize)]
struct Referrer {
    group: &'static str,
    kind: &'static str,
    namespace: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Referent {
    group: &'static str,
    kind: &'static str,
    name: String,
}

/// Returns a grant for each namespace with backends, naming each of them.
pub(crate) fn reference_grants(facts: &Facts<'_>) -> Vec<Object<ReferenceGrant>> {
    let gateway = &facts.ir.gateway;
    let mut backends: BTreeMap<&str, (BTreeSet<Referent>, BTreeSet<String>)> = BTreeMap::new();
    for route in facts.routes.iter().filter(|route| !route.endpoints.is_empty()) {
        for destination in &route.destinations {
            let (group, kind, name, namespace) = match &destination.place {
                Place::Service { name, namespace, .. } => ("", "Service", name, namespace),
                Place::Pool { name, namespace } => ("inference.networking.k8s.io", "InferencePool", name, namespace),
                Place::Host { .. } => continue,
            };
            if *namespace == gateway.models_namespace {
                continue;
            }
            let (to, sources) = backends.entry(namespace).or_default();
            to.insert(Referent { group, kind, name: name.clone() });
            sources.insert(format!("Provider/{}", destination.provider.name));
        }
    }
    let grant = |(namespace, (to, sources)): (&str, (BTreeSet<Referent>, BTreeSet<String>))| Object {
        api_version: "gateway.networking.k8s.io/v1beta1",
        kind: "ReferenceGrant",
        metadata: metadata(
            facts,
            format!("{}-routes", gateway.name),
            namespace,
            Wave::Backend,
            &gateway.name,
            &sources,
        ),
        spec: ReferenceGrant {
            from: vec![Referrer { group: GROUP, kind: "HTTPRoute", namespace: gateway.models_namespace.clone() }],
            to: to.into_iter().collect(),
        },
    };
    backends.into_iter().map(grant).collect()
}
