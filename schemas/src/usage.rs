//! Usage records: one line of the ledger for every request that reached the policy.

/// The `format` of this version.
pub const FORMAT: &str = "maas.usage/v1";
