//! Enforces a compiled policy in front of model providers.
