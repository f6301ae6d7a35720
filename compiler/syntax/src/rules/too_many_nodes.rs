//! `too-many-nodes`: a file with more values than the limit.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A file with more values than the limit.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0009",
    name: "too-many-nodes",
    summary: "a file with more values than the limit",
    level: Level::Error,
    page: include_str!("too_many_nodes.md"),
};

/// Returns the finding for the value that went beyond the limit.
pub(crate) fn finding(span: Span, limit: u32) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("this file holds more than {limit} values, aliases followed"))
        .label("the limit is passed here")
        .note("the rest of the file was not read")
        .help("split the file, use fewer aliases, or raise the limit with `--max-nodes`")
}
