//! `unknown-alias`: an alias without an anchor before it.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use super::quote;

/// An alias without an anchor before it.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0008",
    name: "unknown-alias",
    summary: "an alias without an anchor before it",
    level: Level::Error,
    page: include_str!("unknown_alias.md"),
};

/// Returns the finding for an alias whose anchor is not there.
pub(crate) fn finding(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("alias `*{0}` has no anchor `&{0}` before it in this document", quote(name)))
        .help("define the anchor first, or put the value in quotes if it is meant as text")
}

/// Returns the finding for an alias inside the value that its anchor names.
pub(crate) fn inside_itself(span: Span, alias: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("alias `{}` stands inside the value that it names", quote(alias)))
        .help("write the value out")
}
