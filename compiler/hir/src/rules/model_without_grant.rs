//! `model-without-grant`: a model that no subscription grants.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Stage};
use crate::lower::Lowering;

/// A model that no subscription grants.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0407",
    name: "model-without-grant",
    summary: "a model that no subscription grants",
    level: Level::Note,
    page: include_str!("model_without_grant.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    // What a document with an error would grant is not known.
    if (0_u32..).zip(&hir.subscriptions).any(|(index, _)| lowering.is_broken(Kind::Subscription, index)) {
        return;
    }
    let mut granted = vec![false; hir.models.len()];
    for id in hir.subscriptions.iter().flat_map(|subscription| &subscription.models) {
        if let Some(granted) = granted.get_mut(id.value.index()) {
            *granted = true;
        }
    }
    for (model, granted) in hir.models.iter().zip(granted) {
        if !granted && matches!(model.stage.value, Stage::Approved | Stage::Deprecated) {
            let name = &model.header.name;
            let message = format!("no subscription grants model `{}`", name.value);
            lowering.acc.push(Diagnostic::new(&RULE, name.span, message).help("grant it, or make it a draft"));
        }
    }
}
