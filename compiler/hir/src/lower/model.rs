//! `Model`: governed names, where their requests go and what they cost.

use std::collections::BTreeMap;

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::Spanned;
use maasc_syntax::ast::{self, Kind, Spec};

use super::{Cover, Lowering, Subject, text};
use crate::hir::{Model, OnDisconnect, Price, Stage, UpstreamLine};
use crate::ids::{ModelId, ProviderId, TeamId};
use crate::rules::{parameter_bounds, price_dates};
use crate::units::{Duration, Money};

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Model> {
    let subjects = lowering.subjects(Kind::Model);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Model(spec) = &subject.document.spec else { return None };
        Some(model(lowering, subject, spec))
    });
    lowered.collect()
}

fn model<'a>(lowering: &mut Lowering<'a>, subject: Subject<'a>, spec: &'a ast::Model) -> Model {
    let name = &subject.document.metadata.name;
    let owner = spec.owner.as_ref().and_then(|owner| lowering.resolve(subject, Kind::Team, owner, Cover::Any));
    let replaced_by = spec.lifecycle.replaced_by.as_ref();
    let replaced_by = replaced_by.and_then(|other| lowering.resolve(subject, Kind::Model, other, Cover::Any));
    let endpoints = match &spec.endpoints {
        Some(written) => lowering.without_repeats(written.clone(), |endpoint: &Endpoint| endpoint.name().to_owned()),
        None => vec![Spanned::new(Endpoint::Chat, name.span)],
    };
    let retry = spec.retry.as_ref();
    let attempts: Option<Spanned<u32>> =
        retry.and_then(|retry| lowering.bounded(subject, retry.attempts.as_ref(), (1, 10)));
    let retry_on = match retry {
        Some(retry) if !retry.on.is_empty() => words(lowering, &retry.on),
        _ => vec!["connect".to_owned()],
    };
    let first_byte = lowering.duration(subject, spec.timeouts.first_byte.as_ref());
    let total = lowering.duration(subject, spec.timeouts.total.as_ref());
    let display_name = text(spec.display_name.as_ref());
    Model {
        header: lowering.header(subject),
        display_name: if display_name.is_empty() { name.value.clone() } else { display_name },
        description: text(spec.description.as_ref()),
        tags: spec.tags.iter().map(|tag| tag.value.clone()).collect(),
        owner: owner.map(|id| id.map(TeamId)),
        aliases: lowering.without_repeats(spec.aliases.clone(), String::clone),
        endpoints,
        hidden: spec.hidden.as_ref().is_some_and(|hidden| hidden.value),
        exposure: spec.exposure.as_ref().map(|exposure| exposure.value).unwrap_or_default(),
        data_class: spec.data_class.as_ref().map(|class| class.value).unwrap_or_default(),
        stage: spec.lifecycle.stage.clone().unwrap_or_else(|| Spanned::new(Stage::Approved, name.span)),
        retires_at: lowering.time(subject, spec.lifecycle.retires_at.as_ref()),
        replaced_by: replaced_by.map(|id| id.map(ModelId)),
        capabilities: words(lowering, &spec.capabilities),
        context_window: lowering.count(subject, spec.context_window.as_ref()),
        max_output_tokens: lowering.bounded(subject, spec.max_output_tokens.as_ref(), (1, u64::from(u32::MAX))),
        prices: prices(lowering, subject, &spec.price),
        upstreams: upstreams(lowering, subject, &spec.upstreams),
        first_byte_timeout: first_byte.map_or(Duration(30_000), |timeout| timeout.value),
        total_timeout: total.map_or(Duration(300_000), |timeout| timeout.value),
        attempts: attempts.map_or(1, |attempts| attempts.value),
        retry_on,
        on_disconnect: spec.on_disconnect.as_ref().map_or(OnDisconnect::Drain, |written| written.value),
        parameters: parameters(lowering, subject, &spec.parameters),
    }
}

fn words(lowering: &mut Lowering<'_>, written: &[ast::Text]) -> Vec<String> {
    let words = lowering.without_repeats(written.to_vec(), String::clone);
    words.into_iter().map(|word| word.value).collect()
}

fn prices(lowering: &mut Lowering<'_>, subject: Subject<'_>, written: &[ast::Price]) -> Vec<Price> {
    let mut prices: Vec<Price> = Vec::with_capacity(written.len());
    for entry in written {
        let from = entry.from.as_ref().map(|from| lowering.time(subject, Some(from)));
        let input = lowering.money(subject, Some(&entry.input));
        let cached_input = lowering.money(subject, entry.cached_input.as_ref());
        let output = lowering.money(subject, entry.output.as_ref());
        let (Some(input), false) = (input, from.as_ref().is_some_and(Option::is_none)) else { continue };
        prices.push(Price {
            span: entry.span,
            from: from.flatten().map(|from| from.value),
            input: input.value,
            cached_input: cached_input.map_or(input.value, |money| money.value),
            output: output.map_or(Money(0), |money| money.value),
        });
    }
    prices.sort_by_key(|price| (price.from, price.span));
    for finding in price_dates::check(&prices) {
        lowering.acc.push(finding);
        lowering.mark_broken(subject);
    }
    prices.dedup_by_key(|price| price.from);
    prices
}

fn upstreams<'a>(
    lowering: &mut Lowering<'a>,
    subject: Subject<'a>,
    written: &'a [ast::UpstreamLine],
) -> Vec<UpstreamLine> {
    let mut lines: Vec<UpstreamLine> = Vec::with_capacity(written.len());
    for line in written {
        let provider = lowering.resolve(subject, Kind::Provider, &line.provider, Cover::Any);
        let weight: Option<Spanned<u16>> = lowering.bounded(subject, line.weight.as_ref(), (0, u64::from(u16::MAX)));
        let tier: Option<Spanned<u8>> = lowering.bounded(subject, line.fallback.as_ref(), (1, u64::from(u8::MAX)));
        let Some(provider) = provider else { continue };
        let name = line.model.as_ref().unwrap_or(&subject.document.metadata.name);
        lines.push(UpstreamLine {
            span: line.span,
            provider: provider.map(ProviderId),
            model: name.value.clone(),
            weight: weight.map_or(1, |weight| weight.value),
            tier: tier.map_or(0, |tier| tier.value),
        });
    }
    lines.sort_by_key(|line| line.tier);
    lines
}

fn parameters(
    lowering: &mut Lowering<'_>,
    subject: Subject<'_>,
    written: &ast::Entries<ast::ParameterBounds>,
) -> BTreeMap<String, ast::ParameterBounds> {
    let mut parameters = BTreeMap::new();
    for (name, bounds) in written {
        match parameter_bounds::check(name, bounds) {
            None => {
                parameters.insert(name.value.clone(), bounds.clone());
            }
            Some(finding) => {
                lowering.acc.push(finding);
                lowering.mark_broken(subject);
            }
        }
    }
    parameters
}
