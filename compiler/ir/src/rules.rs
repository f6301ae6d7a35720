//! Rules of this room: mistakes that only show when a policy is put together.

pub mod expression_fails;

use maasc_diagnostics::Rule;

/// All rules of this room.
pub static RULES: &[&Rule] = &[&expression_fails::RULE];
