//! Bounds of parameters: Kuadrant does not read the body of a request.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0727",
    name: "unchecked-parameters",
    summary: "bounds and defaults of parameters where bodies are not read",
    level: Level::Error,
    page: include_str!("unchecked_parameters.md"),
};

/// Reports models with bounds or defaults of parameters.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in facts.routes.iter().filter(|route| !route.model.parameters.is_empty()) {
        let names: Vec<_> = route.model.parameters.keys().map(|name| format!("`{name}`")).collect();
        let message = format!("Kuadrant cannot check `parameters` of `{}`", route.model.name);
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label(format!("{} would pass as the client writes them", names.join(", ")))
            .help("leave `parameters` out here, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
