//! Where every pass puts its findings.

use crate::{Diagnostic, Level};

/// The findings of a run.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    findings: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.findings.push(diagnostic);
    }

    /// Adds all findings of another run.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// Returns the findings in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter()
    }

    /// Returns the findings for a change of level or for suppression.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Diagnostic> {
        self.findings.iter_mut()
    }

    /// Keeps the findings for which the function says true.
    pub fn retain(&mut self, function: impl FnMut(&Diagnostic) -> bool) {
        self.findings.retain(function);
    }

    /// Says whether there is no finding.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the number of findings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Says whether a finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }

    /// Sorts by place, code and message, and drops findings that are equal in all three, and those that are off.
    pub fn finish(&mut self) {
        self.findings.retain(|finding| finding.level != Level::Off);
        self.findings.sort_by(|a, b| key(a).cmp(&key(b)));
        self.findings.dedup_by(|a, b| key(a) == key(b));
    }
}

fn key(finding: &Diagnostic) -> (Option<crate::Span>, &'static str, &str) {
    (finding.primary.as_ref().map(|label| label.span), finding.rule.code, &finding.message)
}
