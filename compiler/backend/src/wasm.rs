//! The decision table as a WebAssembly module.
