//! `not-utf8`: a file that is not UTF-8.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use super::quote;

/// A file that is not UTF-8.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0002",
    name: "not-utf8",
    summary: "a file that is not UTF-8",
    level: Level::Error,
    page: include_str!("not_utf8.md"),
};

/// Returns the finding for a file whose bytes are no text from an offset on.
#[must_use]
pub fn not_utf8(path: &str, line: usize, column: usize) -> Diagnostic {
    Diagnostic::global(&RULE, format!("`{}` is not UTF-8 from line {line}, column {column} on", quote(path)))
        .help("save the file as UTF-8")
}
