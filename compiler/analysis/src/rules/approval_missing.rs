//! `approval-missing`: something needs an approval that nobody gave.

use maasc_diagnostics::{Level, Rule};

/// Something needs an approval that nobody gave.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0432",
    name: "approval-missing",
    summary: "something needs an approval that nobody gave",
    level: Level::Error,
    page: include_str!("approval_missing.md"),
};
