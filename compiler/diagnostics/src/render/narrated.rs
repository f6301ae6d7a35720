//! For people who listen: sentences, no drawings.

use maas_schemas::diagnostics::{Finding, Location, Report};

use super::report::closing;
use super::text::clean;

/// Returns a paragraph for each finding and a closing line.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        for sentence in sentences(finding) {
            out.push_str(&clean(&sentence));
            out.push('\n');
        }
        out.push('\n');
    }
    out.push_str(&closing(&report.summary));
    out.push('\n');
    out
}

fn sentences(finding: &Finding) -> Vec<String> {
    let level = match finding.severity.as_str() {
        "error" => "Error",
        "warn" => "Warning",
        _ => "Note",
    };
    let mut lines = vec![format!("{level} {}, {}: {}", finding.code, finding.name, finding.message)];
    if let Some(primary) = &finding.primary {
        let label = if primary.label.is_empty() { String::new() } else { format!(": {}", primary.label) };
        lines.push(format!("At {}, the text `{}`{label}", place(&primary.location), one_line(&primary.location.text)));
    }
    lines.extend(finding.labels.iter().map(|label| format!("See {}: {}", place(&label.location), label.label)));
    lines.extend(finding.values.iter().map(|value| format!("There `{}` is `{}`", value.expression, value.value)));
    lines.extend(finding.notes.iter().map(|note| format!("Note: {note}")));
    lines.extend(finding.help.iter().map(|help| format!("Help: {help}")));
    lines.extend(finding.fixes.iter().map(|fix| format!("Fix, {}: {}", fix.applicability, fix.message)));
    lines
}

fn place(place: &Location) -> String {
    let (start, end) = (place.start, place.end);
    if start.line != end.line {
        return format!("{}, lines {} to {}", place.file, start.line, end.line);
    }
    let last = end.column.saturating_sub(1);
    if last <= start.column {
        return format!("{}, line {}, column {}", place.file, start.line, start.column);
    }
    format!("{}, line {}, columns {} to {last}", place.file, start.line, start.column)
}

fn one_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or("").trim_end()
}
