//! `empty-selector`: labels that select nothing.

use maasc_diagnostics::{Diagnostic, Level, Rule, Spanned, nearest};
use maasc_syntax::ast::{Document, Entries, Kind, Text};

use crate::scope::Scope;

/// Labels that select nothing.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0214",
    name: "empty-selector",
    summary: "labels that select nothing",
    level: Level::Warn,
    page: include_str!("empty_selector.md"),
};

pub(crate) fn finding(
    scope: &Scope<'_>,
    document: &Document,
    kind: Kind,
    labels: &Spanned<Entries<Text>>,
) -> Diagnostic {
    let word = super::word(kind);
    if labels.value.is_empty() {
        let message = format!("{} selects {word}s by no label", super::called(document));
        return Diagnostic::new(&RULE, labels.span, message).help("name at least one label; none does not mean all");
    }
    let message = format!("{} selects no {word}", super::called(document));
    let finding = Diagnostic::new(&RULE, labels.span, message);
    let known = |name: &str, value: &str| scope.labels(kind).any(|label| label == (name, value));
    let Some((name, value)) = labels.value.iter().find(|(name, value)| !known(&name.value, &value.value)) else {
        return finding.label("nothing has all of these labels");
    };
    let values = || scope.labels(kind).filter(|(known, _)| *known == name.value).map(|(_, value)| value);
    if let Some(meant) = nearest(&value.value, values()) {
        let help = format!("did you mean `{}: {meant}`?", name.value);
        return super::guess(finding.help(help), value.span, meant);
    }
    if values().next().is_none() {
        let meant = nearest(&name.value, scope.labels(kind).map(|(name, _)| name));
        return match meant {
            Some(meant) => super::guess(finding.help(format!("did you mean the label `{meant}`?")), name.span, meant),
            None => finding.label(format!("no {word} has the label `{}`", name.value)),
        };
    }
    finding.label(format!("no {word} has the label `{}: {}`", name.value, value.value))
}
