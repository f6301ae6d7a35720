//! Limits on input or output tokens: Kuadrant reads their sum.

use maas_schemas::abi::Count;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0707",
    name: "input-output-limit",
    summary: "a limit on input or output tokens where only their sum is counted",
    level: Level::Error,
    page: include_str!("input_output_limit.md"),
};

/// Reports limits that count one direction.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, _) in facts.limits() {
        if !matches!(limit.count, Count::Input | Count::Output) {
            continue;
        }
        let finding = Diagnostic::new(
            &RULE,
            facts.span(limit.rule),
            format!("Kuadrant cannot count `{}` tokens alone", limit.count),
        )
        .label("would count input and output together")
        .help("leave `count` out, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
