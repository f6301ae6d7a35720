//! For programs: the report itself.

use maas_schemas::diagnostics::Report;

/// Returns the report as indented JSON.
pub(super) fn render(report: &Report) -> String {
    let mut out = serde_json::to_string_pretty(report).unwrap_or_default();
    out.push('\n');
    out
}
