//! For people and editors: a line for each finding.

use maas_schemas::diagnostics::Report;

use super::report::closing;
use super::text::clean;

/// Returns `path:line:column: level[code]: message` for each finding and a closing line.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        if let Some(primary) = &finding.primary {
            let place = &primary.location;
            out.push_str(&format!("{}:{}:{}: ", clean(&place.file), place.start.line, place.start.column));
        }
        let is_fixable = finding.fixes.iter().any(|fix| fix.applicability == "safe");
        let mark = if is_fixable { " [*]" } else { "" };
        let message = clean(&finding.message).replace('\n', " ");
        let level = if finding.severity == "warn" { "warning" } else { finding.severity.as_str() };
        out.push_str(&format!("{level}[{}]: {message}{mark}\n", finding.code));
    }
    out.push_str(&closing(&report.summary));
    out.push('\n');
    out
}
