//! `ends-before-it-starts`: an end that is not after its start.

use maasc_diagnostics::{Diagnostic, Level, Rule, Spanned};
use maasc_syntax::ast::Text;

use crate::units::Time;

/// An end that is not after its start.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0404",
    name: "ends-before-it-starts",
    summary: "an end that is not after its start",
    level: Level::Error,
    page: include_str!("ends_before_it_starts.md"),
};

pub(crate) fn finding(what: &str, name: &Text, start: &Spanned<Time>, end: &Spanned<Time>) -> Diagnostic {
    Diagnostic::new(&RULE, end.span, format!("{what} `{}` ends before it starts", name.value))
        .also(start.span, "it starts here")
        .help("write a later date")
}
