//! The canonical decision table and its reference evaluator: what is decided, for whom, when.
//!
//! Everything below this room (manifests, WebAssembly, plan, tests, queries) reads [`ir::Ir`] and nothing else.

mod build;
pub mod calendar;
pub mod ceiling;
pub mod cel;
mod classes;
pub mod digest;
pub mod eval;
pub mod evaluate;
pub mod ir;
pub mod normalize;
pub mod print;
#[cfg(test)]
mod properties;
mod provenance;
pub mod rules;
#[cfg(test)]
mod testing;

pub use build::{Consent, Standing, approval_digest, build, consent};
pub use provenance::provenance;

use maasc_diagnostics::Span;

/// A decision table and where each of its rules was written.
#[derive(Clone, Debug)]
pub struct Built {
    /// The table.
    pub ir: ir::Ir,
    /// By [`ir::RuleId`].
    pub rules: Vec<RuleSource>,
}

/// Where a rule was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSource {
    /// The place that a finding or a refusal names.
    pub span: Span,
    /// `Kind/name`.
    pub document: String,
}

impl Built {
    /// Returns where a rule was written; the empty place for a number that is none.
    #[must_use]
    pub fn span(&self, rule: ir::RuleId) -> Span {
        self.rules.get(rule as usize).map_or_else(Span::default, |source| source.span)
    }
}
