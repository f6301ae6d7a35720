//! Providers of several models: Kuadrant does not read which one a request names.

use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};
use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0726",
    name: "model-unchecked",
    summary: "a provider of several models where the model in a request is not read",
    level: Level::Error,
    page: include_str!("model_unchecked.md"),
};

/// Reports models whose provider may answer for another one.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let mut models: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for upstream in &facts.ir.upstreams {
        if let Some(provider) = facts.ir.providers.get(upstream.provider as usize) {
            models.entry(&provider.name).or_default().insert(&upstream.model);
        }
    }
    for route in &facts.routes {
        let Some(first) = route.destinations.first() else { continue };
        let several = models.get(first.provider.name.as_str()).is_some_and(|models| models.len() > 1);
        let is_one_server = matches!(first.provider.kind, ProviderType::Vllm | ProviderType::Kserve);
        if is_one_server && !several {
            continue;
        }
        let (name, provider) = (&route.model.name, &first.provider.name);
        let message = format!("callers of `{name}` can name another model of provider `{provider}`");
        let finding = Diagnostic::new(&RULE, facts.span(route.model.rule), message)
            .label("Kuadrant decides by the path and never reads `model` in the request")
            .help("give each model a server or an account of its own, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
