//! The ServiceEntry of a host outside of the cluster.

use serde::Serialize;

use super::{Host, export_to};
use crate::facts::Facts;
use crate::meta::{Object, Wave, metadata};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceEntry {
    hosts: Vec<String>,
    location: &'static str,
    resolution: &'static str,
    export_to: Vec<String>,
    ports: Vec<Port>,
}

#[derive(Debug, Serialize)]
struct Port {
    name: String,
    number: u16,
    protocol: &'static str,
}

/// Returns the ServiceEntry of a host, or `None` where the cluster knows it.
pub(crate) fn service_entry(facts: &Facts<'_>, host: &Host<'_>) -> Option<Object<ServiceEntry>> {
    if host.inside {
        return None;
    }
    let namespace = &facts.ir.gateway.gateway_namespace;
    let name = host.object_name(facts);
    let about = host.providers.first().map_or("", |provider| &provider.name);
    let port = |(number, tls): (&u16, &bool)| {
        let (name, protocol) = if *tls { ("https", "HTTPS") } else { ("http", "HTTP") };
        Port { name: format!("{name}-{number}"), number: *number, protocol }
    };
    Some(Object {
        api_version: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: metadata(facts, name, namespace, Wave::Backend, about, &host.sources()),
        spec: ServiceEntry {
            hosts: vec![host.host.clone()],
            location: "MESH_EXTERNAL",
            resolution: "DNS",
            export_to: export_to(facts),
            ports: host.ports.iter().map(port).collect(),
        },
    })
}
