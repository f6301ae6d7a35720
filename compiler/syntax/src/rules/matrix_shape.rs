//! `matrix-shape`: a row of a matrix that does not fit its columns.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use super::quote;

/// A row of a matrix that does not fit its columns.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0112",
    name: "matrix-shape",
    summary: "a row of a matrix that does not fit its columns",
    level: Level::Error,
    page: include_str!("matrix_shape.md"),
};

/// Returns the finding for a row.
pub(crate) fn finding(span: Span, row: &str, cells: usize, models: Span, columns: usize) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("row `{}` has {cells} cells for {columns} models", quote(row)))
        .also(models, "the columns")
        .help("write one `allow` or `deny` for each model, in their order")
}
