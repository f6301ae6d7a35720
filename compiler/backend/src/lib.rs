//! The decision table as manifests, WebAssembly and gateway configuration.
