//! `malformed-identity`: a person, group or service account in a form that cannot be one.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A person, group or service account in a form that cannot be one.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0219",
    name: "malformed-identity",
    summary: "a person, group or service account in a form that cannot be one",
    level: Level::Error,
    page: include_str!("malformed_identity.md"),
};

/// Says whether a text is `namespace/name`.
pub(crate) fn is_service_account(text: &str) -> bool {
    text.split_once('/').is_some_and(|(namespace, name)| is_label(namespace) && name.split('.').all(is_label))
}

fn is_label(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

pub(crate) fn service_account(text: &Text) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, text.span, format!("`{}` is no service account", text.value));
    let parts: Vec<&str> = text.value.split(':').collect();
    let meant = match parts.as_slice() {
        ["system", "serviceaccount", namespace, name] | [namespace, name] => format!("{namespace}/{name}"),
        _ => String::new(),
    };
    if is_service_account(&meant) {
        return finding.help(format!("write `{meant}`")).replace(text.span, meant);
    }
    finding.help("write `namespace/name`")
}

pub(crate) fn empty(text: &Text, what: &str) -> Diagnostic {
    Diagnostic::new(&RULE, text.span, format!("`{}` names no {what}", text.value)).help("write `provider:name`")
}
