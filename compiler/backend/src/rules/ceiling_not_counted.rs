//! Ceilings: nothing in Kuadrant adds up routes, subscriptions and teams below a team.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};
use std::collections::BTreeSet;

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0703",
    name: "ceiling-not-counted",
    summary: "a ceiling of a team or of the organization where routes do not add up",
    level: Level::Error,
    page: include_str!("ceiling_not_counted.md"),
};

/// Reports ceilings over those who may use a model here.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let principals: BTreeSet<u32> =
        facts.routes.iter().flat_map(|route| &route.candidates).map(|candidate| candidate.principal).collect();
    let ceilings: BTreeSet<u32> =
        principals.iter().flat_map(|principal| facts.ir.ceilings_of(*principal)).copied().collect();
    for limit in ceilings.iter().filter_map(|ceiling| facts.ir.limits.get(*ceiling as usize)) {
        let whose = format!("{}/{}", limit.owner_kind.name(), limit.owner);
        let finding =
            Diagnostic::new(&RULE, facts.span(limit.rule), format!("Kuadrant cannot count the ceiling of `{whose}`"))
                .label("would not be enforced")
                .help("use `enforcement: maas-gateway`, which counts over models, subscriptions and teams");
        facts.report(finding, acc);
    }
}
