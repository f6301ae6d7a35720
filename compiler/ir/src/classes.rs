//! Principals and models with equal cells are classes, so that the decision table grows with what differs.
//!
//! A subscription is a block: groups of principals × models, with one grant for each pair of group and model. A
//! principal's row is determined by the groups he is in, a model's column by the grants it has in each block. Equal
//! memberships therefore mean equal cells; and since a grant belongs to one subscription and groups of one block
//! differ in some grant, different memberships mean different cells. So classes are exact, and no cell is looked at
//! more than once per class.

use std::collections::BTreeMap;

use indexmap::IndexMap;

/// What one subscription grants.
#[derive(Debug)]
pub(crate) struct Block {
    /// Numbers of models, ascending.
    pub(crate) models: Vec<u32>,
    /// Disjoint; each has a principal; two of them differ in some grant.
    pub(crate) groups: Vec<Group>,
}

/// Principals to whom a subscription gives the same.
#[derive(Debug)]
pub(crate) struct Group {
    /// Ascending.
    pub(crate) principals: Vec<u32>,
    /// By position in the block's models.
    pub(crate) grants: Vec<u32>,
}

/// The decision table by classes; numbers of columns, rows and cells are canonical, those of grants as they came in.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    pub(crate) row_of: Vec<u32>,
    pub(crate) column_of: Vec<u32>,
    pub(crate) n_columns: u32,
    /// Distinct, sorted: (column, cell).
    pub(crate) rows: Vec<Vec<(u32, u32)>>,
    /// Distinct, sorted.
    pub(crate) cells: Vec<Vec<u32>>,
}

/// Finds the classes. Blocks come in the order of their subscriptions, and grants are numbered in the order of blocks.
pub(crate) fn classify(n_principals: usize, n_models: usize, blocks: &[Block]) -> Classes {
    let (column_of, n_columns) = columns(n_models, blocks);
    let mut group_cells: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut memberships: Vec<Vec<u32>> = vec![Vec::new(); n_principals];
    let mut seen_in: Vec<u32> = vec![u32::MAX; n_columns as usize];
    for group in blocks.iter().filter(|block| !block.models.is_empty()).flat_map(|block| block.with_models()) {
        let number = u32::try_from(group_cells.len()).unwrap_or(u32::MAX);
        let mut cells = Vec::new();
        for (model, grant) in group.cells() {
            let column = pick(&column_of, model);
            if let Some(seen) = seen_in.get_mut(column as usize).filter(|seen| **seen != number) {
                *seen = number;
                cells.push((column, grant));
            }
        }
        group_cells.push(cells);
        for principal in &group.group.principals {
            if let Some(membership) = memberships.get_mut(*principal as usize) {
                membership.push(number);
            }
        }
    }
    let mut distinct: IndexMap<&[u32], u32> = IndexMap::new();
    let mut row_of: Vec<u32> = Vec::with_capacity(n_principals);
    for membership in &memberships {
        let next = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        row_of.push(*distinct.entry(membership).or_insert(next));
    }
    let mut interner = Interner::default();
    let mut scratch = Scratch { cell_of: vec![EMPTY; n_columns as usize], touched: Vec::new() };
    let rows = distinct.keys().map(|membership| scratch.row(membership, &group_cells, &mut interner)).collect();
    canonical(Classes { row_of, column_of, n_columns, rows, cells: interner.into_cells() })
}

struct GroupOfBlock<'a> {
    models: &'a [u32],
    group: &'a Group,
}

impl Block {
    fn with_models(&self) -> impl Iterator<Item = GroupOfBlock<'_>> {
        self.groups.iter().map(|group| GroupOfBlock { models: &self.models, group })
    }
}

impl GroupOfBlock<'_> {
    fn cells(&self) -> impl Iterator<Item = (u32, u32)> {
        self.models.iter().copied().zip(self.group.grants.iter().copied())
    }
}

/// Returns the column of each model, numbered by the first model of each.
fn columns(n_models: usize, blocks: &[Block]) -> (Vec<u32>, u32) {
    let mut signatures: Vec<Vec<u32>> = vec![Vec::new(); n_models];
    for block in blocks {
        // One number for each distinct list of grants over the groups; that of the first group's grant will do, told
        // apart by the order of appearance where the others differ.
        let mut numbers: IndexMap<Vec<u32>, u32> = IndexMap::new();
        for (position, model) in block.models.iter().enumerate() {
            let grants = || block.groups.iter().filter_map(|group| group.grants.get(position).copied());
            let Some(signature) = signatures.get_mut(*model as usize) else { continue };
            match block.groups.len() {
                0 => {}
                1 => signature.extend(grants()),
                _ => {
                    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                    let number = *numbers.entry(grants().collect()).or_insert(next);
                    // The first grant names the block, the number the list.
                    signature.extend(block.groups.first().and_then(|group| group.grants.first()));
                    signature.push(number);
                }
            }
        }
    }
    let mut distinct: IndexMap<Vec<u32>, u32> = IndexMap::new();
    let mut column_of = Vec::with_capacity(n_models);
    for signature in signatures {
        let next = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        column_of.push(*distinct.entry(signature).or_insert(next));
    }
    (column_of, u32::try_from(distinct.len()).unwrap_or(u32::MAX))
}

/// The cell without a grant.
const EMPTY: u32 = u32::MAX;

struct Scratch {
    cell_of: Vec<u32>,
    touched: Vec<u32>,
}

impl Scratch {
    fn row(&mut self, membership: &[u32], group_cells: &[Vec<(u32, u32)>], interner: &mut Interner) -> Vec<(u32, u32)> {
        let groups = membership.iter().filter_map(|group| group_cells.get(*group as usize));
        for (column, grant) in groups.flatten() {
            let Some(cell) = self.cell_of.get_mut(*column as usize) else { continue };
            if *cell == EMPTY {
                self.touched.push(*column);
            }
            *cell = interner.push(*cell, *grant);
        }
        self.touched.sort_unstable();
        let cell_of = &mut self.cell_of;
        let take = |column| cell_of.get_mut(column as usize).map(|cell| (column, std::mem::replace(cell, EMPTY)));
        self.touched.drain(..).filter_map(take).collect()
    }
}

/// Lists of grants, each an earlier list and one grant more.
#[derive(Default)]
struct Interner {
    lists: Vec<(u32, u32)>,
    /// By grant: the list of it alone.
    single: Vec<u32>,
    longer: IndexMap<(u32, u32), u32>,
}

impl Interner {
    fn push(&mut self, list: u32, grant: u32) -> u32 {
        let next = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        let number = if list == EMPTY {
            let index = grant as usize;
            if self.single.len() <= index {
                self.single.resize(index + 1, EMPTY);
            }
            match self.single.get_mut(index) {
                Some(number) if *number == EMPTY => {
                    *number = next;
                    next
                }
                Some(number) => *number,
                None => next,
            }
        } else {
            *self.longer.entry((list, grant)).or_insert(next)
        };
        if number == next {
            self.lists.push((list, grant));
        }
        number
    }

    /// Returns the lists; an earlier one has a lower number.
    fn into_cells(self) -> Vec<Vec<u32>> {
        let mut cells: Vec<Vec<u32>> = Vec::with_capacity(self.lists.len());
        for (list, grant) in self.lists {
            let mut cell = cells.get(list as usize).map_or_else(
                || Vec::with_capacity(1),
                |earlier| {
                    let mut cell = Vec::with_capacity(earlier.len() + 1);
                    cell.extend_from_slice(earlier);
                    cell
                },
            );
            cell.push(grant);
            cells.push(cell);
        }
        cells
    }
}

/// Drops cells that only led to longer ones and numbers cells and rows in their order.
pub(crate) fn canonical(mut classes: Classes) -> Classes {
    let mut is_used = vec![false; classes.cells.len()];
    for (_, cell) in classes.rows.iter().flatten() {
        if let Some(used) = is_used.get_mut(*cell as usize) {
            *used = true;
        }
    }
    let cells = std::mem::take(&mut classes.cells).into_iter().zip(is_used).zip(0..);
    let cells = cells.filter(|((_, used), _)| *used).map(|((cell, _), old)| (cell, old));
    let (cells, renumbered) = number(cells.collect());
    for (_, cell) in classes.rows.iter_mut().flatten() {
        *cell = pick(&renumbered, *cell);
    }
    let rows = std::mem::take(&mut classes.rows).into_iter().zip(0..);
    let (rows, renumbered) = number(rows.collect());
    for row in &mut classes.row_of {
        *row = pick(&renumbered, *row);
    }
    Classes { cells, rows, ..classes }
}

/// Sorts values, drops equal ones, and returns the new number by the old.
pub(crate) fn number<T: Ord>(mut values: Vec<(T, u32)>) -> (Vec<T>, Vec<u32>) {
    values.sort_unstable();
    let length = values.iter().map(|(_, old)| *old as usize + 1).max().unwrap_or(0);
    let mut renumbered = vec![EMPTY; length];
    let mut kept: Vec<T> = Vec::with_capacity(values.len());
    for (value, old) in values {
        if kept.last() != Some(&value) {
            kept.push(value);
        }
        if let Some(new) = renumbered.get_mut(old as usize) {
            *new = u32::try_from(kept.len() - 1).unwrap_or(u32::MAX);
        }
    }
    (kept, renumbered)
}

/// Returns a value by its number; numbers come from where the values do.
pub(crate) fn pick(values: &[u32], number: u32) -> u32 {
    values.get(number as usize).copied().unwrap_or(EMPTY)
}

/// Merges groups that give the same, so that the classes are exact.
pub(crate) fn merge(groups: impl IntoIterator<Item = Group>) -> Vec<Group> {
    let mut merged: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
    for group in groups {
        merged.entry(group.grants).or_default().extend(group.principals);
    }
    let group = |(grants, mut principals): (Vec<u32>, Vec<u32>)| {
        principals.sort_unstable();
        Group { principals, grants }
    };
    merged.into_iter().filter(|(_, principals)| !principals.is_empty()).map(group).collect()
}
