//! Active health checks: Istio only looks at the answers of real requests.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0724",
    name: "health-check",
    summary: "an active health check, which routes do not have",
    level: Level::Error,
    page: include_str!("health_check.md"),
};

/// Reports providers with a health check.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (provider, rule) in facts.used_providers() {
        let Some(health) = &provider.health else { continue };
        let message = format!("Istio cannot ask provider `{}` for its health", provider.name);
        let finding = Diagnostic::new(&RULE, facts.span(rule), message)
            .label(format!("nobody would ask `{}`", health.path))
            .help("leave `health` out here: five errors in a row take a host out for a minute");
        facts.report(finding, acc);
    }
}
