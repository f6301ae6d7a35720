//! Objects that could not be written: a mistake of the compiler.

use maasc_diagnostics::{Level, Rule};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0798",
    name: "unwritable-object",
    summary: "an object that could not be written",
    level: Level::Error,
    page: include_str!("unwritable_object.md"),
};
