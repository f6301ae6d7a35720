//! `unknown-currency`: a currency that is no code of ISO 4217.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A currency that is no code of ISO 4217.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0225",
    name: "unknown-currency",
    summary: "a currency that is no code of ISO 4217",
    level: Level::Error,
    page: include_str!("unknown_currency.md"),
};

/// Returns what is wrong with a currency.
pub(crate) fn check(currency: &Text) -> Option<Diagnostic> {
    let is_code = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code(&currency.value) {
        return None;
    }
    let finding = Diagnostic::new(&RULE, currency.span, format!("`{}` is no currency code", currency.value));
    let upper = currency.value.to_uppercase();
    Some(if is_code(&upper) {
        finding.help(format!("write `{upper}`")).replace(currency.span, upper)
    } else {
        finding.help("write the three letters of ISO 4217: `USD`, `EUR`, `INR`")
    })
}
