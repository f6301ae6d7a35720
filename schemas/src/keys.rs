//! API keys as the gateway's store holds them and as its self-service API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The `format` of a stored key.
pub const FORMAT: &str = "maas.key/v1";

/// A key in a store: everything but the secret, of which only a hash exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyRecord {
    /// [`FORMAT`].
    pub format: String,
    /// The part of the key that names it.
    pub id: String,
    /// SHA-256 of id and secret, hex.
    pub hash: String,
    /// Hash of the secret before the last rotation, while it is still good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSecret>,
    /// The one subscription that it may use.
    pub subscription: String,
    /// The team that is charged.
    pub team: String,
    /// `provider:subject` of the person whose key it is; empty for a key of the whole team.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// For people and scripts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `provider:subject` of who made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_by: String,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// From then on it is refused; Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// When it was revoked, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<i64>,
    /// Grows by one with each change.
    pub version: u64,
}

/// The secret before a rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviousSecret {
    /// SHA-256 of id and secret, hex.
    pub hash: String,
    /// Good before this time, Unix milliseconds.
    pub until_ms: i64,
}
