//! `too-many-findings`: a file with more findings than anyone reads.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A file with more findings than anyone reads.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0015",
    name: "too-many-findings",
    summary: "a file with more findings than anyone reads",
    level: Level::Error,
    page: include_str!("too_many_findings.md"),
};

/// Returns the finding that says that findings were left out.
pub(crate) fn finding(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("this file has more than {most} findings; the others are not shown"))
        .help("correct these first")
}
