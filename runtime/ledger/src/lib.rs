//! Usage records, their hash chain and statements: pure functions over bytes.
//!
//! The gateway writes with [`chain::Chain::append`]; `maasc report`, replay and the portal read with [`chain::verify`] and
//! [`chain::records`], and add up with [`statement`]. All of them see the same numbers.

pub mod chain;
pub mod record;
pub mod statement;
