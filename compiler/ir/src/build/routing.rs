//! What is asked for and where it goes: models, providers, upstreams, prices.

use std::collections::BTreeMap;

use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::{
    Fault, Health, ObjectRef, Parameter, Price, PriceList, Provider, ProviderTls, ProviderType, Simulator, Upstream,
};
use maas_schemas::decision::UpstreamChoice;
use maasc_hir::hir::{self, Hir, OnDisconnect, Stage};
use maasc_hir::ids::{ModelId, ProviderId};

use super::gateway::{secret, sorted};
use super::identity::data_class;
use super::tables::View;
use crate::ir::{ALWAYS, Model, NEVER, RuleId};
use crate::provenance::Rules;

/// The models of one environment and where they go.
#[derive(Clone, Debug, Default)]
pub(super) struct Routing<'a> {
    pub(super) models: Vec<Model>,
    /// By number of the model.
    pub(super) sources: Vec<&'a hir::Model>,
    pub(super) providers: Vec<Provider>,
    pub(super) upstreams: Vec<Upstream>,
    pub(super) routes: Vec<Vec<UpstreamChoice>>,
    pub(super) prices: Vec<PriceList>,
    /// By position in the resolved model.
    numbers: Vec<Option<u32>>,
    /// By number.
    ids: Vec<ModelId>,
}

impl Routing<'_> {
    /// Returns the number of a model, if callers can meet it in this environment.
    pub(super) fn number(&self, model: ModelId) -> Option<u32> {
        self.numbers.get(model.index()).copied().flatten()
    }

    /// Returns the document of a model.
    pub(super) fn id(&self, number: u32) -> Option<ModelId> {
        self.ids.get(number as usize).copied()
    }
}

/// Returns the models of an environment without drafts, by name.
pub(super) fn routing<'a>(hir: &'a Hir, view: View, rules: &mut Rules) -> Routing<'a> {
    let is_met = |model: &hir::Model| view.has(&model.header) && model.stage.value != Stage::Draft;
    let mut present: Vec<(&hir::Model, usize)> =
        hir.models.iter().zip(0..).filter(|(model, _)| is_met(model)).collect();
    present.sort_by(|a, b| a.0.header.name.value.cmp(&b.0.header.name.value));
    let mut routing = Routing { numbers: vec![None; hir.models.len()], ..Routing::default() };
    for ((_, position), number) in present.iter().zip(0..) {
        if let Some(place) = routing.numbers.get_mut(*position) {
            *place = Some(number);
        }
        routing.ids.push(ModelId(u32::try_from(*position).unwrap_or(u32::MAX)));
    }
    routing.sources = present.into_iter().map(|(model, _)| model).collect();

    let lines = |model: &'a hir::Model| {
        let provider = |line: &'a hir::UpstreamLine| Some((line, hir.providers.get(line.provider.value.index())?));
        model.upstreams.iter().filter_map(provider).filter(|(_, provider)| view.has(&provider.header))
    };
    let used: BTreeMap<&str, (ProviderId, &hir::Provider)> = routing
        .sources
        .iter()
        .flat_map(|model| lines(model))
        .map(|(line, provider)| (provider.header.name.value.as_str(), (line.provider.value, provider)))
        .collect();
    routing.providers = used.values().map(|(_, provider)| self::provider(provider)).collect();
    let provider_numbers: BTreeMap<ProviderId, u32> = used.values().map(|(id, _)| *id).zip(0..).collect();
    let upstream = |line: &hir::UpstreamLine| Upstream {
        provider: provider_numbers.get(&line.provider.value).copied().unwrap_or(u32::MAX),
        model: line.model.clone(),
    };
    routing.upstreams = sorted(routing.sources.iter().flat_map(|model| lines(model)).map(|(line, _)| upstream(line)));
    routing.prices = sorted(routing.sources.iter().filter_map(|model| price_list(model)));

    let names = routing.sources.iter().map(|model| model.header.name.value.as_str());
    let mut taken: BTreeMap<&str, ()> = names.map(|name| (name, ())).collect();
    for source in &routing.sources {
        let aliases = sorted(source.aliases.iter().map(|alias| alias.value.as_str()));
        // What names two models is reported elsewhere; here the first by name keeps it, so that a name is never unclear.
        let aliases: Vec<&str> = aliases.into_iter().filter(|alias| taken.insert(*alias, ()).is_none()).collect();
        let document = format!("Model/{}", source.header.name.value);
        let rule = rules.add(source.header.name.span, &document);
        let mut choices: Vec<(&hir::UpstreamLine, UpstreamChoice)> = lines(source)
            .map(|(line, _)| {
                let number = routing.upstreams.binary_search(&upstream(line)).unwrap_or(usize::MAX);
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                (line, UpstreamChoice { upstream: number, weight: line.weight, tier: line.tier, flags: 0, rule: 0 })
            })
            .collect();
        choices.sort_by_key(|(line, choice)| (choice.tier, u16::MAX - choice.weight, choice.upstream, line.span));
        for (line, choice) in &mut choices {
            choice.rule = rules.add(line.span, &document);
        }
        let used = choices.iter().filter_map(|(line, _)| hir.providers.get(line.provider.value.index()));
        let used: Vec<&hir::Provider> = used.collect();
        let model = model(hir, source, &used, rule);
        routing.models.push(Model {
            aliases: aliases.into_iter().map(str::to_owned).collect(),
            route: u32::try_from(routing.routes.len()).unwrap_or(u32::MAX),
            price: price_list(source)
                .and_then(|prices| routing.prices.binary_search(&prices).ok())
                .and_then(|number| u32::try_from(number).ok()),
            replaced_by: source
                .replaced_by
                .as_ref()
                .filter(|other| routing.number(other.value).is_some())
                .and_then(|other| hir.models.get(other.value.index()))
                .map_or_else(String::new, |other| other.header.name.value.clone()),
            ..model
        });
        routing.routes.push(choices.into_iter().map(|(_, choice)| choice).collect());
    }
    routing
}

/// Returns what a model says of itself.
fn model(hir: &Hir, source: &hir::Model, providers: &[&hir::Provider], rule: RuleId) -> Model {
    let owner = source.owner.as_ref().and_then(|owner| hir.teams.get(owner.value.index()));
    let bounds = |bounds: &hir::ast::ParameterBounds| Parameter {
        min: bounds.min.as_ref().map(|text| text.value.clone()),
        max: bounds.max.as_ref().map(|text| text.value.clone()),
        default: bounds.default.as_ref().map(|text| text.value.clone()),
    };
    let kserve = providers.iter().filter(|provider| provider.kind.value == ProviderType::Kserve);
    let mut kserve = kserve.filter_map(|provider| provider.kserve.clone());
    Model {
        name: source.header.name.value.clone(),
        aliases: Vec::new(),
        display_name: source.display_name.clone(),
        description: source.description.clone(),
        labels: source.header.labels.clone(),
        tags: sorted(source.tags.clone()),
        capabilities: sorted(source.capabilities.clone()),
        owner: owner.map_or_else(String::new, |team| team.header.name.value.clone()),
        endpoints: endpoint_bits(&source.endpoints),
        first_endpoint: source.endpoints.first().map_or(Endpoint::Chat, |endpoint| endpoint.value).code(),
        hidden: source.hidden,
        exposure: source.exposure.name().to_owned(),
        data_class: data_class(source.data_class),
        stage: source.stage.value.name().to_owned(),
        retires_at_ms: if source.stage.value == Stage::Retired {
            ALWAYS
        } else {
            source.retires_at.as_ref().map_or(NEVER, |time| time.value.0)
        },
        replaced_by: String::new(),
        context_window: source.context_window.as_ref().map_or(0, |tokens| tokens.value),
        max_output_tokens: source.max_output_tokens.as_ref().map_or(0, |tokens| tokens.value),
        price: None,
        route: 0,
        regions: sorted(providers.iter().map(|provider| provider.region.value.clone()).filter(|text| !text.is_empty())),
        providers: sorted(providers.iter().map(|provider| provider.header.name.value.clone())),
        first_byte_timeout_ms: source.first_byte_timeout.0,
        total_timeout_ms: source.total_timeout.0,
        attempts: source.attempts.max(1),
        retry_on: sorted(source.retry_on.clone()),
        on_disconnect: match source.on_disconnect {
            OnDisconnect::Drain => "drain",
            OnDisconnect::Cancel => "cancel",
        }
        .to_owned(),
        parameters: source.parameters.iter().map(|(name, value)| (name.clone(), bounds(value))).collect(),
        kserve: kserve.next().map(|(name, namespace)| ObjectRef { name, namespace }),
        column: 0,
        rule,
    }
}

/// Returns a set of endpoints as bits.
pub(super) fn endpoint_bits(endpoints: &[maasc_diagnostics::Spanned<Endpoint>]) -> u16 {
    endpoints.iter().fold(0, |bits, endpoint| bits | endpoint.bit())
}

fn price_list(model: &hir::Model) -> Option<PriceList> {
    let price = |price: &hir::Price| Price {
        from_ms: price.from.map_or(ALWAYS, |time| time.0),
        input: price.input.0,
        cached_input: price.cached_input.0,
        output: price.output.0,
    };
    let entries = sorted(model.prices.iter().map(price));
    (!entries.is_empty()).then_some(PriceList { entries })
}

fn provider(provider: &hir::Provider) -> Provider {
    let simulator = Simulator {
        latency_ms: provider.simulator.latency.0,
        tokens_per_second: provider.simulator.tokens_per_second,
        faults: provider
            .simulator
            .faults
            .iter()
            .map(|(every, status)| Fault { every: *every, status: *status })
            .collect(),
    };
    Provider {
        name: provider.header.name.value.clone(),
        kind: provider.kind.value,
        endpoint: provider.endpoint.value.clone(),
        credential: provider.credential.as_ref().map(secret),
        region: provider.region.value.clone(),
        headers: provider.headers.clone(),
        tls: ProviderTls {
            ca: provider.tls.ca.as_ref().map(secret),
            server_name: provider.tls.server_name.as_ref().map(|text| text.value.clone()),
            client_certificate: provider.tls.client_certificate.as_ref().map(|text| text.value.clone()),
        },
        health: provider.health.as_ref().map(|(path, interval)| Health { path: path.clone(), interval_ms: interval.0 }),
        azure_api_version: provider.azure_api_version.clone(),
        bedrock_region: provider.bedrock_region.clone(),
        kserve: provider.kserve.clone().map(|(name, namespace)| ObjectRef { name, namespace }),
        simulator: (provider.kind.value == ProviderType::Simulator).then_some(simulator),
        data_classes: provider.data_classes.iter().copied().map(data_class).collect(),
    }
}
