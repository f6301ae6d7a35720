//! `subscription-for-nobody`: a subscription without teams and users.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A subscription without teams and users.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0402",
    name: "subscription-for-nobody",
    summary: "a subscription without teams and users",
    level: Level::Error,
    page: include_str!("subscription_for_nobody.md"),
};

pub(crate) fn finding(name: &Text) -> Diagnostic {
    Diagnostic::new(&RULE, name.span, format!("subscription `{}` is for nobody", name.value))
        .help("add `teams` or `users`")
}
