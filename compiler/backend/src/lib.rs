//! The decision table as files: manifests, WebAssembly, gateway configuration.

pub mod artifact;
mod capability;
mod cel;
mod emit;
mod facts;
#[cfg(test)]
mod fixture;
mod gateway_api;
mod istio;
mod kuadrant;
mod limits;
mod meta;
mod rules;
mod standalone;
mod upstreams;
pub mod wasm;
mod yaml;

pub use emit::{Options, check, emit, table_json};
pub use rules::{RULES, is_acceptable};
