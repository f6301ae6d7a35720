//! `limit-never-binds`: a limit that another one always reaches first.

use maas_schemas::abi::{Count, Over};
use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::{Hir, Limit};
use crate::lower::{Lowering, scope_within};
use crate::rules::equal_limits;
use crate::rules::limits::{LimitSet, describe, limit_sets, windows_within};

/// A limit that another one always reaches first.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0303",
    name: "limit-never-binds",
    summary: "a limit that another one always reaches first",
    level: Level::Warn,
    page: include_str!("limit_never_binds.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let is_utc = hir.organization.time_zone == "UTC";
    let mut findings = Vec::new();
    let mut look = |set: &LimitSet<'_>| {
        for (index, limit) in set.limits.iter().enumerate() {
            let others = || set.limits.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, limit)| *limit);
            let reached_first = others().find(|other| {
                !equal_limits::same_counter(limit, other) && set.is_new(limit, other) && dominates(other, limit, is_utc)
            });
            findings.extend(reached_first.map(|other| finding(hir, limit, other)));
        }
    };
    limit_sets(hir, lowering, &mut look);
    findings.into_iter().for_each(|finding| lowering.acc.push(finding));
}

/// Says whether `other` is always used up before or together with `limit`.
fn dominates(other: &Limit, limit: &Limit, is_utc: bool) -> bool {
    is_part(limit, other)
        && windows_within(limit.window.value, other.window.value, is_utc)
            .is_some_and(|windows| limit.amount.value >= other.amount.value.saturating_mul(windows))
}

/// Says whether what `limit` counts is a part of what `other` counts.
pub(crate) fn is_part(limit: &Limit, other: &Limit) -> bool {
    let count = limit.count == other.count || (other.count == Count::Total && limit.count != Count::None);
    let over = limit.over == other.over
        || other.over == Over::Everything
        || (limit.over == Over::Model && other.over == Over::Subscription);
    limit.measure.value == other.measure.value && count && over && scope_within(limit.scope.value, other.scope.value)
}

fn finding(hir: &Hir, limit: &Limit, other: &Limit) -> Diagnostic {
    let message = format!("a limit of {} never binds", describe(hir, limit));
    Diagnostic::new(&RULE, limit.amount.span, message)
        .also(other.amount.span, format!("{} are always used up first", describe(hir, other)))
        .help("lower it, or remove it")
}
