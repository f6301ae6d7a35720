//! Changed cells that are alike, grouped as callers × models.

use std::collections::BTreeMap;

use maas_schemas::plan::CallerKind;

use crate::diff::{Changed, Comparison};

/// Row classes × column classes that change alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rectangle {
    /// In [`Comparison::changes`].
    pub(crate) change: u32,
    /// Ascending.
    pub(crate) rows: Vec<u32>,
    /// Ascending.
    pub(crate) columns: Vec<u32>,
    /// One of its cells.
    pub(crate) first: Changed,
}

/// Covers all changed cells with rectangles, each cell once: rows with equal columns together, or columns with equal rows,
/// whichever takes fewer.
pub(crate) fn rectangles(comparison: &Comparison<'_>) -> Vec<Rectangle> {
    let mut found = Vec::new();
    for alike in comparison.cells.chunk_by(|a, b| a.change == b.change) {
        let mut by_kind: BTreeMap<CallerKind, Vec<&Changed>> = BTreeMap::new();
        for cell in alike {
            let kind = comparison.rows.get(cell.row as usize).map_or(CallerKind::Team, |row| row.kind);
            by_kind.entry(kind).or_default().push(cell);
        }
        for cells in by_kind.into_values() {
            let wide = group(&cells, |cell| (cell.row, cell.column));
            let tall = group(&cells, |cell| (cell.column, cell.row));
            let pieces: Vec<(Vec<u32>, Vec<u32>)> = if wide.len() <= tall.len() {
                wide.into_iter().map(|(columns, rows)| (rows, columns)).collect()
            } else {
                tall.into_iter().collect()
            };
            for (rows, columns) in pieces {
                let place = rows.first().copied().zip(columns.first().copied());
                let first = place.and_then(|(row, column)| {
                    let at = cells.binary_search_by_key(&(row, column), |cell| (cell.row, cell.column)).ok()?;
                    cells.get(at).map(|cell| **cell)
                });
                found.extend(first.map(|first| Rectangle { change: first.change, rows, columns, first }));
            }
        }
    }
    found
}

/// Returns the lines with equal places together: places → lines.
fn group(cells: &[&Changed], axes: impl Fn(&Changed) -> (u32, u32)) -> BTreeMap<Vec<u32>, Vec<u32>> {
    let mut lines: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for cell in cells {
        let (line, place) = axes(cell);
        lines.entry(line).or_default().push(place);
    }
    let mut groups: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
    for (line, places) in lines {
        groups.entry(places).or_default().push(line);
    }
    groups
}
