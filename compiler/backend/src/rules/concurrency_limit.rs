//! Limits on concurrency, which Kuadrant has not.

use maas_schemas::abi::Measure;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0705",
    name: "concurrency-limit",
    summary: "a limit on requests at the same time, which nobody counts there",
    level: Level::Error,
    page: include_str!("concurrency_limit.md"),
};

/// Reports limits on concurrency.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, _) in facts.limits() {
        if limit.measure != Measure::Concurrency {
            continue;
        }
        let finding = Diagnostic::new(&RULE, facts.span(limit.rule), "Kuadrant has no limit on `concurrency`")
            .label("would not be enforced")
            .help("leave the line out here and write `requests: … per: 1m`, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
