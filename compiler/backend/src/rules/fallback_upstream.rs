//! Fallbacks: a route of Gateway API has none.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0716",
    name: "fallback-upstream",
    summary: "an upstream for when others fail, which routes do not have",
    level: Level::Error,
    page: include_str!("fallback_upstream.md"),
};

/// Reports fallback upstreams.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (choice, _) in facts.choices() {
        if choice.tier == 0 {
            continue;
        }
        let message = "a route of Gateway API has no `fallback`";
        let finding = Diagnostic::new(&RULE, facts.span(choice.rule), message)
            .label("would never be used")
            .help("leave the line out here, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
