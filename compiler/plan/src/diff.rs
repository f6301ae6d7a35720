//! Which cells change, by classes: rows that are alike on both sides once, columns that are alike on both sides once.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::plan::CallerKind;
use maas_schemas::provenance::Provenance;
use maasc_ir::ir::{Ir, MemberKind};

use crate::change::{Change, Context, Direction, Pair, common, compare, limits};
use crate::intern::{Interner, NONE};
use crate::table::{Entry, LimitTerms, Table, Terms};

mod members;

/// A decision table with its lines resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) ir: &'a Ir,
    pub(crate) provenance: &'a Provenance,
}

/// The difference of two decision tables in classes.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    pub(crate) at_ms: i64,
    pub(crate) terms: Terms,
    pub(crate) before: Option<Table<'a>>,
    pub(crate) after: Option<Table<'a>>,
    pub(crate) rows: Vec<RowPair<'a>>,
    pub(crate) columns: Vec<ColumnPair<'a>>,
    pub(crate) changes: Interner<Change>,
    /// Changed cells, sorted.
    pub(crate) cells: Vec<Changed>,
    /// Differences of ceilings; 0 is none.
    pub(crate) ceilings: Interner<CeilingDiff>,
    pub(crate) n_callers: u64,
    pub(crate) n_models: u64,
}

/// Callers whose rows are alike on both sides.
#[derive(Debug)]
pub(crate) struct RowPair<'a> {
    pub(crate) kind: CallerKind,
    /// Sorted.
    pub(crate) names: Vec<&'a str>,
    /// In [`Comparison::ceilings`].
    pub(crate) ceilings: u32,
    pub(crate) before: Row,
    pub(crate) after: Row,
}

/// One side of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    /// Row of the table, or [`NONE`].
    Table(u32),
    /// What several principals may do together: (column, cell, origin), ascending.
    Joint(Vec<(u32, u32, u32)>),
}

/// Models whose columns are alike on both sides.
#[derive(Debug)]
pub(crate) struct ColumnPair<'a> {
    /// Columns of the tables, or [`NONE`].
    columns: (u32, u32),
    /// In [`Terms::models`], or [`NONE`].
    pub(crate) models: (u32, u32),
    /// Sorted.
    pub(crate) names: Vec<&'a str>,
}

/// A changed cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Changed {
    /// In [`Comparison::changes`].
    pub(crate) change: u32,
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) pair: Pair,
}

/// How the ceilings of a caller differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CeilingDiff {
    pub(crate) direction: Direction,
    /// Before and after; the owner is empty where it is the caller itself, so that teams with like ceilings are alike.
    pub(crate) lines: Vec<(Option<LimitTerms>, Option<LimitTerms>)>,
}

/// Compares two decision tables from `at_ms` on.
pub(crate) fn diff<'a>(before: Option<Input<'a>>, after: Option<Input<'a>>, at_ms: i64) -> Comparison<'a> {
    let mut terms = Terms::default();
    let mut table = |input: Option<Input<'a>>| input.map(|input| Table::new(input.ir, input.provenance, &mut terms));
    let (before, after) = (table(before), table(after));
    let columns = columns(before.as_ref(), after.as_ref());
    let mut ceilings = Interner::default();
    ceilings.add(CeilingDiff::default());
    let mut rows = rows(before.as_ref(), after.as_ref(), &terms, &mut ceilings);
    let n_callers = count(rows.iter().map(|row| row.names.len()));
    let members = members::rows(before.as_ref(), after.as_ref(), &mut terms);
    let n_members = count(members.iter().map(|row| row.names.len()));
    rows.extend(members);
    let mut comparison = Comparison {
        at_ms,
        terms,
        before,
        after,
        rows,
        n_models: count(columns.iter().map(|column| column.names.len())),
        columns,
        changes: Interner::default(),
        cells: Vec::new(),
        ceilings,
        n_callers: n_callers.saturating_add(n_members),
    };
    comparison.find();
    comparison
}

fn count(lengths: impl Iterator<Item = usize>) -> u64 {
    u64::try_from(lengths.sum::<usize>()).unwrap_or(u64::MAX)
}

fn columns<'a>(before: Option<&Table<'a>>, after: Option<&Table<'a>>) -> Vec<ColumnPair<'a>> {
    let tables = || before.into_iter().chain(after);
    let names: BTreeSet<&'a str> = tables().flat_map(|table| table.model_numbers.keys().copied()).collect();
    // Columns before and after, models before and after.
    type Class = ((u32, u32), (u32, u32));
    let mut classes: BTreeMap<Class, Vec<&'a str>> = BTreeMap::new();
    for name in names {
        let place = |table: Option<&Table<'a>>| {
            let found = table.and_then(|table| {
                let number = *table.model_numbers.get(name)?;
                let column = table.ir.models.get(number as usize)?.column;
                Some((column, table.models.get(number as usize).copied().unwrap_or(NONE)))
            });
            found.unwrap_or((NONE, NONE))
        };
        let (before, after) = (place(before), place(after));
        classes.entry(((before.0, after.0), (before.1, after.1))).or_default().push(name);
    }
    classes.into_iter().map(|((columns, models), names)| ColumnPair { columns, models, names }).collect()
}

fn rows<'a>(
    before: Option<&Table<'a>>,
    after: Option<&Table<'a>>,
    terms: &Terms,
    ceilings: &mut Interner<CeilingDiff>,
) -> Vec<RowPair<'a>> {
    let tables = || before.into_iter().chain(after);
    let names: BTreeSet<&'a str> = tables().flat_map(|table| table.principals.keys().copied()).collect();
    let mut classes: BTreeMap<(CallerKind, u32, u32, u32), Vec<&'a str>> = BTreeMap::new();
    for name in names {
        let place = |table: Option<&Table<'a>>| {
            let table = table?;
            let principal = *table.principals.get(name)?;
            let is_team = (principal as usize) < table.ir.teams.len();
            let kind = if is_team { CallerKind::Team } else { CallerKind::User };
            Some((kind, table.row_of(principal), table.ceilings(principal)))
        };
        let (before, after) = (place(before), place(after));
        let kind = after.as_ref().or(before.as_ref()).map_or(CallerKind::Team, |(kind, ..)| *kind);
        let difference = match (&before, &after) {
            (Some((.., from)), Some((.., to))) if from != to => ceilings.add(ceiling_diff(terms, name, from, to)),
            _ => 0,
        };
        let row = |place: &Option<(CallerKind, u32, Vec<u32>)>| place.as_ref().map_or(NONE, |(_, row, _)| *row);
        classes.entry((kind, row(&before), row(&after), difference)).or_default().push(name);
    }
    classes
        .into_iter()
        .map(|((kind, before, after, ceilings), names)| RowPair {
            kind,
            names,
            ceilings,
            before: Row::Table(before),
            after: Row::Table(after),
        })
        .collect()
}

fn ceiling_diff(terms: &Terms, name: &str, before: &[u32], after: &[u32]) -> CeilingDiff {
    let lines = |these: &[u32], those: &[u32]| -> Vec<LimitTerms> {
        let only = these.iter().filter(|number| !those.contains(number));
        only.filter_map(|number| terms.limits.get(*number)).cloned().collect()
    };
    let (mut gone, mut new) = (lines(before, after), lines(after, before));
    let mut paired = Vec::new();
    let own = |mut limit: LimitTerms| {
        if limit.owner == name {
            limit.owner.clear();
            // The key holds the owner's name.
            limit.key = 0;
        }
        limit
    };
    for limit in std::mem::take(&mut gone) {
        let partner = new.iter().position(|candidate| candidate.key == limit.key);
        let partner = partner.map(|place| own(new.swap_remove(place)));
        paired.push((Some(own(limit)), partner));
    }
    paired.extend(new.into_iter().map(|limit| (None, Some(own(limit)))));
    paired.sort();
    CeilingDiff { direction: limits(terms, before, after), lines: paired }
}

impl Comparison<'_> {
    fn find(&mut self) {
        let by_column = |side: fn(&ColumnPair<'_>) -> u32| {
            let mut pairs: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (number, column) in (0..).zip(&self.columns) {
                pairs.entry(side(column)).or_default().push(number);
            }
            pairs
        };
        let places = (by_column(|column| column.columns.0), by_column(|column| column.columns.1));
        let mut memo: BTreeMap<Pair, Option<u32>> = BTreeMap::new();
        let mut moved: BTreeMap<Pair, Option<u32>> = BTreeMap::new();
        let mut changes = Interner::default();
        let mut cells = Vec::new();
        for (number, row) in (0..).zip(&self.rows) {
            let before = entries(self.before.as_ref(), &row.before, &places.0);
            let after = entries(self.after.as_ref(), &row.after, &places.1);
            let direction = self.ceilings.get(row.ceilings).map_or(Direction::default(), |found| found.direction);
            merge(&before, &after, |column, from, to| {
                let models = self.columns.get(column as usize).map_or((NONE, NONE), |column| column.models);
                let pair = Pair { cells: (cell(from), cell(to)), models, ceilings: row.ceilings };
                let is_equal = pair.cells.0 == pair.cells.1 && models.0 == models.1 && pair.ceilings == 0;
                let mut found = None;
                if !is_equal {
                    found = *memo.entry(pair).or_insert_with(|| {
                        let change = compare(&self.terms, pair, direction, self.at_ms);
                        change.map(|(change, _)| changes.add(change))
                    });
                }
                let has_moved = from.zip(to).is_some_and(|(from, to)| from.origin != to.origin);
                if found.is_none() && has_moved {
                    found = *moved.entry(pair).or_insert_with(|| {
                        common(&self.terms, pair, self.at_ms).map(|(change, _)| changes.add(change))
                    });
                }
                if let Some(change) = found {
                    cells.push(Changed { change, row: number, column, pair });
                }
            });
        }
        cells.sort_unstable();
        self.changes = changes;
        self.cells = cells;
    }

    /// Returns the change of a cell again, with the context that shows it.
    pub(crate) fn context(&self, changed: &Changed) -> Option<Context> {
        let ceilings = self.ceilings.get(changed.pair.ceilings).map_or(Direction::default(), |found| found.direction);
        let found = compare(&self.terms, changed.pair, ceilings, self.at_ms);
        found.or_else(|| common(&self.terms, changed.pair, self.at_ms)).map(|(_, context)| context)
    }
}

const fn cell(entry: Option<Entry>) -> u32 {
    match entry {
        Some(entry) => entry.cell,
        None => NONE,
    }
}

/// Returns the entries of a row by pair of columns, ascending.
fn entries(table: Option<&Table<'_>>, row: &Row, places: &BTreeMap<u32, Vec<u32>>) -> Vec<(u32, Entry)> {
    let mut entries: Vec<(u32, Entry)> = Vec::new();
    let mut add = |entry: Entry| {
        let pairs = places.get(&entry.column).map_or(&[][..], Vec::as_slice);
        entries.extend(pairs.iter().map(|pair| (*pair, entry)));
    };
    match row {
        Row::Table(row) => table.into_iter().flat_map(|table| table.row(*row)).for_each(&mut add),
        Row::Joint(joint) => {
            joint
                .iter()
                .for_each(|(column, cell, origin)| add(Entry { column: *column, cell: *cell, origin: *origin }));
        }
    }
    entries.sort_unstable_by_key(|(pair, _)| *pair);
    entries
}

/// Walks two sorted rows together.
fn merge(before: &[(u32, Entry)], after: &[(u32, Entry)], mut each: impl FnMut(u32, Option<Entry>, Option<Entry>)) {
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let column = match (before.peek(), after.peek()) {
            (None, None) => return,
            (Some((column, _)), None) | (None, Some((column, _))) => *column,
            (Some((a, _)), Some((b, _))) => *a.min(b),
        };
        let from = before.next_if(|(found, _)| *found == column).map(|(_, entry)| *entry);
        let to = after.next_if(|(found, _)| *found == column).map(|(_, entry)| *entry);
        each(column, from, to);
    }
}

/// Returns the kind of caller that an attribute of an identity stands for.
const fn kind_of(kind: MemberKind) -> CallerKind {
    match kind {
        MemberKind::User => CallerKind::Member,
        MemberKind::Group => CallerKind::Group,
        MemberKind::ServiceAccount => CallerKind::ServiceAccount,
    }
}
