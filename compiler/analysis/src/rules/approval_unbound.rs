//! `approval-unbound`: an approval that is not bound to what it approves.

use maasc_diagnostics::{Level, Rule};

/// An approval that is not bound to what it approves.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0434",
    name: "approval-unbound",
    summary: "an approval that is not bound to what it approves",
    level: Level::Error,
    page: include_str!("approval_unbound.md"),
};
