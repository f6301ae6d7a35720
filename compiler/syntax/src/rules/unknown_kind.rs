//! `unknown-kind`: a kind that does not exist.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span, nearest};

use super::{all_of, quote};
use crate::ast::Kind;

/// A kind that does not exist.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0105",
    name: "unknown-kind",
    summary: "a kind that does not exist",
    level: Level::Error,
    page: include_str!("unknown_kind.md"),
};

/// Returns the finding for the value of `kind`.
pub(crate) fn finding(span: Span, kind: &str) -> Diagnostic {
    let names: Vec<&str> = Kind::ALL.iter().map(|(_, name)| *name).collect();
    let finding = Diagnostic::new(&RULE, span, format!("unknown kind `{}`", quote(kind)));
    match nearest(kind, names.iter().copied()) {
        Some(near) => finding.help(format!("a kind with a similar name exists: `{near}`")).replace(span, near),
        None => finding.help(format!("the kinds are {}", all_of(&names))),
    }
}
