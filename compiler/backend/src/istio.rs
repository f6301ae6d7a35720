//! Objects of Istio: hosts outside of the cluster, and TLS towards providers.

pub(crate) mod destination_rule;
pub(crate) mod service_entry;

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::bundle::Provider;

use crate::facts::Facts;
use crate::upstreams::Place;

/// A host that routes lead to; providers at one host share it.
#[derive(Debug)]
pub(crate) struct Host<'a> {
    /// Its name in the mesh.
    pub(crate) host: String,
    /// It is a Service of the cluster.
    pub(crate) inside: bool,
    /// Ports, and whether they speak TLS.
    pub(crate) ports: BTreeMap<u16, bool>,
    /// The providers there, by name.
    pub(crate) providers: Vec<&'a Provider>,
}

impl Host<'_> {
    /// Returns the name of its objects: the first provider's.
    pub(crate) fn object_name(&self, facts: &Facts<'_>) -> String {
        let provider = self.providers.first().map_or("", |provider| &provider.name);
        format!("{}-{provider}", facts.ir.gateway.name)
    }

    /// Returns the documents behind its objects.
    pub(crate) fn sources(&self) -> BTreeSet<String> {
        self.providers.iter().map(|provider| format!("Provider/{}", provider.name)).collect()
    }
}

/// Returns the hosts that routes lead to, by name.
pub(crate) fn hosts<'a>(facts: &Facts<'a>) -> Vec<Host<'a>> {
    let mut hosts: BTreeMap<String, Host<'a>> = BTreeMap::new();
    for route in facts.routes.iter().filter(|route| !route.endpoints.is_empty()) {
        for destination in &route.destinations {
            let (inside, port) = match destination.place {
                Place::Service { port, .. } => (true, port),
                Place::Host { port, .. } => (false, port),
                Place::Pool { .. } => continue,
            };
            let Some(name) = destination.place.host() else { continue };
            let host = hosts.entry(name.clone()).or_insert_with(|| Host {
                host: name,
                inside,
                ports: BTreeMap::new(),
                providers: Vec::new(),
            });
            host.ports.insert(port, destination.tls);
            host.providers.push(destination.provider);
        }
    }
    let mut hosts: Vec<_> = hosts.into_values().collect();
    for host in &mut hosts {
        host.providers.sort_by(|a, b| a.name.cmp(&b.name));
        host.providers.dedup_by(|a, b| a.name == b.name);
    }
    hosts
}

/// Returns for which namespaces a host is: its own and the one of the routes.
fn export_to(facts: &Facts<'_>) -> Vec<String> {
    let gateway = &facts.ir.gateway;
    let mut namespaces = vec![".".to_owned()];
    if gateway.models_namespace != gateway.gateway_namespace {
        namespaces.push(gateway.models_namespace.clone());
    }
    namespaces
}
