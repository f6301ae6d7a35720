//! For GitHub: workflow commands, which become annotations of the pull request.

use maas_schemas::diagnostics::{Finding, Report};

use super::report::closing;
use super::text::{clean, plural};

/// GitHub shows this many annotations of each kind for a step and drops the rest without a word.
const MOST: usize = 10;

/// Returns at most ten commands of each kind, the count of those left out, and a closing line.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for (severity, command, noun) in
        [("error", "error", "error"), ("warn", "warning", "warning"), ("note", "notice", "note")]
    {
        let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.severity == severity).collect();
        for finding in findings.iter().take(MOST) {
            out.push_str(&line(command, finding));
        }
        let n_left_out = findings.len().saturating_sub(MOST);
        if n_left_out > 0 {
            let count = plural(u64::try_from(n_left_out).unwrap_or(u64::MAX), &format!("more {noun}"));
            out.push_str(&format!("{count} left out here: GitHub shows {MOST} of a kind\n"));
        }
    }
    out.push_str(&closing(&report.summary));
    out.push('\n');
    out
}

fn line(command: &str, finding: &Finding) -> String {
    let mut properties = Vec::new();
    if let Some(primary) = &finding.primary {
        let (start, end) = (primary.location.start, primary.location.end);
        properties.push(format!("file={}", property(&primary.location.file)));
        properties.push(format!("line={}", start.line));
        properties.push(format!("endLine={}", end.line));
        // GitHub refuses columns of a place of several lines.
        if start.line == end.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={}", end.column));
        }
    }
    properties.push(format!("title={}", property(&format!("{} {}", finding.code, finding.name))));
    let mut text = finding.message.clone();
    if let Some(primary) = finding.primary.as_ref().filter(|primary| !primary.label.is_empty()) {
        text.push_str(&format!("\n{}", primary.label));
    }
    for label in &finding.labels {
        text.push_str(&format!("\n{}:{}: {}", label.location.file, label.location.start.line, label.label));
    }
    for value in &finding.values {
        text.push_str(&format!("\nwhere `{}` is `{}`", value.expression, value.value));
    }
    for note in &finding.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{command} {}::{}\n", properties.join(","), data(&text))
}

/// Escapes the message of a command.
fn data(text: &str) -> String {
    clean(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
