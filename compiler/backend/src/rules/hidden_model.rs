//! Hidden models: a route that refuses is not a route that is not there.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0714",
    name: "hidden-model",
    summary: "a model that nobody may learn of where refusals can be told apart",
    level: Level::Error,
    page: include_str!("hidden_model.md"),
};

/// Reports hidden models that are routed.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in facts.routes.iter().filter(|route| route.model.hidden) {
        let message = format!("Kuadrant cannot hide that model `{}` exists", route.model.name);
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label("its path answers 401 and 404 where an unknown path only answers 404")
            .help("use `enforcement: maas-gateway`, or `visibility: listed`");
        facts.report(finding, acc);
    }
}
