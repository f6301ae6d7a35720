//! Aliases: models are told apart by path.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0729",
    name: "model-alias",
    summary: "other names of a model where models are told apart by path",
    level: Level::Error,
    page: include_str!("model_alias.md"),
};

/// Reports models with aliases.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in facts.routes.iter().filter(|route| !route.model.aliases.is_empty()) {
        let aliases: Vec<_> = route.model.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let message = format!("Kuadrant serves `{}` under its own name only", route.model.name);
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label(format!("{} would have no path", aliases.join(", ")))
            .help("leave `aliases` out here, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
