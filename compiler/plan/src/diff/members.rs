//! Callers who belong to other teams than before: what all their teams together may do, on both sides.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::plan::CallerKind;
use maasc_ir::ir::MemberKind;

use super::{Row, RowPair, kind_of};
use crate::intern::NONE;
use crate::table::{Table, Terms};

/// Returns a row for each attribute of an identity that names other teams than before. Teams that are on one side only
/// say so in their own rows.
pub(super) fn rows<'a>(before: Option<&Table<'a>>, after: Option<&Table<'a>>, terms: &mut Terms) -> Vec<RowPair<'a>> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let attributes: BTreeSet<(MemberKind, &'a str)> =
        before.members.keys().chain(after.members.keys()).copied().collect();
    let mut classes: BTreeMap<(CallerKind, Row, Row), Vec<&'a str>> = BTreeMap::new();
    for (kind, name) in attributes {
        let of = |table: &Table<'a>| table.members.get(&(kind, name)).copied().unwrap_or_default();
        let teams = |table: &Table<'a>, other: &Table<'a>| -> BTreeSet<&'a str> {
            let names = of(table).iter().filter_map(|principal| name_of(table, *principal));
            names.filter(|name| other.principals.contains_key(name)).collect()
        };
        if teams(before, after) == teams(after, before) {
            continue;
        }
        let joint = |table: &Table<'a>, terms: &mut Terms| {
            let own = (kind == MemberKind::User).then(|| table.principals.get(name)).flatten();
            let principals: BTreeSet<u32> = of(table).iter().chain(own).copied().collect();
            Row::Joint(joint(table, &principals, terms))
        };
        let (from, to) = (joint(before, terms), joint(after, terms));
        classes.entry((kind_of(kind), from, to)).or_default().push(name);
    }
    classes
        .into_iter()
        .map(|((kind, before, after), names)| RowPair { kind, names, ceilings: 0, before, after })
        .collect()
}

fn name_of<'a>(table: &Table<'a>, principal: u32) -> Option<&'a str> {
    table.ir.teams.get(principal as usize).map(|team| &*team.name)
}

/// Returns the cells of several principals together: all their candidates in the order in which they answer, each with
/// the ceilings of the principal through whom it comes.
fn joint(table: &Table<'_>, principals: &BTreeSet<u32>, terms: &mut Terms) -> Vec<(u32, u32, u32)> {
    let ir = table.ir;
    let mut columns: BTreeMap<u32, Vec<(u32, u32, u32)>> = BTreeMap::new();
    for principal in principals {
        let row = ir.access.rows.get(table.row_of(*principal) as usize);
        for (column, cell) in row.into_iter().flatten() {
            for grant in ir.access.cells.get(*cell as usize).into_iter().flatten() {
                let subscription = ir.access.grants.get(*grant as usize).map_or(NONE, |grant| grant.subscription);
                columns.entry(*column).or_default().push((subscription, *principal, *grant));
            }
        }
    }
    columns
        .into_iter()
        .map(|(column, mut candidates)| {
            candidates.sort_unstable();
            let mut origin = Vec::new();
            let mut cell = Vec::new();
            for (_, principal, grant) in candidates {
                let number = table.grants.get(grant as usize).copied().unwrap_or(NONE);
                if let Some(mut grant) = terms.grants.get(number).cloned() {
                    grant.limits.extend(table.ceilings(principal));
                    grant.limits.sort_unstable();
                    cell.push(terms.grants.add(grant));
                }
                let rule = ir.access.grants.get(grant as usize).map_or(NONE, |grant| grant.rule);
                let source = table.source(rule);
                origin.push((source.file, source.document));
            }
            origin.dedup();
            (column, terms.cells.add(cell), terms.origins.add(origin))
        })
        .collect()
}
