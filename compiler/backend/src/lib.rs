//! The decision table as files: manifests, WebAssembly, gateway configuration.

pub mod artifact;
pub mod wasm;
