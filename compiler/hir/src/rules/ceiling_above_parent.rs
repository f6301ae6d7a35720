//! `ceiling-above-parent`: a ceiling above the one of a parent team or of the organization.

use maas_schemas::abi::{Count, Scope};
use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Limit};
use crate::lower::Lowering;
use crate::rules::limit_never_binds::is_part;
use crate::rules::limits::{describe, windows_within};

/// A ceiling above the one of a parent team or of the organization.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0305",
    name: "ceiling-above-parent",
    summary: "a ceiling above the one of a parent team or of the organization",
    level: Level::Warn,
    page: include_str!("ceiling_above_parent.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let is_utc = hir.organization.time_zone == "UTC";
    for (index, team) in (0_u32..).zip(&hir.teams) {
        if team.limits.is_empty() || lowering.is_broken(Kind::Team, index) {
            continue;
        }
        for limit in &team.limits {
            if let Some((owner, above)) = above(hir, index, limit, is_utc) {
                lowering.acc.push(finding(hir, &team.header.name.value, limit, &owner, above));
            }
        }
    }
}

/// The nearest ceiling above that is lower in any case.
fn above<'h>(hir: &'h Hir, index: u32, limit: &Limit, is_utc: bool) -> Option<(String, &'h Limit)> {
    let lower = |above: &&Limit| {
        let is_part = is_part(limit, above) || (limit.scope.value == Scope::Team && above.scope.value == Scope::Team);
        let same =
            limit.measure.value == above.measure.value && (limit.count == above.count || above.count == Count::Total);
        let windows = windows_within(limit.window.value, above.window.value, is_utc);
        is_part && same && windows.is_some_and(|n| limit.amount.value > above.amount.value.saturating_mul(n))
    };
    let mut team = hir.teams.get(index as usize);
    while let Some(parent) = team.and_then(|team| team.parent.as_ref()).and_then(|id| hir.teams.get(id.value.index())) {
        if let Some(limit) = parent.limits.iter().find(lower) {
            return Some((format!("team `{}`", parent.header.name.value), limit));
        }
        team = Some(parent);
    }
    Some(("the organization".to_owned(), hir.organization.limits.iter().find(lower)?))
}

fn finding(hir: &Hir, team: &str, limit: &Limit, owner: &str, above: &Limit) -> Diagnostic {
    let message = format!("the ceiling of team `{team}`, {}, is above that of {owner}", describe(hir, limit));
    Diagnostic::new(&RULE, limit.amount.span, message)
        .also(above.amount.span, format!("{} are always used up first", describe(hir, above)))
        .help("lower it, or raise the other")
}
