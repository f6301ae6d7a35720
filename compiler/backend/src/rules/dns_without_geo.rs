//! Weights of clusters without a geo code, without which Kuadrant takes none.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0742",
    name: "dns-without-geo",
    summary: "weights of clusters in DNS without a geo code",
    level: Level::Error,
    page: include_str!("dns_without_geo.md"),
};

/// Reports clusters with weights in DNS where `dns.geo` is missing.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let gateway = &facts.ir.gateway;
    let Some(dns) = &gateway.dns else { return };
    if gateway.clusters.len() < 2 || !dns.geo.is_empty() {
        return;
    }
    let message = format!("clusters of `{}` have weights in DNS, which want `dns.geo`", gateway.name);
    let finding = Diagnostic::new(&RULE, facts.gateway_span(&["dns", "clusters"]), message)
        .label("no geo code")
        .help("write `geo`, the code of the region as the DNS provider names it");
    facts.report(finding, acc);
}
