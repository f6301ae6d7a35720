//! `approval-expired`: an approval whose time is over.

use maasc_diagnostics::{Level, Rule};

/// An approval whose time is over.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0435",
    name: "approval-expired",
    summary: "an approval whose time is over",
    level: Level::Warn,
    page: include_str!("approval_expired.md"),
};
