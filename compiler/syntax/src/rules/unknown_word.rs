//! `unknown-word`: a word that is not one of those that a field takes.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span, nearest};

use super::{any_of, quote};

/// A word that is not one of those that a field takes.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0104",
    name: "unknown-word",
    summary: "a word that is not one of those that a field takes",
    level: Level::Error,
    page: include_str!("unknown_word.md"),
};

/// Returns the finding for a word.
pub(crate) fn finding(span: Span, field: &str, word: &str, known: &[&str]) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, span, format!("`{}` is not a value of `{field}`", quote(word)));
    let list = any_of(known);
    match nearest(word, known.iter().copied()) {
        Some(near) => finding.help(format!("`{field}` takes {list}")).replace(span, near),
        None => finding.help(format!("`{field}` takes {list}")),
    }
}
