//! The DestinationRule of a host: TLS that verifies it, and hosts that fail taken out for a while.

use maas_schemas::bundle::{Provider, ProviderTls};
use serde::Serialize;

use super::{Host, export_to};
use crate::facts::Facts;
use crate::meta::{Object, Wave, metadata};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DestinationRule {
    host: String,
    export_to: Vec<String>,
    traffic_policy: TrafficPolicy,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TrafficPolicy {
    connection_pool: ConnectionPool,
    outlier_detection: OutlierDetection,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    port_level_settings: Vec<PortSettings>,
}

#[derive(Debug, Serialize)]
struct ConnectionPool {
    tcp: Tcp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tcp {
    connect_timeout: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutlierDetection {
    #[serde(rename = "consecutive5xxErrors")]
    consecutive_errors: u32,
    interval: &'static str,
    base_ejection_time: &'static str,
}

#[derive(Debug, Serialize)]
struct PortSettings {
    port: PortNumber,
    tls: Tls,
}

#[derive(Debug, Serialize)]
struct PortNumber {
    number: u16,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tls {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_name: Option<String>,
    sni: String,
    subject_alt_names: Vec<String>,
}

/// Returns the DestinationRule of a host, or `None` for a plain Service of the cluster: that one's may be somebody else's.
pub(crate) fn destination_rule(facts: &Facts<'_>, host: &Host<'_>) -> Option<Object<DestinationRule>> {
    if host.inside && !host.ports.values().any(|tls| *tls) {
        return None;
    }
    let namespace = &facts.ir.gateway.gateway_namespace;
    let name = host.object_name(facts);
    let provider = host.providers.first();
    let about = provider.map_or("", |provider| &provider.name);
    let settings = |number: &u16| PortSettings { port: PortNumber { number: *number }, tls: tls(host, provider) };
    let ports = host.ports.iter().filter(|(_, tls)| **tls).map(|(number, _)| settings(number));
    Some(Object {
        api_version: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: metadata(facts, name, namespace, Wave::Backend, about, &host.sources()),
        spec: DestinationRule {
            host: host.host.clone(),
            export_to: export_to(facts),
            traffic_policy: TrafficPolicy {
                connection_pool: ConnectionPool { tcp: Tcp { connect_timeout: "5s" } },
                outlier_detection: OutlierDetection {
                    consecutive_errors: 5,
                    interval: "30s",
                    base_ejection_time: "60s",
                },
                port_level_settings: ports.collect(),
            },
        },
    })
}

fn tls(host: &Host<'_>, provider: Option<&&Provider>) -> Tls {
    let none = ProviderTls::default();
    let wanted = provider.map_or(&none, |provider| &provider.tls);
    let name = wanted.server_name.clone().unwrap_or_else(|| host.host.clone());
    let credential = credential(wanted);
    Tls {
        mode: if wanted.client_certificate.is_some() && credential.is_some() { "MUTUAL" } else { "SIMPLE" },
        credential_name: credential,
        sni: name.clone(),
        subject_alt_names: vec![name],
    }
}

/// Returns the one Secret that Istio reads certificates from, in the namespace of the Gateway: `ca.crt`, or `tls.crt`,
/// `tls.key` and `ca.crt`.
fn credential(tls: &ProviderTls) -> Option<String> {
    is_expressible(tls)
        .then(|| tls.client_certificate.clone().or_else(|| Some(tls.ca.as_ref()?.secret.clone())))
        .flatten()
}

/// Says whether one Secret with Istio's keys can hold what the provider needs.
pub(crate) fn is_expressible(tls: &ProviderTls) -> bool {
    let Some(ca) = &tls.ca else { return true };
    let known_key = matches!(ca.key.as_str(), "ca.crt" | "cacert");
    known_key && tls.client_certificate.as_ref().is_none_or(|secret| *secret == ca.secret)
}
