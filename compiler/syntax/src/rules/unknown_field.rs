//! `unknown-field`: a field that does not exist.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span, nearest};

use super::{all_of, quote};

/// A field that does not exist.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0102",
    name: "unknown-field",
    summary: "a field that does not exist",
    level: Level::Error,
    page: include_str!("unknown_field.md"),
};

/// Returns the finding for a key; `present` are the keys beside it.
pub(crate) fn finding(span: Span, of: &str, key: &str, known: &[&str], present: &[&str]) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, span, format!("unknown field `{}` in `{of}`", quote(key)))
        .label(format!("not a field of `{of}`"));
    match nearest(key, known.iter().copied()) {
        Some(near) if present.contains(&near) => finding.help(format!("`{near}` is written here already")),
        Some(near) => finding.help(format!("a field with a similar name exists: `{near}`")).replace(span, near),
        None => finding.help(format!("it has {}", all_of(known))),
    }
}
