//! Objects of Gateway API.

pub(crate) mod gateway;
pub(crate) mod http_route;
pub(crate) mod reference_grant;

use serde::Serialize;

/// The group of Gateway API.
pub(crate) const GROUP: &str = "gateway.networking.k8s.io";

/// What a policy is about.
#[derive(Debug, Serialize)]
pub(crate) struct TargetRef {
    group: &'static str,
    kind: &'static str,
    name: String,
}

impl TargetRef {
    /// Returns a reference to a Gateway API `Gateway` in the policy's namespace.
    pub(crate) fn gateway(name: &str) -> Self {
        Self { group: GROUP, kind: "Gateway", name: name.to_owned() }
    }

    /// Returns a reference to an HTTPRoute in the policy's namespace.
    pub(crate) fn route(name: String) -> Self {
        Self { group: GROUP, kind: "HTTPRoute", name }
    }
}
