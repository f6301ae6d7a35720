//! `unreadable-file`: a file or folder that cannot be read.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use super::quote;

/// A file or folder that cannot be read.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0004",
    name: "unreadable-file",
    summary: "a file or folder that cannot be read",
    level: Level::Error,
    page: include_str!("unreadable_file.md"),
};

/// Returns the finding for what the operating system answered.
#[must_use]
pub fn unreadable_file(path: &str, answer: &str) -> Diagnostic {
    Diagnostic::global(&RULE, format!("`{}` cannot be read: {}", quote(path), answer.trim()))
        .help("make it readable, or name it in `.maascignore`")
}
