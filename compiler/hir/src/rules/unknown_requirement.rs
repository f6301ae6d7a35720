//! `unknown-requirement`: a name that no rule of `approvals.required` has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Text};

/// A name that no rule of `approvals.required` has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0207",
    name: "unknown-requirement",
    summary: "a name that no rule of `approvals.required` has",
    level: Level::Error,
    page: include_str!("unknown_requirement.md"),
};

pub(crate) fn finding<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    document: &Document,
    requirement: &Text,
) -> Diagnostic {
    let message = format!("{} answers unknown requirement `{}`", super::called(document), requirement.value);
    let label = "no rule of `approvals.required` has this name";
    super::among(Diagnostic::new(&RULE, requirement.span, message).label(label), requirement, names)
}
