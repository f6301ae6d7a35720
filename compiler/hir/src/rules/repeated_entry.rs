//! `repeated-entry`: an entry that a list has twice.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// An entry that a list has twice.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0220",
    name: "repeated-entry",
    summary: "an entry that a list has twice",
    level: Level::Warn,
    page: include_str!("repeated_entry.md"),
};

pub(crate) fn finding(text: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("`{text}` is in the list twice")).label("again here").also(first, "first here")
}
