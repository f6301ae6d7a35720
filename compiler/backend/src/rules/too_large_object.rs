//! Objects that no API server takes.

use maasc_diagnostics::{Level, Rule};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0796",
    name: "too-large-object",
    summary: "an object above 1 MiB, which no API server takes",
    level: Level::Error,
    page: include_str!("too_large_object.md"),
};
