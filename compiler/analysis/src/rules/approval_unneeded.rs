//! `approval-unneeded`: an approval that nothing asks for.

use maasc_diagnostics::{Level, Rule};

/// An approval that nothing asks for.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0438",
    name: "approval-unneeded",
    summary: "an approval that nothing asks for",
    level: Level::Warn,
    page: include_str!("approval_unneeded.md"),
};
