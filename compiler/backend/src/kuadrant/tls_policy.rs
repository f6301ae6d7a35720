//! The TLSPolicy of an environment: certificates for its listeners from cert-manager.

use serde::Serialize;

use crate::facts::Facts;
use crate::gateway_api::TargetRef;
use crate::meta::{Object, Wave, metadata};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TlsPolicy {
    target_ref: TargetRef,
    issuer_ref: IssuerRef,
    duration: &'static str,
    renew_before: &'static str,
    private_key: PrivateKey,
}

#[derive(Debug, Serialize)]
struct IssuerRef {
    group: &'static str,
    kind: String,
    name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PrivateKey {
    algorithm: &'static str,
    rotation_policy: &'static str,
    size: u16,
}

/// Returns the TLSPolicy, or `None` where certificates come from elsewhere.
pub(crate) fn tls_policy(facts: &Facts<'_>) -> Option<Object<TlsPolicy>> {
    let gateway = &facts.ir.gateway;
    let (kind, name) = gateway.tls_issuer.clone()?;
    let sources = [facts.document(gateway.rule).to_owned()].into();
    Some(Object {
        api_version: "kuadrant.io/v1",
        kind: "TLSPolicy",
        metadata: metadata(
            facts,
            gateway.name.clone(),
            &gateway.gateway_namespace,
            Wave::GatewayPolicy,
            &gateway.name,
            &sources,
        ),
        spec: TlsPolicy {
            target_ref: TargetRef::gateway(&gateway.name),
            issuer_ref: IssuerRef { group: "cert-manager.io", kind, name },
            duration: "2160h0m0s",
            renew_before: "720h0m0s",
            private_key: PrivateKey { algorithm: "ECDSA", rotation_policy: "Always", size: 256 },
        },
    })
}
