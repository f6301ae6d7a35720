//! `expression-name`: a name in an expression that is not there.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A name in an expression that is not there.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0414",
    name: "expression-name",
    summary: "a name in an expression that is not there",
    level: Level::Error,
    page: include_str!("expression_name.md"),
};

pub(crate) fn finding(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&RULE, span, message)
}
