//! The configuration file of `maas-gateway` (`gateway.json`), as `maasc build` writes it for a `standalone` Gateway.

use serde::{Deserialize, Serialize};

use crate::bundle::SecretRef;

/// The `format` of this version.
pub const FORMAT: &str = "maas.gateway/v1";

/// `gateway.json`. Relative paths are taken from the folder of the file. An unknown field is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayConfig {
    /// [`FORMAT`].
    pub format: String,
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// Address and port for clients.
    pub listen: String,
    /// Address and port for health, metrics and bundle status.
    pub admin: String,
    /// Path of `policy.wasm`; `provenance.json` lies beside it.
    pub bundle: String,
    /// Folder for keys, counters, the ledger and the last good bundle.
    pub state: String,
    /// Folder of credentials: `<folder>/<secret>/<key>`.
    pub credentials: String,
    /// Largest request body in bytes.
    pub max_request_bytes: u64,
    /// Stores that replicas share; embedded ones where nothing is said.
    #[serde(default)]
    pub stores: Stores,
}

/// Stores that replicas share.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stores {
    /// URL of a Valkey or Redis server for counters and leases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valkey: Option<SecretRef>,
    /// URL of a PostgreSQL database for keys and ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<SecretRef>,
}
