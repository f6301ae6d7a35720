//! `per-model-not-granted`: limits of a model that the subscription does not grant.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Selection, Subscription, Text};

/// Limits of a model that the subscription does not grant.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0313",
    name: "per-model-not-granted",
    summary: "limits of a model that the subscription does not grant",
    level: Level::Error,
    page: include_str!("per_model_not_granted.md"),
};

pub(crate) fn finding(document: &Document, model: &Text, spec: &Subscription) -> Diagnostic {
    let message = format!("{} does not grant model `{}`", super::called(document), model.value);
    let finding = Diagnostic::new(&RULE, model.span, message).help("add it to `models`, or remove the entry");
    let granted = match &spec.models {
        Selection::Labels(labels) => Some(labels.span),
        Selection::Names(names) => names.first().zip(names.last()).map(|(first, last)| first.span.to(last.span)),
    };
    match granted {
        Some(span) => finding.also(span, "it grants these"),
        None => finding,
    }
}
