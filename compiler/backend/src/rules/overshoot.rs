//! Limits that are overshot: Kuadrant counts after the answer.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0710",
    name: "overshoot",
    summary: "tokens are counted after the answer, so that limits are overshot",
    level: Level::Warn,
    page: include_str!("overshoot.md"),
};

/// Reports that limits are approximate here, once for each environment.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    if facts.routes.is_empty() {
        return;
    }
    let finding = Diagnostic::new(
        &RULE,
        facts.gateway_span(&["enforcement"]),
        format!("Kuadrant counts tokens after the answer, so that limits of `{}` are overshot", facts.ir.gateway.name),
    )
    .label("a request of any size passes while one token is left")
    .note("answers that are cut off, or that report no usage, count as nothing")
    .note("requests pass uncounted while Limitador does not answer")
    .help("use `enforcement: maas-gateway`, which reserves before it forwards");
    facts.report(finding, acc);
}
