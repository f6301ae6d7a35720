//! Limits over several models: Limitador counts each route by itself.

use maas_schemas::abi::Over;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0702",
    name: "limit-counted-per-route",
    summary: "one limit over several models where each route has its own counter",
    level: Level::Error,
    page: include_str!("limit_counted_per_route.md"),
};

/// Reports limits over all models of a subscription that has several.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, models) in facts.limits() {
        if limit.over != Over::Subscription || models.len() < 2 {
            continue;
        }
        let finding = Diagnostic::new(
            &RULE,
            facts.span(limit.rule),
            format!("Kuadrant counts `over: subscription` for each of {} models by itself", models.len()),
        )
        .label(format!("together up to {} times as much", models.len()))
        .help("write `over: model` with the amount that each model may have, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
