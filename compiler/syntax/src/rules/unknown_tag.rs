//! `unknown-tag`: a YAML tag that has no meaning here.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use super::quote;

/// A YAML tag that has no meaning here.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0011",
    name: "unknown-tag",
    summary: "a YAML tag that has no meaning here",
    level: Level::Error,
    page: include_str!("unknown_tag.md"),
};

/// Returns the finding for a tag.
pub(crate) fn finding(span: Span, tag: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("tag `{}` has no meaning here", quote(tag)))
        .help("remove the tag, or put the value in quotes if it is meant as text")
}
