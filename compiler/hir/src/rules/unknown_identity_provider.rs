//! `unknown-identity-provider`: a prefix that is no identity provider of the organization.

use maasc_diagnostics::{Diagnostic, Level, Rule, nearest};
use maasc_syntax::ast::Text;

/// A prefix that is no identity provider of the organization.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0209",
    name: "unknown-identity-provider",
    summary: "a prefix that is no identity provider of the organization",
    level: Level::Error,
    page: include_str!("unknown_identity_provider.md"),
};

pub(crate) fn finding(providers: &[String], text: &Text, prefix: &str) -> Diagnostic {
    let names = || providers.iter().map(String::as_str);
    let message = format!("`{}` names unknown identity provider `{prefix}`", text.value);
    let finding = Diagnostic::new(&RULE, text.span, message);
    let rest = text.value.strip_prefix(prefix).unwrap_or("");
    if let Some(meant) = nearest(prefix, names()) {
        let meant = format!("{meant}{rest}");
        return super::guess(finding.help(format!("did you mean `{meant}`?")), text.span, meant);
    }
    match providers {
        [only] => {
            finding.help(format!("write `{only}{rest}`, or `{only}:{}` if the colon is part of the name", text.value))
        }
        _ => finding.help(format!("identity providers: {}", super::listed(&names().collect::<Vec<_>>()))),
    }
}

/// The organization has none at all.
pub(crate) fn none(text: &Text) -> Diagnostic {
    let message = format!("`{}` belongs to no identity provider: the organization names none", text.value);
    Diagnostic::new(&RULE, text.span, message).help("add one to `identityProviders` of the `Organization`")
}
