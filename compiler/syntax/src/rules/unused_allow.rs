//! `unused-allow`: a `# maasc: allow` comment that silences nothing.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span, nearest};

use super::quote;
use crate::ast::Text;

/// A `# maasc: allow` comment that silences nothing.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0013",
    name: "unused-allow",
    summary: "a `# maasc: allow` comment that silences nothing",
    level: Level::Warn,
    page: include_str!("unused_allow.md"),
};

/// Returns the finding for a comment on whose line the rule finds nothing.
pub(crate) fn finding(span: Span, rule: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("`{}` finds nothing on the line that this comment covers", quote(rule)))
        .help("remove the comment")
}

/// Returns the finding for a comment with a rule that does not exist.
pub(crate) fn unknown(rule: &Text, known: &[&'static Rule]) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, rule.span, format!("there is no rule `{}` to allow", quote(rule)));
    match nearest(rule, known.iter().map(|rule| rule.name)) {
        Some(name) => finding.help(format!("a rule with a similar name exists: `{name}`")).replace(rule.span, name),
        None => finding.help("`maasc explain` lists the rules"),
    }
}

/// Returns the finding for a comment that tries to allow what cannot be read.
pub(crate) fn not_allowable(rule: &Text) -> Diagnostic {
    Diagnostic::new(&RULE, rule.span, format!("findings of `{}` cannot be allowed", quote(rule)))
        .note("the policy would lack what is not understood, and nobody consents in a comment")
        .help("correct the finding and remove the comment")
}
