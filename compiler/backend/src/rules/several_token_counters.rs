//! Several counters for the tokens of one request: Kuadrant checks one before the answer.

use maas_schemas::abi::{Measure, Scope};
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};
use maasc_ir::ir::RuleId;
use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::limits::counted_scope;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0708",
    name: "several-token-counters",
    summary: "token limits with several scopes for one request, of which one is checked",
    level: Level::Error,
    page: include_str!("several_token_counters.md"),
};

/// Reports grants whose token limits have several scopes.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for candidate in facts.routes.iter().flat_map(|route| &route.candidates) {
        let mut by_scope: BTreeMap<Scope, RuleId> = BTreeMap::new();
        let limits = candidate.grant.limits.iter().filter_map(|limit| facts.ir.limits.get(*limit as usize));
        for limit in limits.filter(|limit| matches!(limit.measure, Measure::Tokens | Measure::Cost)) {
            by_scope.entry(counted_scope(limit.scope)).or_insert(limit.rule);
        }
        let Some((widest, kept)) = by_scope.pop_last() else { continue };
        for (scope, rule) in by_scope {
            if !seen.insert((rule, kept)) {
                continue;
            }
            let message =
                format!("Kuadrant cannot count tokens for each `{scope}` and for each `{widest}` of one request");
            let finding = Diagnostic::new(&RULE, facts.span(rule), message)
                .label("would not be enforced")
                .also(facts.span(kept), "the one counter that is checked")
                .help("give all token limits of the subscription one `scope`, or use `enforcement: maas-gateway`");
            facts.report(finding, acc);
        }
    }
}
