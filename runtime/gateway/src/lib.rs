//! Enforces a compiled policy in front of model providers.
//!
//! Start reading at `phases.rs`: the pipeline of a request as a list. [`Gateway::start`] opens the ports of a gateway inside
//! a running tokio runtime; what it returns swaps bundles, makes keys and shuts down.

mod admin;
mod body;
mod bundles;
mod clock;
mod config;
mod error;
mod exchange;
mod gateway;
mod headers;
pub mod keys;
mod models;
mod paths;
mod phases;
mod server;
mod stall;
mod state;
pub mod store;
mod telemetry;
mod upstream;

pub use bundles::{BundleSource, LoadError};
pub use clock::now_ms;
pub use config::{ConfigError, MAX_REQUEST_BYTES, MissingCredentials, RunConfig};
pub use gateway::{Bundles, Gateway, RunningGateway, StartError};

#[cfg(test)]
mod tests;
