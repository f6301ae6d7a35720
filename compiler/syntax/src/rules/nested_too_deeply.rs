//! `nested-too-deeply`: lists and mappings nested deeper than the limit.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// Lists and mappings nested deeper than the limit.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0010",
    name: "nested-too-deeply",
    summary: "lists and mappings nested deeper than the limit",
    level: Level::Error,
    page: include_str!("nested_too_deeply.md"),
};

/// Returns the finding for the collection that went beyond the limit.
pub(crate) fn finding(span: Span, limit: u32) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("lists and mappings are nested more than {limit} deep, aliases followed"))
        .label("the limit is passed here")
        .help("nest less, or raise the limit with `--max-depth`")
}
