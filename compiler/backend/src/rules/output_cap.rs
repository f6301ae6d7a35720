//! Caps on output: Kuadrant does not read the body of a request.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0728",
    name: "output-cap",
    summary: "a cap on output tokens where bodies are not read",
    level: Level::Error,
    page: include_str!("output_cap.md"),
};

/// Reports models with a cap on output tokens.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for route in facts.routes.iter().filter(|route| route.model.max_output_tokens > 0) {
        let message = format!("Kuadrant cannot cap the output of `{}`", route.model.name);
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label(format!("answers may be longer than {} tokens", route.model.max_output_tokens))
            .help("set the cap at the server and accept this, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
