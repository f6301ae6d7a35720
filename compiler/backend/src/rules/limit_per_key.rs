//! Counters of API keys, which this target has not.

use maas_schemas::abi::Scope;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0706",
    name: "limit-per-key",
    summary: "a counter for each API key where there are no keys",
    level: Level::Error,
    page: include_str!("limit_per_key.md"),
};

/// Reports limits for each key.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (limit, _) in facts.limits() {
        if limit.scope != Scope::Key {
            continue;
        }
        let finding = Diagnostic::new(&RULE, facts.span(limit.rule), "Kuadrant has no counter for each API key")
            .label("would be one counter for each user")
            .help("write `scope: user`, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
