//! `retired-model-granted`: a subscription that grants a retired model.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule, Span};

use crate::hir::{Hir, Model, Stage, Subscription};
use crate::units::Time;

/// A subscription that grants a retired model.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0408",
    name: "retired-model-granted",
    summary: "a subscription that grants a retired model",
    level: Level::Warn,
    page: include_str!("retired_model_granted.md"),
};

pub(crate) fn check(hir: &Hir, at: Time, acc: &mut Diagnostics) {
    let is_retired = |model: &Model| {
        model.stage.value == Stage::Retired || model.retires_at.as_ref().is_some_and(|time| time.value <= at)
    };
    let retired: Vec<bool> = hir.models.iter().map(is_retired).collect();
    if !retired.contains(&true) {
        return;
    }
    for subscription in &hir.subscriptions {
        let ended = subscription.expires_at.as_ref().is_some_and(|end| end.value <= at);
        let mut last = None;
        for id in subscription.models.iter().filter(|_| !ended) {
            let Some(model) = hir.models.get(id.value.index()) else { continue };
            // Once per selector: what it selects changes by itself.
            if retired.get(id.value.index()) == Some(&true) && last.replace(id.span) != Some(id.span) {
                acc.push(finding(subscription, id.span, model, hir));
            }
        }
    }
}

fn finding(subscription: &Subscription, span: Span, model: &Model, hir: &Hir) -> Diagnostic {
    let names = (&subscription.header.name.value, &model.header.name.value);
    let message = format!("subscription `{}` grants model `{}`, which is retired", names.0, names.1);
    let since = model.retires_at.as_ref().map_or(model.stage.span, |time| time.span);
    let finding = Diagnostic::new(&RULE, span, message).also(since, "retired here");
    let other = model.replaced_by.as_ref().and_then(|id| hir.models.get(id.value.index()));
    match other {
        Some(other) => finding.help(format!("grant `{}`, which replaces it", other.header.name.value)),
        None => finding.help("remove it from `models`"),
    }
}
