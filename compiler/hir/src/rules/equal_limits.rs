//! `equal-limits`: two limits with one counter.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::{Hir, Limit};
use crate::lower::Lowering;
use crate::rules::limits::{LimitSet, describe, limit_sets};

/// Two limits with one counter.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0304",
    name: "equal-limits",
    summary: "two limits with one counter",
    level: Level::Warn,
    page: include_str!("equal_limits.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let mut findings = Vec::new();
    let mut look = |set: &LimitSet<'_>| {
        for (index, limit) in set.limits.iter().enumerate() {
            let same = |other: &&&Limit| set.is_new(limit, other) && same_counter(limit, other);
            if let Some(other) = set.limits.iter().take(index).find(same) {
                findings.push(finding(hir, limit, other));
            }
        }
    };
    limit_sets(hir, lowering, &mut look);
    findings.into_iter().for_each(|finding| lowering.acc.push(finding));
}

/// Says whether two limits would count in one counter.
pub(crate) fn same_counter(one: &Limit, other: &Limit) -> bool {
    one.measure.value == other.measure.value
        && one.count == other.count
        && one.scope.value == other.scope.value
        && one.over == other.over
        && one.window.value == other.window.value
}

fn finding(hir: &Hir, limit: &Limit, other: &Limit) -> Diagnostic {
    let (looser, tighter) = if limit.amount.value >= other.amount.value { (limit, other) } else { (other, limit) };
    let message = format!("{} and {} count the same", describe(hir, looser), describe(hir, tighter));
    Diagnostic::new(&RULE, looser.amount.span, message)
        .label("the looser of the two does nothing")
        .also(tighter.amount.span, "the tighter one holds")
        .help("remove one of them")
}
