//! `wrong-type`: a value of the wrong type.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A value of the wrong type.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0103",
    name: "wrong-type",
    summary: "a value of the wrong type",
    level: Level::Error,
    page: include_str!("wrong_type.md"),
};

/// Returns the finding for a value that must be something else.
pub(crate) fn finding(span: Span, what: &str, wanted: &str, found: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("{what} must be {wanted}, not {found}")).label(format!("this is {found}"))
}
