//! `duplicate-key`: a key that stands twice in one mapping.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use super::quote;

/// A key that stands twice in one mapping.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0006",
    name: "duplicate-key",
    summary: "a key that stands twice in one mapping",
    level: Level::Error,
    page: include_str!("duplicate_key.md"),
};

/// Returns the finding for a key; `equal` says that both have the same text as value.
pub(crate) fn finding(span: Span, before: Span, key: &str, equal: bool) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, span, format!("key `{}` stands twice in this mapping", quote(key)))
        .label("the second time")
        .also(before, "the first time");
    finding.help(if equal { "remove one of them; the values are equal" } else { "remove one of them" })
}
