//! `model-without-upstreams`: a model that has nowhere to go.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Model, Stage};
use crate::lower::Lowering;

/// A model that has nowhere to go.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0502",
    name: "model-without-upstreams",
    summary: "a model that has nowhere to go",
    level: Level::Error,
    page: include_str!("model_without_upstreams.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, model) in (0_u32..).zip(&hir.models) {
        let is_served = matches!(model.stage.value, Stage::Approved | Stage::Deprecated);
        if !is_served || lowering.is_broken(Kind::Model, index) {
            continue;
        }
        let name = &model.header.name;
        if model.upstreams.is_empty() {
            let message = format!("model `{}` has no upstream", name.value);
            lowering.acc.push(Diagnostic::new(&RULE, name.span, message).help("add `upstreams: [{provider: …}]`"));
        } else if let Some(gateway) = without_upstream(hir, index, model, lowering) {
            let message = format!("model `{}` has no upstream in `{gateway}`", name.value);
            let help = "add an upstream whose provider is there, or limit the model with `gateways`";
            lowering.acc.push(Diagnostic::new(&RULE, name.span, message).help(help));
        }
    }
}

/// An environment of the model in which none of its providers is.
fn without_upstream<'h>(hir: &'h Hir, index: u32, model: &Model, lowering: &Lowering<'_>) -> Option<&'h str> {
    let here = lowering.scope.gateways(Kind::Model, index);
    let providers =
        || model.upstreams.iter().map(|line| lowering.scope.gateways(Kind::Provider, line.provider.value.0));
    if providers().any(|gateways| gateways.is_none()) {
        return None;
    }
    (0_u32..).zip(&hir.gateways).find_map(|(gateway, document)| {
        let is_here = here.is_none_or(|here| here.binary_search(&gateway).is_ok());
        let is_served = providers().flatten().any(|there| there.binary_search(&gateway).is_ok());
        (is_here && !is_served).then_some(document.header.name.value.as_str())
    })
}
