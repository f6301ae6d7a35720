//! `unknown-pack`: a name in `packs` that no policy pack has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A name in `packs` that no policy pack has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0217",
    name: "unknown-pack",
    summary: "a name in `packs` that no policy pack has",
    level: Level::Error,
    page: include_str!("unknown_pack.md"),
};

pub(crate) fn finding(name: &Text, known: &[&str]) -> Diagnostic {
    let message = format!("there is no policy pack `{}`", name.value);
    super::among(Diagnostic::new(&RULE, name.span, message), name, known.iter().copied())
}
