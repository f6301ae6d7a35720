//! For GitLab: the code quality report, a JSON array.

use maas_schemas::diagnostics::Report;
use serde_json::json;

/// Where a finding about no place is shown: GitLab demands a place.
pub(super) const HOME: &str = "maasc.yaml";

/// Returns the array.
pub(super) fn render(report: &Report) -> String {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let severity = match finding.severity.as_str() {
                "error" => "major",
                "warn" => "minor",
                _ => "info",
            };
            let place = finding.primary.as_ref().map(|primary| &primary.location);
            json!({
                "description": finding.message,
                "check_name": finding.name,
                "fingerprint": finding.fingerprint,
                "severity": severity,
                "location": {
                    "path": place.map_or(HOME, |place| &place.file),
                    "lines": {
                        "begin": place.map_or(1, |place| place.start.line),
                        "end": place.map_or(1, |place| place.end.line),
                    },
                },
            })
        })
        .collect();
    let mut out = serde_json::to_string_pretty(&findings).unwrap_or_default();
    out.push('\n');
    out
}
