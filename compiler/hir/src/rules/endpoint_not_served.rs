//! `endpoint-not-served`: an endpoint that no upstream can serve.

use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::Hir;
use crate::lower::Lowering;

/// An endpoint that no upstream can serve.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0507",
    name: "endpoint-not-served",
    summary: "an endpoint that no upstream can serve",
    level: Level::Error,
    page: include_str!("endpoint_not_served.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, model) in (0_u32..).zip(&hir.models) {
        if model.upstreams.is_empty() || lowering.is_broken(Kind::Model, index) {
            continue;
        }
        let kinds: Vec<ProviderType> = model
            .upstreams
            .iter()
            .filter_map(|line| Some(hir.providers.get(line.provider.value.index())?.kind.value))
            .collect();
        for endpoint in model.endpoints.iter().filter(|e| !kinds.iter().any(|kind| serves(*kind, e.value))) {
            let name = &model.header.name.value;
            let message = format!("no upstream of model `{name}` serves `{}`", endpoint.value);
            let finding = Diagnostic::new(&RULE, endpoint.span, message);
            let finding = match model.upstreams.first().zip(kinds.first()) {
                Some((line, kind)) => finding.also(line.provider.span, format!("its type is `{}`", kind.name())),
                None => finding,
            };
            lowering.acc.push(finding.help("remove the endpoint, or add an upstream that serves it"));
        }
    }
    subscriptions(hir, lowering);
}

fn subscriptions(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, subscription) in (0_u32..).zip(&hir.subscriptions) {
        let Some(endpoints) = &subscription.endpoints else { continue };
        if subscription.models.is_empty() || lowering.is_broken(Kind::Subscription, index) {
            continue;
        }
        let models = subscription.models.iter().filter_map(|id| hir.models.get(id.value.index()));
        let served = models.flat_map(|model| &model.endpoints).fold(0, |set, endpoint| set | endpoint.value.bit());
        for endpoint in endpoints.iter().filter(|endpoint| served & endpoint.value.bit() == 0) {
            let name = &subscription.header.name.value;
            let message = format!("no model of subscription `{name}` serves `{}`", endpoint.value);
            lowering.acc.push(Diagnostic::new(&RULE, endpoint.span, message).help("remove the endpoint"));
        }
    }
}

/// Says whether a type of provider serves an endpoint, by itself or translated.
const fn serves(kind: ProviderType, endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Chat | Endpoint::Messages => true,
        Endpoint::Completions | Endpoint::Embeddings | Endpoint::Responses => {
            !matches!(kind, ProviderType::Anthropic | ProviderType::Bedrock)
        }
        Endpoint::CountTokens => {
            matches!(kind, ProviderType::Anthropic | ProviderType::Bedrock | ProviderType::Simulator)
        }
    }
}
