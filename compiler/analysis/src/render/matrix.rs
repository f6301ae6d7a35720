//! The access matrix for terminals, spreadsheets, documents and browsers.

use std::collections::BTreeMap;

use maas_schemas::answers::{Matrix, MatrixCell, MatrixRow, MatrixTable};
use maasc_diagnostics::render::{clean, wrap};
use minijinja::{AutoEscape, Environment, context};

use super::{columns, heading};
use crate::who::is_allow;

/// What stands in a cell without a grant.
const NOTHING: &str = "-";
/// What stands in an allowed cell.
const ALLOWED: &str = "yes";

const PAGE: &str = include_str!("matrix.html.j2");

/// Returns a table for a terminal of `width` columns; models that do not fit beside each other follow below.
#[must_use]
pub fn table(matrix: &Matrix, width: usize) -> String {
    let mut out = String::new();
    for table in &matrix.tables {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&heading(&table.gateways, &matrix.at));
        let (some, none): (Vec<&MatrixRow>, Vec<&MatrixRow>) = table.rows.iter().partition(|row| !row.cells.is_empty());
        let rows: Vec<(&MatrixRow, Cells<'_>)> = some.into_iter().map(|row| (row, Cells::new(row))).collect();
        for models in blocks(table, width) {
            let head = std::iter::once(String::new()).chain(models.iter().map(|model| (*model).to_owned()));
            let mut lines: Vec<Vec<String>> = vec![head.collect()];
            for (row, cells) in &rows {
                let words = models.iter().map(|model| cells.word(model).to_owned());
                lines.push(std::iter::once(row.name.clone()).chain(words).collect());
            }
            out.push('\n');
            out.push_str(&columns(&lines));
        }
        if !none.is_empty() {
            let names = none.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ");
            let lines = wrap(&clean(&format!("without any access: {names}")), width);
            out.push_str(&format!("\n{}\n", lines.join("\n")));
        }
    }
    out
}

/// Returns the models in groups that fit the width beside the longest name.
fn blocks(table: &MatrixTable, width: usize) -> Vec<Vec<&str>> {
    let length = |text: &str| text.chars().count();
    let rows = table.rows.iter().filter(|row| !row.cells.is_empty());
    let names = rows.map(|row| length(&row.name)).max().unwrap_or(0);
    let mut widths: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in table.rows.iter().flat_map(|row| &row.cells) {
        let widest = widths.entry(&cell.model).or_default();
        *widest = (*widest).max(length(word(cell)));
    }
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    let mut used = usize::MAX;
    for model in &table.models {
        let column = widths.get(model.as_str()).copied().unwrap_or(1).max(length(model)) + 2;
        if used.saturating_add(column) > width || blocks.is_empty() {
            blocks.push(Vec::new());
            used = names;
        }
        used = used.saturating_add(column);
        if let Some(block) = blocks.last_mut() {
            block.push(model);
        }
    }
    blocks
}

fn word(cell: &MatrixCell) -> &str {
    if is_allow(&cell.reason) { ALLOWED } else { &cell.reason }
}

/// The cells of a row by model.
struct Cells<'a>(BTreeMap<&'a str, &'a MatrixCell>);

impl<'a> Cells<'a> {
    fn new(row: &'a MatrixRow) -> Self {
        Self(row.cells.iter().map(|cell| (cell.model.as_str(), cell)).collect())
    }

    fn word(&self, model: &str) -> &'a str {
        self.0.get(model).map_or(NOTHING, |cell| word(cell))
    }

    /// Returns the subscription of an allowed cell, the reason of a refused one.
    fn detail(&self, model: &str) -> &'a str {
        self.0.get(model).map_or("", |cell| if is_allow(&cell.reason) { &cell.subscription } else { &cell.reason })
    }
}

/// Returns one line for each environment, caller and model that is not plainly `not-granted`, for spreadsheets.
#[must_use]
pub fn csv(matrix: &Matrix) -> String {
    let mut out = "gateways,caller,model,allow,reason,subscription\r\n".to_owned();
    for table in &matrix.tables {
        let gateways = table.gateways.join(" ");
        for row in &table.rows {
            for cell in &row.cells {
                let allow = if is_allow(&cell.reason) { "true" } else { "false" };
                let fields = [&gateways, &row.name, &cell.model, allow, &cell.reason, &cell.subscription];
                out.push_str(&fields.map(field).join(","));
                out.push_str("\r\n");
            }
        }
    }
    out
}

/// Returns a field of a CSV file; a spreadsheet must not take it for a formula.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Returns tables in Markdown: the subscription where allowed, the reason where nearly so.
#[must_use]
pub fn markdown(matrix: &Matrix) -> String {
    let mut out = String::new();
    for table in &matrix.tables {
        if !out.is_empty() {
            out.push('\n');
        }
        let gateways = table.gateways.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
        out.push_str(&format!("Access at {} on {gateways}:\n\n", matrix.at));
        let models: Vec<String> = table.models.iter().map(|model| code(model)).collect();
        out.push_str(&format!("| | {} |\n|---|{}\n", models.join(" | "), "---|".repeat(models.len())));
        for row in &table.rows {
            let cells = Cells::new(row);
            let words: Vec<String> = table
                .models
                .iter()
                .map(|model| match (cells.word(model), cells.detail(model)) {
                    (ALLOWED, subscription) => code(subscription),
                    (NOTHING, _) => String::new(),
                    (_, reason) => format!("*{reason}*"),
                })
                .collect();
            out.push_str(&format!("| {} | {} |\n", code(&row.name), words.join(" | ")));
        }
    }
    out
}

/// Returns a name as code that ends neither the code nor the cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '\n', '\r'], " ").replace('|', "\\|"))
}

/// Returns a page.
#[must_use]
pub fn html(matrix: &Matrix) -> String {
    let tables: Vec<minijinja::Value> = matrix
        .tables
        .iter()
        .map(|table| {
            let rows: Vec<minijinja::Value> = table
                .rows
                .iter()
                .map(|row| {
                    let cells = Cells::new(row);
                    let cells: Vec<minijinja::Value> = table
                        .models
                        .iter()
                        .map(|model| {
                            let class = match cells.word(model) {
                                ALLOWED => "allow",
                                NOTHING => "none",
                                _ => "deny",
                            };
                            context! { class => class, text => cells.detail(model) }
                        })
                        .collect();
                    context! { name => row.name.as_str(), cells => cells }
                })
                .collect();
            context! { gateways => table.gateways.clone(), models => table.models.clone(), rows => rows }
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // The template is ours and a test renders it, so an error cannot reach a user.
    environment.render_str(PAGE, context! { at => matrix.at.as_str(), tables => tables }).unwrap_or_default()
}
