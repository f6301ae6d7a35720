//! `approval-by-owner`: an owner approves what is theirs.

use maasc_diagnostics::{Level, Rule};

/// An owner approves what is theirs.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0437",
    name: "approval-by-owner",
    summary: "an owner approves what is theirs",
    level: Level::Error,
    page: include_str!("approval_by_owner.md"),
};
