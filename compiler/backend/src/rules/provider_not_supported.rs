//! Providers that a route cannot lead to: they want signed requests, or are no server.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use crate::upstreams::destination;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0719",
    name: "provider-not-supported",
    summary: "a provider that no route can lead to",
    level: Level::Error,
    page: include_str!("provider_not_supported.md"),
};

/// Reports upstreams that no route can lead to.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (choice, model) in facts.choices() {
        if choice.tier > 0 || destination(facts.ir, choice).is_some() {
            continue;
        }
        let provider = facts.provider(choice);
        let kind = provider.map_or("", |provider| provider.kind.name());
        let finding = Diagnostic::new(
            &RULE,
            facts.span(choice.rule),
            format!("a route of Gateway API cannot lead to a provider of type `{kind}`"),
        )
        .label(format!("`{model}` would not be served by it"))
        .help("name another upstream for this environment, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
