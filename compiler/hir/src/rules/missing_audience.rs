//! `missing-audience`: an identity provider without an audience.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// An identity provider without an audience.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0222",
    name: "missing-audience",
    summary: "an identity provider without an audience",
    level: Level::Error,
    page: include_str!("missing_audience.md"),
};

pub(crate) fn finding(name: &Text) -> Diagnostic {
    Diagnostic::new(&RULE, name.span, format!("identity provider `{}` has no audience", name.value))
        .help("add `audiences: [maas]`: the `aud` claim of tokens that are meant for the gateway")
}
