//! Loads a compiled policy once and decides many times.
//!
//! Three types, three lifetimes: a [`Bundle`] is a file that was verified, a [`Policy`] is that file compiled for this
//! process, an [`Evaluator`] answers requests on one thread. A `Policy` is cheap to clone and to swap.
//!
//! ```no_run
//! # fn load(bytes: Vec<u8>, request: maas_schemas::decision::Request) -> Result<(), Box<dyn std::error::Error>> {
//! use maas_host::{Bundle, Engine, Policy, Ticker};
//!
//! let engine = Engine::with_deadline()?;
//! let _ticker = Ticker::start(&engine)?;
//! let policy = Policy::load(&engine, &Bundle::read(bytes)?)?;
//! let decision = policy.evaluator()?.decide(&request)?;
//! # Ok(())
//! # }
//! ```
//!
//! The module is not trusted: it is verified before it is compiled, has no host function to call, cannot grow its
//! memory, and loses its turn after fifty ticks of the [`Ticker`].

mod bundle;
mod engine;
mod error;
mod evaluator;
mod limits;
mod policy;
mod selftest;
mod verify;

#[cfg(test)]
mod tests;

pub use bundle::Bundle;
pub use engine::{Engine, Ticker};
pub use error::{EvaluateError, LoadError};
pub use evaluator::Evaluator;
pub use policy::Policy;
