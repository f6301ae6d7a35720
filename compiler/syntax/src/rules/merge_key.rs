//! `merge-key`: a merge key.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A merge key.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0007",
    name: "merge-key",
    summary: "a merge key (`<<`)",
    level: Level::Error,
    page: include_str!("merge_key.md"),
};

/// Returns the finding for `<<`.
pub(crate) fn finding(span: Span) -> Diagnostic {
    Diagnostic::new(&RULE, span, "merge keys (`<<`) are not supported")
        .label("what it merges cannot be seen here")
        .help("write the fields out, alias a whole value with `*name`, or share limits through a `Quota`")
}
