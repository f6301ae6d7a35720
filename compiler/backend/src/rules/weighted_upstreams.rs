//! Weights between providers: a route rewrites a request before it draws a backend.

use maas_schemas::decision::UpstreamChoice;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use crate::upstreams::destination;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0717",
    name: "weighted-upstreams",
    summary: "weights between upstreams that need different requests",
    level: Level::Error,
    page: include_str!("weighted_upstreams.md"),
};

/// Reports primary upstreams that one route cannot serve together.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in &facts.routes {
        let choices = facts.choices_of(route.model);
        let primary: Vec<_> = choices.iter().filter(|choice| choice.tier == 0).collect();
        let Some(first) = route.destinations.first() else { continue };
        if primary.len() < 2 || route.destinations.len() > 1 {
            continue;
        }
        let is_kept = |choice: &&&UpstreamChoice| {
            destination(facts.ir, choice)
                .is_some_and(|other| other.provider.name == first.provider.name && other.model == first.model)
        };
        let Some(kept) = primary.iter().find(is_kept) else { continue };
        for choice in primary.iter().filter(|choice| choice.rule != kept.rule) {
            let message = format!("a route of Gateway API cannot draw between the upstreams of `{}`", route.model.name);
            let finding = Diagnostic::new(&RULE, facts.span(choice.rule), message)
                .label("would get no request")
                .also(facts.span(kept.rule), "would get all requests")
                .help("name one upstream for this environment, or use `enforcement: maas-gateway`");
            facts.report(finding, acc);
        }
    }
}
