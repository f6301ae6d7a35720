//! API keys, for which this target has no safe place.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0715",
    name: "api-keys-not-served",
    summary: "no API keys where only tokens are verified",
    level: Level::Warn,
    page: include_str!("api_keys_not_served.md"),
};

/// Reports that API keys are not taken here, once for each environment.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    if facts.routes.is_empty() {
        return;
    }
    let name = &facts.ir.gateway.name;
    let message = format!("`{name}` takes tokens of identity providers and service accounts, but no API keys");
    let finding = Diagnostic::new(&RULE, facts.gateway_span(&["enforcement"]), message)
        .label("Kuadrant would keep keys readable, without hash and end")
        .help("use `enforcement: maas-gateway` where clients need API keys");
    facts.report(finding, acc);
}
