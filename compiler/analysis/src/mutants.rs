//! Small changes of the policy, one at a time: which of them does no test notice?

use std::collections::BTreeSet;

use maas_schemas::test_report::{Mutant, Mutants, TestResult};
use maasc_diagnostics::SourceMap;
use maasc_hir::hir::Hir;
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::ir::{ALWAYS, Ir, Model, NEVER, RuleId};

use crate::policy_test::{Subject, run};
use crate::words::source;

/// How many changes are tried in one environment, spread evenly over all that there are.
const MOST: usize = 1_000;
/// How many survivors are named.
const MOST_NAMED: usize = 20;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// A grant is never in force.
    Drop(usize),
    /// A grant is always in force; tried only where it is not.
    Unbound(usize),
    /// A grant serves all endpoints of its models; tried only where it does not.
    Widen(usize),
    /// A limit is greater by one.
    Raise(usize),
    /// A subscription grants one more column of models to the row of its first principal.
    Add { subscription: usize, column: u32 },
}

/// Makes changes in every environment, one at a time, and runs the policy tests on each.
#[must_use]
pub fn mutants(hir: &Hir, built: &[&Built], sources: &SourceMap, at: Time) -> Mutants {
    let mut result = Mutants { n_made: 0, n_noticed: 0, survivors: Vec::new() };
    for built in built {
        let mut copy = (*built).clone();
        // A test that fails anyway notices nothing by failing again.
        let before = results(hir, built, sources, at);
        let changes = changes(&built.ir);
        let step = changes.len().div_ceil(MOST).max(1);
        for change in changes.into_iter().step_by(step) {
            let Some(words) = describe(&built.ir, change) else { continue };
            if !make(&mut copy.ir, change) {
                continue;
            }
            let is_noticed = results(hir, &copy, sources, at) != before;
            undo(&mut copy.ir, &built.ir, change);
            result.n_made += 1;
            if is_noticed {
                result.n_noticed += 1;
            } else if result.survivors.len() < MOST_NAMED {
                let (change, rule) = words;
                let gateway = built.ir.gateway.name.clone();
                result.survivors.push(Mutant { change, gateway, source: source(built, sources, rule) });
            }
        }
    }
    result
}

fn results(hir: &Hir, built: &Built, sources: &SourceMap, at: Time) -> Vec<TestResult> {
    let mut reference = Reference::new(&built.ir);
    run(hir, &mut [Subject { built, evaluate: &mut reference }], sources, at).results
}

fn changes(ir: &Ir) -> Vec<Change> {
    let mut changes = Vec::new();
    for (index, grant) in ir.access.grants.iter().enumerate() {
        changes.push(Change::Drop(index));
        if grant.from_ms != ALWAYS || grant.until_ms != NEVER {
            changes.push(Change::Unbound(index));
        }
        let may_serve_more = models_of(ir, index).any(|model| model.endpoints & !grant.endpoints != 0);
        if may_serve_more {
            changes.push(Change::Widen(index));
        }
    }
    changes.extend((0..ir.limits.len()).map(Change::Raise));
    for (index, subscription) in ir.subscriptions.iter().enumerate() {
        let Some(row) = first_row(ir, index) else { continue };
        let granted = ir.access.rows.get(row).map(Vec::as_slice).unwrap_or_default();
        let has_grant = ir.access.grants.iter().any(|grant| grant.subscription as usize == index);
        let columns = (0..ir.access.n_columns).filter(|column| !granted.iter().any(|(known, _)| known == column));
        if has_grant && !subscription.principals.is_empty() {
            changes.extend(columns.map(|column| Change::Add { subscription: index, column }));
        }
    }
    changes
}

/// Returns the row of the first principal of a subscription.
fn first_row(ir: &Ir, subscription: usize) -> Option<usize> {
    let principal = ir.subscriptions.get(subscription)?.principals.first()?;
    ir.access.row_of.get(*principal as usize).map(|row| *row as usize)
}

/// Returns the change in words, and the line that it changes.
fn describe(ir: &Ir, change: Change) -> Option<(String, RuleId)> {
    let grant = |index: usize| ir.access.grants.get(index);
    let name = |subscription: usize| ir.subscriptions.get(subscription).map(|found| found.name.as_str());
    Some(match change {
        Change::Drop(index) => {
            let grant = grant(index)?;
            let text = format!("`{}` does not grant {}", name(grant.subscription as usize)?, models(ir, index));
            (text, grant.rule)
        }
        Change::Unbound(index) => {
            let grant = grant(index)?;
            let text =
                format!("`{}` grants {} without start and end", name(grant.subscription as usize)?, models(ir, index));
            (text, grant.rule)
        }
        Change::Widen(index) => {
            let grant = grant(index)?;
            let text =
                format!("`{}` grants every endpoint of {}", name(grant.subscription as usize)?, models(ir, index));
            (text, grant.rule)
        }
        Change::Raise(index) => {
            let limit = ir.limits.get(index)?;
            (format!("one more than {}", ir.names.get(limit.name as usize)?), limit.rule)
        }
        Change::Add { subscription, column } => {
            let model = ir.models.iter().find(|model| model.column == column)?;
            let principal = ir.subscriptions.get(subscription)?.principals.first()?;
            let text = format!(
                "`{}` also grants `{}` to `{}`",
                name(subscription)?,
                model.name,
                ir.principal_name(*principal)
            );
            (text, ir.subscriptions.get(subscription)?.rule)
        }
    })
}

/// Returns the models of the cells that a grant stands in.
fn models_of(ir: &Ir, grant: usize) -> impl Iterator<Item = &Model> {
    let holds = |cell: &Vec<u32>| cell.iter().any(|found| *found as usize == grant);
    let cells: BTreeSet<usize> =
        ir.access.cells.iter().enumerate().filter(|(_, cell)| holds(cell)).map(|(index, _)| index).collect();
    let entries = ir.access.rows.iter().flatten().filter(|(_, cell)| cells.contains(&(*cell as usize)));
    let columns: BTreeSet<u32> = entries.map(|(column, _)| *column).collect();
    ir.models.iter().filter(move |model| columns.contains(&model.column))
}

/// Returns their names.
fn models(ir: &Ir, grant: usize) -> String {
    let mut names: Vec<String> = models_of(ir, grant).map(|model| format!("`{}`", model.name)).collect();
    if names.len() > 3 {
        let n_more = names.len() - 2;
        names.truncate(2);
        names.push(format!("{n_more} more"));
    }
    crate::words::list(&names)
}

/// Makes a change; says whether there was something to change.
fn make(ir: &mut Ir, change: Change) -> bool {
    match change {
        Change::Drop(index) => {
            let Some(grant) = ir.access.grants.get_mut(index) else { return false };
            grant.until_ms = ALWAYS;
        }
        Change::Unbound(index) => {
            let Some(grant) = ir.access.grants.get_mut(index) else { return false };
            (grant.from_ms, grant.until_ms) = (ALWAYS, NEVER);
        }
        Change::Widen(index) => {
            let Some(grant) = ir.access.grants.get_mut(index) else { return false };
            grant.endpoints = u16::MAX;
        }
        Change::Raise(index) => {
            let Some(limit) = ir.limits.get_mut(index) else { return false };
            limit.amount = limit.amount.saturating_add(1);
        }
        Change::Add { subscription, column } => {
            let found = ir.access.grants.iter().position(|grant| grant.subscription as usize == subscription);
            let (Some(row), Some(Ok(grant)), Ok(cell)) =
                (first_row(ir, subscription), found.map(u32::try_from), u32::try_from(ir.access.cells.len()))
            else {
                return false;
            };
            let Some(row) = ir.access.rows.get_mut(row) else { return false };
            let Err(place) = row.binary_search_by_key(&column, |(column, _)| *column) else { return false };
            row.insert(place, (column, cell));
            ir.access.cells.push(vec![grant]);
        }
    }
    true
}

/// Takes a change back.
fn undo(ir: &mut Ir, original: &Ir, change: Change) {
    match change {
        Change::Drop(index) | Change::Unbound(index) | Change::Widen(index) => {
            if let (Some(grant), Some(before)) = (ir.access.grants.get_mut(index), original.access.grants.get(index)) {
                grant.clone_from(before);
            }
        }
        Change::Raise(index) => {
            if let (Some(limit), Some(before)) = (ir.limits.get_mut(index), original.limits.get(index)) {
                limit.amount = before.amount;
            }
        }
        Change::Add { subscription, .. } => {
            let row = first_row(original, subscription);
            if let Some(row) = row
                && let (Some(changed), Some(before)) = (ir.access.rows.get_mut(row), original.access.rows.get(row))
            {
                changed.clone_from(before);
            }
            ir.access.cells.truncate(original.access.cells.len());
        }
    }
}

#[cfg(test)]
mod tests;
