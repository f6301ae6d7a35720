//! Answers without `usage.total_tokens`, which count as nothing.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use crate::upstreams::is_counted;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0721",
    name: "usage-not-counted",
    summary: "an endpoint whose answers hold no number that Kuadrant reads",
    level: Level::Error,
    page: include_str!("usage_not_counted.md"),
};

/// Reports endpoints whose tokens are not counted.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in &facts.routes {
        for endpoint in route.endpoints.iter().filter(|endpoint| !is_counted(**endpoint)) {
            let message = format!("Kuadrant does not count all tokens of `{endpoint}` of `{}`", route.model.name);
            let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
                .label("it reads `usage.total_tokens` of chat, completions and embeddings")
                .help("leave the endpoint out here, or use `enforcement: maas-gateway`");
            facts.report(finding, acc);
        }
    }
}
