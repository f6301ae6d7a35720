//! Shortened answers: Kuadrant does not change requests.

use maas_schemas::abi::Measure;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0709",
    name: "shortened-output",
    summary: "`exceed: shorten` where requests are never changed",
    level: Level::Error,
    page: include_str!("shortened_output.md"),
};

/// Reports subscriptions that shorten.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, _) in facts.limits() {
        if !limit.shorten || limit.measure != Measure::Tokens {
            continue;
        }
        let finding = Diagnostic::new(
            &RULE,
            facts.span(limit.rule),
            format!("Kuadrant cannot shorten the answers of `{}`", limit.owner),
        )
        .label("its requests would be served whole or refused")
        .help("leave out `exceed: shorten` here, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
