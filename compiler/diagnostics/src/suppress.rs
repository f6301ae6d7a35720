//! Findings that a comment silences: `# maasc: allow <rule> reason="…" until=DATE`.

use crate::levels::{find_rule, unknown};
use crate::{Diagnostic, Diagnostics, Level, Rule, SourceMap, Span, Spanned};

/// A comment that silences nothing.
pub static UNUSED_SUPPRESSION: Rule = Rule {
    code: "MAAS0042",
    name: "unused-suppression",
    summary: "a comment that silences nothing",
    level: Level::Warn,
    page: include_str!("../rules/unused_suppression.md"),
};

/// A comment whose time is over.
pub static EXPIRED_SUPPRESSION: Rule = Rule {
    code: "MAAS0043",
    name: "expired-suppression",
    summary: "a comment whose time is over",
    level: Level::Warn,
    page: include_str!("../rules/expired_suppression.md"),
};

/// A comment on a finding that no comment may silence.
pub static SUPPRESSION_REFUSED: Rule = Rule {
    code: "MAAS0044",
    name: "suppression-refused",
    summary: "a comment on a finding that no comment may silence",
    level: Level::Error,
    page: include_str!("../rules/suppression_refused.md"),
};

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Name or code of the rule.
    pub rule: Spanned<String>,
    /// The line whose findings it silences, from 1, in the file of `span`.
    pub line: u32,
    /// Why; for people.
    pub reason: String,
    /// Until when, excluded, Unix milliseconds; `None` for ever.
    pub until_ms: Option<i64>,
    /// The comment.
    pub span: Span,
}

/// Takes out the findings that a comment silences, returns how many, and reports comments that do nothing.
///
/// A finding is silenced by its primary place: the first line of what is underlined. Levels are applied before.
pub fn suppress(
    suppressions: &[Suppression],
    sources: &SourceMap,
    known: &[&'static Rule],
    at_ms: i64,
    acc: &mut Diagnostics,
) -> u32 {
    let mut n_suppressed = 0;
    let mut findings = Vec::new();
    let mut is_used = vec![false; suppressions.len()];
    acc.retain(|finding| {
        let Some(index) = answering(suppressions, sources, finding) else { return true };
        if let Some(is_used) = is_used.get_mut(index) {
            *is_used = true;
        }
        let is_over = suppressions.get(index).and_then(|found| found.until_ms).is_some_and(|until| until <= at_ms);
        if is_over || !finding.rule.is_suppressible() {
            return true;
        }
        n_suppressed += u32::from(finding.level != Level::Off);
        false
    });
    for (suppression, is_used) in suppressions.iter().zip(is_used) {
        findings.extend(complaint(suppression, is_used, known, at_ms));
    }
    for finding in findings {
        acc.push(finding);
    }
    n_suppressed
}

fn answering(suppressions: &[Suppression], sources: &SourceMap, finding: &Diagnostic) -> Option<usize> {
    let place = finding.primary.as_ref()?.span;
    let line = sources.locate(place).1.line;
    suppressions.iter().position(|suppression| {
        suppression.span.file == place.file
            && suppression.line == line
            && (suppression.rule.value == finding.rule.name || suppression.rule.value == finding.rule.code)
    })
}

fn complaint(suppression: &Suppression, is_used: bool, known: &[&'static Rule], at_ms: i64) -> Option<Diagnostic> {
    let name = suppression.rule.value.as_str();
    let Some(rule) = find_rule(known, name) else { return Some(unknown(name, suppression.rule.span, known)) };
    if !is_used {
        let message = format!("no finding of `{}` is here to be silenced", rule.name);
        return Some(Diagnostic::new(&UNUSED_SUPPRESSION, suppression.span, message).help("remove the comment"));
    }
    if !rule.is_suppressible() {
        let message = format!("a finding of `{}` cannot be silenced by a comment", rule.name);
        let finding = Diagnostic::new(&SUPPRESSION_REFUSED, suppression.rule.span, message);
        return Some(finding.help("correct what it finds, and remove the comment"));
    }
    if suppression.until_ms.is_some_and(|until| until <= at_ms) {
        let message = format!("the time of this comment on `{}` is over", rule.name);
        let finding = Diagnostic::new(&EXPIRED_SUPPRESSION, suppression.span, message);
        return Some(finding.help("correct what it silenced, or agree on another `until`"));
    }
    None
}

#[cfg(test)]
mod tests;
