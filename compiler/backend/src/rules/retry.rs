//! Retries: the standard channel of Gateway API has none.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0718",
    name: "retry",
    summary: "retries, which routes do not have",
    level: Level::Error,
    page: include_str!("retry.md"),
};

/// Reports models that retry.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in facts.routes.iter().filter(|route| route.model.attempts > 1) {
        let message = format!("a route of Gateway API cannot `retry` requests for `{}`", route.model.name);
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label("every request would be tried once")
            .help("leave `retry` to the clients and accept this, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
