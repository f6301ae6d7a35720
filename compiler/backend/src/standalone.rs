//! The configuration of `maas-gateway` without Kubernetes.

use maas_schemas::gateway::{FORMAT, GatewayConfig, Stores};
use maasc_ir::ir::Ir;

/// Largest request body: images in messages take megabytes.
const MAX_REQUEST_BYTES: u64 = 32 * 1024 * 1024;

/// Returns `gateway.json`.
pub(crate) fn gateway_json(ir: &Ir) -> Vec<u8> {
    let gateway = &ir.gateway;
    let config = GatewayConfig {
        format: FORMAT.to_owned(),
        gateway: gateway.name.clone(),
        listen: "127.0.0.1:8080".to_owned(),
        admin: "127.0.0.1:9090".to_owned(),
        bundle: "policy.wasm".to_owned(),
        state: "state".to_owned(),
        credentials: "credentials".to_owned(),
        max_request_bytes: MAX_REQUEST_BYTES,
        stores: Stores { valkey: gateway.valkey.clone(), postgres: gateway.postgres.clone() },
    };
    // The configuration has texts and numbers only, so that it always has a JSON form.
    let mut bytes = serde_json::to_vec_pretty(&config).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
