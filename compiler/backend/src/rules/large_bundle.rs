//! Compiled policies that are large.

use maasc_diagnostics::{Level, Rule};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0802",
    name: "large-bundle",
    summary: "a compiled policy above 2 MB",
    level: Level::Warn,
    page: include_str!("large_bundle.md"),
};
