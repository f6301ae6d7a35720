//! `approval-wrong-role`: an approval by somebody without the role.

use maasc_diagnostics::{Level, Rule};

/// An approval by somebody without the role.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0436",
    name: "approval-wrong-role",
    summary: "an approval by somebody without the role",
    level: Level::Error,
    page: include_str!("approval_wrong_role.md"),
};
