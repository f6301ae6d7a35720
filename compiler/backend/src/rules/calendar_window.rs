//! Calendar periods, which Limitador does not know.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use maasc_ir::ir::Window;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0701",
    name: "calendar-window",
    summary: "a limit per `day`, `week` or `month` where windows are lengths of time",
    level: Level::Error,
    page: include_str!("calendar_window.md"),
};

/// Reports limits per calendar period.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, _) in facts.limits() {
        let (period, hours) = match limit.window {
            Window::Day => ("day", 24),
            Window::Week => ("week", 168),
            Window::Month => ("month", 720),
            Window::None | Window::Fixed(_) => continue,
        };
        let finding = Diagnostic::new(
            &RULE,
            facts.span(limit.rule),
            format!("Kuadrant has no window of one calendar `{period}`"),
        )
        .label(format!("would be {hours} hours from the first request on"))
        .help(format!("write `per: {hours}h` for this environment, or use `enforcement: maas-gateway`"));
        facts.report(finding, acc);
    }
}
