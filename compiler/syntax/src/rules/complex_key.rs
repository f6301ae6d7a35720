//! `complex-key`: a key that is not a text.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A key that is not a text.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0016",
    name: "complex-key",
    summary: "a key that is not a text",
    level: Level::Error,
    page: include_str!("complex_key.md"),
};

/// Returns the finding for a list or mapping that stands as a key.
pub(crate) fn finding(span: Span) -> Diagnostic {
    Diagnostic::new(&RULE, span, "a list or mapping cannot be a key")
        .help("write `key: value` with a text as key; quote a text that begins with `[` or `{`")
}
