//! `empty-text`: a text that is empty.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A text that is empty.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0111",
    name: "empty-text",
    summary: "a text that is empty",
    level: Level::Error,
    page: include_str!("empty_text.md"),
};

/// Returns the finding for a text of blanks.
pub(crate) fn finding(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("{what} is empty")).help("write a text, or remove it")
}
