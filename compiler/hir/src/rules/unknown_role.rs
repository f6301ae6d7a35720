//! `unknown-role`: a name that `approvals.roles` does not have, or another role than the one asked for.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

use crate::hir::Requirement;

/// A name that `approvals.roles` does not have, or another role than the one asked for.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0208",
    name: "unknown-role",
    summary: "a name that `approvals.roles` does not have, or another role than the one asked for",
    level: Level::Error,
    page: include_str!("unknown_role.md"),
};

pub(crate) fn finding<'n>(names: impl Iterator<Item = &'n str> + Clone, who: &str, role: &Text) -> Diagnostic {
    let message = format!("{who} names unknown role `{}`", role.value);
    let finding = Diagnostic::new(&RULE, role.span, message).label("`approvals.roles` does not have it");
    super::among(finding, role, names)
}

/// The requirement asks for another role.
pub(crate) fn other(approval: &str, role: &Text, wanted: &Requirement) -> Diagnostic {
    let message = format!(
        "approval `{approval}` was given as `{}`, but `{}` asks for `{}`",
        role.value, wanted.name.value, wanted.role.value
    );
    Diagnostic::new(&RULE, role.span, message).also(wanted.role.span, "the role that must consent")
}
