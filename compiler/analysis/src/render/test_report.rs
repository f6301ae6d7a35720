//! Results of policy tests for terminals and test reporters.

use maas_schemas::test_report::{Coverage, TestReport, TestResult};
use maasc_diagnostics::render::{cdata, clean, plural, wrap, xml};

/// How many of the things that no test looks at are shown.
const MOST_SHOWN: usize = 3;

/// Returns failures with what was expected, then what was covered, then the counts.
#[must_use]
pub fn text(report: &TestReport, width: usize) -> String {
    let mut out = String::new();
    // What fails alike in several environments is said once.
    let failed = report.results.iter().filter(|result| !result.failures.is_empty());
    let mut groups: Vec<(&TestResult, Vec<&str>)> = Vec::new();
    for result in failed {
        let is_equal = |known: &TestResult| TestResult { gateway: result.gateway.clone(), ..known.clone() } == *result;
        match groups.iter_mut().find(|(known, _)| is_equal(known)) {
            Some((_, gateways)) => gateways.push(&result.gateway),
            None => groups.push((result, vec![&result.gateway])),
        }
    }
    for (result, gateways) in groups {
        out.push_str(&failed_text(result, &gateways, width));
        out.push('\n');
    }
    for coverage in &report.coverage {
        out.push_str(&covered(coverage, width));
    }
    if let Some(mutants) = &report.mutants {
        out.push_str(&format!("mutants: {} of {} noticed\n", mutants.n_noticed, mutants.n_made));
        for mutant in &mutants.survivors {
            let line = format!("nobody notices: {} ({}, {})", mutant.change, mutant.gateway, mutant.source);
            push(&mut out, &line, width, "  ");
        }
    }
    out.push_str(&format!("{} passed, {} failed\n", report.n_passed, report.n_failed));
    out
}

fn failed_text(result: &TestResult, gateways: &[&str], width: usize) -> String {
    let noun = if gateways.len() == 1 { "gateway" } else { "gateways" };
    let mut out = format!("failed: {}: {} ({noun} {})\n", result.test, result.name, gateways.join(", "));
    for failure in &result.failures {
        push(&mut out, &format!("{}: {}", failure.source, failure.message), width, "  ");
        push(&mut out, &format!("expected {}", failure.expected), width, "    ");
        push(&mut out, &format!("got      {}", failure.actual), width, "    ");
        if let Some(source) = &failure.decided_by {
            push(&mut out, &format!("decided by {} ({source})", source.document), width, "    ");
        }
    }
    clean(&out).into_owned()
}

fn covered(coverage: &Coverage, width: usize) -> String {
    let mut out = format!(
        "coverage of {}: {} of {} granted cells, {} of {}\n",
        coverage.gateway,
        coverage.n_cells_asked,
        coverage.n_cells,
        coverage.n_limits_asked,
        plural(coverage.n_limits, "limit"),
    );
    for (left, noun) in [(&coverage.cells_left, "not asked"), (&coverage.limits_left, "not expected")] {
        if !left.is_empty() {
            let mut shown: Vec<&str> = left.iter().take(MOST_SHOWN).map(String::as_str).collect();
            if left.len() > MOST_SHOWN {
                shown.push("…");
            }
            push(&mut out, &format!("{noun}: {}", shown.join(", ")), width, "  ");
        }
    }
    clean(&out).into_owned()
}

fn push(out: &mut String, text: &str, width: usize, indent: &str) {
    for line in wrap(text, width.saturating_sub(indent.len()).max(30)) {
        out.push_str(&format!("{indent}{line}\n"));
    }
}

/// Returns JUnit XML: a suite for each `PolicyTest` and environment.
#[must_use]
pub fn junit(report: &TestReport) -> String {
    let mut suites: Vec<((&str, &str), Vec<&TestResult>)> = Vec::new();
    for result in &report.results {
        let suite = (result.test.as_str(), result.gateway.as_str());
        match suites.iter_mut().find(|(known, _)| *known == suite) {
            Some((_, results)) => results.push(result),
            None => suites.push((suite, vec![result])),
        }
    }
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"maasc test\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
        report.results.len(),
        report.n_failed
    );
    for ((test, gateway), results) in suites {
        let n_failed = results.iter().filter(|result| !result.failures.is_empty()).count();
        out.push_str(&format!(
            "  <testsuite name=\"{} on {}\" tests=\"{}\" failures=\"{n_failed}\" errors=\"0\" skipped=\"0\">\n",
            xml(test),
            xml(gateway),
            results.len(),
        ));
        for result in results {
            out.push_str(&case(result));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(result: &TestResult) -> String {
    let head = format!(
        "    <testcase name=\"{}\" classname=\"{}.{}\"",
        xml(&result.name),
        xml(&result.gateway),
        xml(&result.test)
    );
    let Some(first) = result.failures.first() else { return format!("{head}/>\n") };
    let message = format!("{}: expected {}, got {}", first.message, first.expected, first.actual);
    format!(
        "{head}>\n      <failure message=\"{}\" type=\"policy-test\">{}</failure>\n    </testcase>\n",
        xml(&message),
        cdata(&failed_text(result, &[&result.gateway], 100))
    )
}
