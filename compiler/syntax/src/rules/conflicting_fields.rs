//! `conflicting-fields`: fields that exclude one another.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// Fields that exclude one another.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0110",
    name: "conflicting-fields",
    summary: "fields that exclude one another",
    level: Level::Error,
    page: include_str!("conflicting_fields.md"),
};

/// Returns the finding for the second of two fields.
pub(crate) fn finding(span: Span, other: Span, of: &str, field: &str, other_field: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("`{of}` cannot have both `{other_field}` and `{field}`"))
        .also(other, "the other one")
        .help("remove one of them")
}
