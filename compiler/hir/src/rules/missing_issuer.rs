//! `missing-issuer`: an identity provider without an issuer.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// An identity provider without an issuer.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0221",
    name: "missing-issuer",
    summary: "an identity provider without an issuer",
    level: Level::Error,
    page: include_str!("missing_issuer.md"),
};

pub(crate) fn finding(name: &Text) -> Diagnostic {
    Diagnostic::new(&RULE, name.span, format!("identity provider `{}` has no issuer", name.value))
        .help("add `issuer`: the `iss` claim of its tokens, exactly as it is there")
}
