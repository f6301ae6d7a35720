//! `approval-void`: an approval whose subject has changed since.

use maasc_diagnostics::{Level, Rule};

/// An approval whose subject has changed since.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0433",
    name: "approval-void",
    summary: "an approval whose subject has changed since",
    level: Level::Error,
    page: include_str!("approval_void.md"),
};
