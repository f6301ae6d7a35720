//! Endpoints that want a translation: Kuadrant passes requests through.

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use crate::upstreams::serves;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0720",
    name: "endpoint-not-routed",
    summary: "an endpoint that the provider serves only after a translation",
    level: Level::Error,
    page: include_str!("endpoint_not_routed.md"),
};

/// Reports endpoints that the provider of a model does not serve itself.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in &facts.routes {
        let Some(first) = route.destinations.first() else { continue };
        let granted = route.candidates.iter().fold(0, |bits, candidate| bits | candidate.grant.endpoints);
        for endpoint in Endpoint::ALL.iter().filter(|endpoint| granted & endpoint.bit() != 0) {
            if serves(first.provider.kind, *endpoint) {
                continue;
            }
            let (name, kind) = (&route.model.name, first.provider.kind.name());
            let message = format!("Kuadrant cannot translate `{endpoint}` of `{name}` for a provider of type `{kind}`");
            let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
                .label("the endpoint would not be served")
                .help("leave the endpoint out here, or use `enforcement: maas-gateway`");
            facts.report(finding, acc);
        }
    }
}
