//! `missing-field`: a field that must be written.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A field that must be written.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0101",
    name: "missing-field",
    summary: "a field that must be written",
    level: Level::Error,
    page: include_str!("missing_field.md"),
};

/// Returns the finding for a field that is not there.
pub(crate) fn finding(span: Span, of: &str, field: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("`{of}` lacks the field `{field}`")).help(format!("add `{field}: …`"))
}

/// Returns the finding for a field without a value.
pub(crate) fn no_value(span: Span, of: &str, field: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("field `{field}` of `{of}` has no value"))
        .help("write a value, or remove the line")
}

/// Returns the finding where one of several fields must be there.
pub(crate) fn one_of(span: Span, of: &str, fields: &[&str]) -> Diagnostic {
    let list = crate::rules::any_of(fields);
    Diagnostic::new(&RULE, span, format!("`{of}` needs {list}")).help(format!("add {list}"))
}
