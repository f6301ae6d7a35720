//! Windows that begin with the first request.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use maasc_ir::ir::Window;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0730",
    name: "window-from-first-use",
    summary: "windows that begin with the first request and not with the hour",
    level: Level::Note,
    page: include_str!("window_from_first_use.md"),
};

/// Reports that windows begin with their first request, once for each environment.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    if facts.limits().all(|(limit, _)| limit.window == Window::None) {
        return;
    }
    let finding = Diagnostic::new(
        &RULE,
        facts.gateway_span(&["enforcement"]),
        format!("windows of `{}` begin with their first request, not with the hour", facts.ir.gateway.name),
    )
    .label("Limitador starts a window when it is first used");
    facts.report(finding, acc);
}
