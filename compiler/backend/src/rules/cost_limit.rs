//! Limits in money: Limitador counts tokens.

use maas_schemas::abi::Measure;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0704",
    name: "cost-limit",
    summary: "a limit in money where only tokens are counted",
    level: Level::Error,
    page: include_str!("cost_limit.md"),
};

/// Reports limits of subscriptions in money.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, _) in facts.limits() {
        if limit.measure != Measure::Cost {
            continue;
        }
        let finding = Diagnostic::new(&RULE, facts.span(limit.rule), "Kuadrant counts tokens, not `cost`")
            .label("would be as many tokens as it buys at the dearest price of each model")
            .help("write the limit in `tokens`, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
