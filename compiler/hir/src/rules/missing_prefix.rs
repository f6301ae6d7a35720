//! `missing-prefix`: a person or group without the name of an identity provider.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A person or group without the name of an identity provider.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0218",
    name: "missing-prefix",
    summary: "a person or group without the name of an identity provider",
    level: Level::Error,
    page: include_str!("missing_prefix.md"),
};

pub(crate) fn finding(providers: &[String], text: &Text, what: &str) -> Diagnostic {
    let message = format!("{what} `{}` does not say which identity provider it belongs to", text.value);
    let forms: Vec<String> = providers.iter().map(|provider| format!("`{provider}:{}`", text.value)).collect();
    Diagnostic::new(&RULE, text.span, message).help(format!("write {}", forms.join(" or ")))
}
