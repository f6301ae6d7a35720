//! Enforces a compiled policy in front of model providers.

pub mod keys;
pub mod store;
