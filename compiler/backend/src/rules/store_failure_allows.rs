//! Refusal while the counter store is down: Kuadrant lets requests pass.

use maas_schemas::bundle::OnStoreFailure;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0711",
    name: "store-failure-allows",
    summary: "`onStoreFailure: deny` where requests pass while the store is down",
    level: Level::Error,
    page: include_str!("store_failure_allows.md"),
};

/// Reports `onStoreFailure: deny`.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    if facts.ir.organization.on_store_failure != OnStoreFailure::Deny || facts.routes.is_empty() {
        return;
    }
    let finding = Diagnostic::new(
        &RULE,
        facts.gateway_span(&["enforcement"]),
        "Kuadrant cannot refuse requests while Limitador does not answer",
    )
    .label("they would pass uncounted")
    .also(facts.span(facts.ir.organization.rule), "says `onStoreFailure: deny`")
    .help("use `enforcement: maas-gateway`");
    facts.report(finding, acc);
}
