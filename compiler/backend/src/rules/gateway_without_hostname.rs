//! Environments without a host name.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0740",
    name: "gateway-without-hostname",
    summary: "an environment on Kubernetes without a host name",
    level: Level::Error,
    page: include_str!("gateway_without_hostname.md"),
};

/// Reports a `Gateway` document without `hostnames`.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    if !facts.ir.gateway.hostnames.is_empty() {
        return;
    }
    let message = format!("Gateway `{}` has no `hostnames`", facts.ir.gateway.name);
    let finding = Diagnostic::new(&RULE, facts.span(facts.ir.gateway.rule), message)
        .label("a listener with TLS needs a name")
        .help("write `hostnames: [maas.example.com]`");
    facts.report(finding, acc);
}
