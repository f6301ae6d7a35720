//! `repeated-per-model`: two `perModel` entries for one model.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};
use maasc_syntax::ast::Text;

/// Two `perModel` entries for one model.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0312",
    name: "repeated-per-model",
    summary: "two `perModel` entries for one model",
    level: Level::Error,
    page: include_str!("repeated_per_model.md"),
};

pub(crate) fn finding(model: &Text, first: Span) -> Diagnostic {
    Diagnostic::new(&RULE, model.span, format!("`perModel` names model `{}` twice", model.value))
        .also(first, "first here")
        .help("put all limits of the model into one entry")
}
