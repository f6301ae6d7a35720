//! Models with another name at the provider: Kuadrant does not change the body of a request.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0725",
    name: "model-not-rewritten",
    summary: "a model with another name at its provider where bodies are not changed",
    level: Level::Error,
    page: include_str!("model_not_rewritten.md"),
};

/// Reports models whose provider knows them by another name.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in &facts.routes {
        let Some(first) = route.destinations.first().filter(|first| first.model != route.model.name) else { continue };
        let message = format!("Kuadrant cannot rewrite `{}` to `{}` in requests", route.model.name, first.model);
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label(format!("clients would have to write `model: {}`", first.model))
            .help("serve it under its own name, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
