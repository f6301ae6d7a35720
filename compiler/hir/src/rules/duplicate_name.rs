//! `duplicate-name`: two documents or entries with one name.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};
use maasc_syntax::ast::Text;

/// Two documents or entries with one name.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0210",
    name: "duplicate-name",
    summary: "two documents or entries with one name",
    level: Level::Error,
    page: include_str!("duplicate_name.md"),
};

pub(crate) fn finding(what: &str, name: &Text, first: Span) -> Diagnostic {
    let message = format!("{} `{}` is there twice", what, name.value);
    Diagnostic::new(&RULE, name.span, message)
        .label("again here")
        .also(first, "first here")
        .help("rename one of them, or remove it")
}
