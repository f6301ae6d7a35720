//! `model-without-price`: a model without a price.

use maas_schemas::abi::Measure;
use maasc_diagnostics::{Diagnostic, Level, Rule, Span};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Model, Stage, Subscription};
use crate::lower::Lowering;

/// A model without a price.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0501",
    name: "model-without-price",
    summary: "a model without a price",
    level: Level::Warn,
    page: include_str!("model_without_price.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let unpriced = |index: u32, model: &Model| {
        model.prices.is_empty()
            && matches!(model.stage.value, Stage::Approved | Stage::Deprecated)
            && !lowering.is_broken(Kind::Model, index)
    };
    let unpriced: Vec<u32> =
        (0_u32..).zip(&hir.models).filter(|(index, model)| unpriced(*index, model)).map(|(index, _)| index).collect();
    if unpriced.is_empty() {
        return;
    }
    let mut money = vec![None; hir.models.len()];
    for subscription in &hir.subscriptions {
        let Some(limit) = limit_in_money(hir, subscription) else { continue };
        for id in &subscription.models {
            if let Some(place) = money.get_mut(id.value.index()) {
                place.get_or_insert(limit);
            }
        }
    }
    for index in unpriced {
        let Some(model) = hir.models.get(index as usize) else { continue };
        let name = &model.header.name;
        let message = format!("model `{}` has no price", name.value);
        let finding =
            Diagnostic::new(&RULE, name.span, message).help("add `price: {input: …, output: …}`, per million tokens");
        let limit = money.get(index as usize).copied().flatten();
        lowering.acc.push(match limit {
            Some(span) => finding.also(span, "this limit in money never fills up for it"),
            None => finding,
        });
    }
}

/// The place of a limit in money that holds for all models of a subscription.
fn limit_in_money(hir: &Hir, subscription: &Subscription) -> Option<Span> {
    let quota = subscription.quota.as_ref().and_then(|id| hir.quotas.get(id.value.index()));
    let lines = subscription.limits.iter().chain(quota.into_iter().flat_map(|quota| &quota.limits));
    lines.into_iter().find(|line| line.measure.value == Measure::Cost).map(|line| line.span)
}
