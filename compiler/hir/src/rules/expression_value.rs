//! `expression-value`: a comparison with a word that the field never has.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A comparison with a word that the field never has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0416",
    name: "expression-value",
    summary: "a comparison with a word that the field never has",
    level: Level::Error,
    page: include_str!("expression_value.md"),
};

pub(crate) fn finding(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&RULE, span, message)
}
