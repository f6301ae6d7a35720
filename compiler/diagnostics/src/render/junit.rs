//! For test reporters: JUnit XML, one suite, one case for each finding.

use maas_schemas::diagnostics::Finding;

use super::report::Prepared;
use super::text::{cdata, xml};
use super::{Colour, Format, Options, full};

/// Returns the document: errors are failures, warnings and notes passed cases that say something.
pub(super) fn render(prepared: &Prepared<'_>) -> String {
    let findings = &prepared.report.findings;
    let n_failures = findings.iter().filter(|finding| finding.severity == "error").count();
    let n_tests = findings.len().max(1);
    let counts = format!("tests=\"{n_tests}\" failures=\"{n_failures}\" errors=\"0\" skipped=\"0\"");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"maasc check\" {counts}>\n  <testsuite name=\"maasc check\" {counts}>\n"
    );
    if findings.is_empty() {
        out.push_str("    <testcase name=\"no findings\" classname=\"maasc.check\"/>\n");
    }
    for finding in findings {
        out.push_str(&case(prepared, finding));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(prepared: &Prepared<'_>, finding: &Finding) -> String {
    let (file, place) = match &finding.primary {
        Some(primary) => (primary.location.file.as_str(), format!(" (line {})", primary.location.start.line)),
        None => ("workspace", String::new()),
    };
    let name = xml(&format!("{} {}{place}", finding.code, finding.name));
    let body = cdata(&drawing(prepared, finding));
    let message = xml(&finding.message);
    let inner = if finding.severity == "error" {
        format!("<failure message=\"{message}\" type=\"{}\">{body}</failure>", xml(&finding.code))
    } else {
        format!("<system-out>{body}</system-out>")
    };
    format!("    <testcase name=\"{name}\" classname=\"{}\">\n      {inner}\n    </testcase>\n", xml(file))
}

/// Returns what a person would see of one finding.
fn drawing(prepared: &Prepared<'_>, finding: &Finding) -> String {
    let options = Options { format: Format::Full, width: 100, colour: Colour::Plain, version: "" };
    full::drawings(&prepared.sources, std::slice::from_ref(finding), &options)
}
