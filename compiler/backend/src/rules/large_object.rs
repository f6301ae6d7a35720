//! Objects that are large.

use maasc_diagnostics::{Level, Rule};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0795",
    name: "large-object",
    summary: "an object above 256 KiB",
    level: Level::Warn,
    page: include_str!("large_object.md"),
};
