//! The change budget and approvals: open or closed, in one sentence each.
//!
//! The budget is that of the base: a change that raises its own budget is judged by the one in force.

use std::collections::BTreeSet;

use maas_schemas::plan::{AccessChange, Approvals, ChangeClass, Gate, GateLevel};
use maas_schemas::provenance::{Provenance, Source};
use maasc_ir::ir::{ChangeBudget, RuleId};

use super::money;

/// What a budget is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Cells that were allowed before, all gateways together.
    pub(crate) allowed_before: u64,
    /// By how much the most that can be spent in a month grows; `None`: from bounded to unbounded.
    pub(crate) spend_increase: Option<i128>,
}

/// Returns the gates of a change.
pub(crate) fn gates(
    budget: &ChangeBudget,
    provenance: &Provenance,
    currency: &str,
    access: &[AccessChange],
    approvals: &Approvals,
    sizes: Sizes,
) -> Vec<Gate> {
    let mut gates = Vec::new();
    let mut add = |id: &str, rule: RuleId, pass: bool, reason: String| {
        let source: Option<Source> = provenance.rules.get(rule as usize).cloned();
        gates.push(Gate { id: id.to_owned(), level: GateLevel::Error, pass, reason, source });
    };
    let cells = |class: ChangeClass| {
        let changes = access.iter().filter(|change| change.class == class);
        changes.fold(0_u64, |sum, change| sum.saturating_add(change.cells))
    };
    // A grant in three environments is one grant to whoever reviews it; a percentage is of all cells of all of them.
    let granted = cells(ChangeClass::Granted);
    if let Some((most, rule)) = budget.max_granted_cells {
        add("maxGrantedCells", rule, granted <= most, format!("{granted} cells granted, at most {most}"));
    }
    if let Some((most, rule)) = budget.max_revoked_percent {
        let revoked = access.iter().filter(|change| change.class == ChangeClass::Revoked);
        let revoked = revoked.fold(0_u64, |sum, change| {
            let n_gateways = u64::try_from(change.gateways.len()).unwrap_or(u64::MAX);
            sum.saturating_add(change.cells.saturating_mul(n_gateways))
        });
        let all = sizes.allowed_before;
        let pass = u128::from(revoked).saturating_mul(100) <= u128::from(most).saturating_mul(u128::from(all));
        add("maxRevokedPercent", rule, pass, format!("{revoked} of {all} cells revoked, at most {most} %"));
    }
    if let Some((most, rule)) = budget.max_spend_increase {
        let pass = sizes.spend_increase.is_some_and(|increase| increase <= i128::from(most));
        let increase = match sizes.spend_increase {
            Some(increase) => format!("{} {currency}", money::with_sign(increase.max(0))),
            None => "without bound".to_owned(),
        };
        let most = money::text(Some(u128::from(most)));
        add("maxSpendIncrease", rule, pass, format!("spend per month may grow {increase}, at most {most} {currency}"));
    }
    if let Some((most, rule)) = budget.max_teams {
        let effective = access.iter().filter(|change| change.class != ChangeClass::SourceMoved);
        let teams: BTreeSet<&String> = effective.flat_map(|change| &change.callers).collect();
        let n_teams = u64::try_from(teams.len()).unwrap_or(u64::MAX);
        add("maxTeams", rule, n_teams <= most, format!("{n_teams} teams and callers touched, at most {most}"));
    }
    let (missing, void) = (approvals.missing.len(), approvals.void.len());
    if missing > 0 || void > 0 {
        let first = approvals.missing.iter().chain(&approvals.void).map(|consent| consent.source.clone()).next();
        let reason = format!("{missing} approvals missing, {void} void");
        gates.push(Gate { id: "approvals".to_owned(), level: GateLevel::Error, pass: false, reason, source: first });
    }
    gates
}
