//! Answers as text, made from their JSON types and nothing else.

pub mod matrix;
pub mod replay;
pub mod test_report;
pub mod who_can;
pub mod why;

use maasc_diagnostics::render::clean;
use serde::Serialize;

/// Returns an answer as indented JSON that ends with a line break.
#[must_use]
pub fn json<T: Serialize>(answer: &T) -> String {
    let mut out = serde_json::to_string_pretty(answer).unwrap_or_default();
    out.push('\n');
    out
}

/// Returns a line that says for which environments and when; nothing where the one environment has no document.
fn heading(gateways: &[String], at: &str) -> String {
    let names = gateways.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    let noun = if gateways.len() == 1 { "gateway" } else { "gateways" };
    format!("{noun} {names}, at {at}\n")
}

/// Returns rows as columns of equal width with two spaces between; the last column is not padded.
fn columns(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{:width$}", clean(cell).replace('\n', " ")));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}
