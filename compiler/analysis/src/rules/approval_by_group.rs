//! `approval-by-group`: an approval by somebody whom only a group could put into the role.

use maasc_diagnostics::{Level, Rule};

/// An approval by somebody whom only a group could put into the role.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0439",
    name: "approval-by-group",
    summary: "an approval by somebody whom only a group could put into the role",
    level: Level::Note,
    page: include_str!("approval_by_group.md"),
};
