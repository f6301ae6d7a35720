//! More host names than a route may have.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The most host names of an HTTPRoute.
const MOST: usize = 16;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0741",
    name: "too-many-hostnames",
    summary: "more host names than a route may have",
    level: Level::Error,
    page: include_str!("too_many_hostnames.md"),
};

/// Reports a `Gateway` document with more than sixteen host names.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let n_hostnames = facts.ir.gateway.hostnames.len();
    if n_hostnames <= MOST {
        return;
    }
    let message = format!("{n_hostnames} `hostnames` are more than the {MOST} of a route of Gateway API");
    let finding = Diagnostic::new(&RULE, facts.gateway_span(&["hostnames"]), message)
        .label("every model has one route with all of them")
        .help("spread them over several `Gateway` documents");
    facts.report(finding, acc);
}
