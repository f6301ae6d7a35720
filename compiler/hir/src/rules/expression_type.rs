//! `expression-type`: an expression whose parts do not fit together.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// An expression whose parts do not fit together.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0415",
    name: "expression-type",
    summary: "an expression whose parts do not fit together",
    level: Level::Error,
    page: include_str!("expression_type.md"),
};

pub(crate) fn finding(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&RULE, span, message)
}
