//! Policies for tests, written by hand and lowered with a layout that a seed shuffles.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Scope};
use maas_schemas::bundle::{OnStoreFailure, ProviderType};
use maasc_diagnostics::{FileId, Span, Spanned};
use maasc_hir::hir::{self, DataClass, Exceed, Exposure, Hir, OnDisconnect, Stage, ast};
use maasc_hir::ids::{
    GatewayId, IdentityProviderId, ModelId, ProviderId, QuotaId, RequirementId, SubscriptionId, TeamId,
};
use maasc_hir::units::{Duration, Money, Time, Window};

use crate::Built;

pub(crate) const HOUR: Window = Window::Fixed(3_600);

/// A whole policy; every list is in no order that means something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) gateways: Vec<&'static str>,
    pub(crate) ceilings: Vec<Line>,
    pub(crate) teams: Vec<Team>,
    pub(crate) providers: Vec<(String, &'static str)>,
    pub(crate) models: Vec<Model>,
    pub(crate) quotas: Vec<(String, Vec<Line>)>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) roles: Vec<(&'static str, Vec<String>, Vec<String>)>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) approvals: Vec<Approval>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Team {
    pub(crate) name: String,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) gateways: Option<Vec<&'static str>>,
    pub(crate) parent: Option<String>,
    pub(crate) owners: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) users: Vec<String>,
    pub(crate) accounts: Vec<String>,
    pub(crate) cost_centre: Option<&'static str>,
    pub(crate) limits: Vec<Line>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) gateways: Option<Vec<&'static str>>,
    pub(crate) owner: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) hidden: bool,
    pub(crate) exposure: Exposure,
    pub(crate) data_class: DataClass,
    pub(crate) stage: Stage,
    pub(crate) retires_at: Option<i64>,
    pub(crate) max_output_tokens: Option<u32>,
    /// Input, cached input, output, in units of the currency per million tokens.
    pub(crate) price: Option<(u64, u64, u64)>,
    pub(crate) upstreams: Vec<(String, u16, u8)>,
    pub(crate) description: &'static str,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Subscription {
    pub(crate) name: String,
    pub(crate) gateways: Option<Vec<&'static str>>,
    pub(crate) teams: Vec<String>,
    pub(crate) users: Vec<String>,
    pub(crate) models: Vec<String>,
    pub(crate) endpoints: Option<Vec<Endpoint>>,
    pub(crate) quota: Option<String>,
    pub(crate) limits: Vec<Line>,
    pub(crate) per_model: Vec<(String, Vec<Line>)>,
    pub(crate) priority: i32,
    pub(crate) starts_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) shorten: bool,
    pub(crate) purpose: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    pub(crate) name: &'static str,
    pub(crate) when: &'static str,
    pub(crate) reads: Vec<&'static str>,
    pub(crate) role: &'static str,
    pub(crate) not_by_owner: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Approval {
    pub(crate) name: &'static str,
    pub(crate) model: Option<&'static str>,
    pub(crate) subscription: Option<&'static str>,
    pub(crate) requirement: &'static str,
    pub(crate) by: &'static str,
    pub(crate) role: &'static str,
    pub(crate) expires_at: Option<i64>,
    pub(crate) digest: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) measure: Measure,
    pub(crate) count: Count,
    pub(crate) amount: u64,
    pub(crate) window: Window,
    pub(crate) scope: Scope,
    pub(crate) over: Over,
}

pub(crate) const fn tokens(amount: u64, window: Window, scope: Scope) -> Line {
    Line { measure: Measure::Tokens, count: Count::Total, amount, window, scope, over: Over::Model }
}

pub(crate) const fn cost(units: u64, window: Window, scope: Scope) -> Line {
    let amount = units * 1_000_000_000;
    Line { measure: Measure::Cost, count: Count::None, amount, window, scope, over: Over::Model }
}

impl Line {
    pub(crate) const fn over(self, over: Over) -> Self {
        Self { over, ..self }
    }

    pub(crate) const fn count(self, count: Count) -> Self {
        Self { count, ..self }
    }

    pub(crate) const fn ceiling(self) -> Self {
        self.over(Over::Everything)
    }
}

pub(crate) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A policy to start from: payments and marketing, two models, one standard subscription.
pub(crate) fn acme() -> Policy {
    let model = |name: &str| Model {
        name: name.to_owned(),
        endpoints: vec![Endpoint::Chat],
        price: Some((2, 1, 10)),
        upstreams: vec![("azure".to_owned(), 1, 0)],
        ..Model::default()
    };
    let team = |name: &str| Team { name: name.to_owned(), groups: vec![format!("corp:{name}")], ..Team::default() };
    Policy {
        teams: vec![team("payments"), team("marketing")],
        providers: vec![("azure".to_owned(), "us"), ("local".to_owned(), "eu")],
        models: vec![model("gpt-4o"), model("llama")],
        subscriptions: vec![Subscription {
            name: "standard".to_owned(),
            teams: strings(&["payments"]),
            models: strings(&["gpt-4o"]),
            limits: vec![tokens(1_000, HOUR, Scope::Team)],
            ..Subscription::default()
        }],
        ..Policy::default()
    }
}

/// Shuffles lists and makes up places.
struct Layout {
    state: u64,
}

impl Layout {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.state;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn span(&mut self) -> Span {
        let start = u32::try_from(self.below(10_000)).unwrap();
        Span { file: FileId(u32::try_from(self.below(5)).unwrap()), start, end: start + 4 }
    }

    fn spanned<T>(&mut self, value: T) -> Spanned<T> {
        Spanned::new(value, self.span())
    }

    fn shuffled<T: Clone>(&mut self, values: &[T]) -> Vec<T> {
        let mut values = values.to_vec();
        for index in (1..values.len()).rev() {
            values.swap(index, self.below(index + 1));
        }
        values
    }

    fn texts(&mut self, texts: &[String]) -> Vec<Spanned<String>> {
        self.shuffled(texts).into_iter().map(|text| self.spanned(text)).collect()
    }

    fn people(&mut self, texts: &[String]) -> Vec<Spanned<hir::Person>> {
        self.shuffled(texts).into_iter().map(|text| self.person(&text)).collect()
    }

    fn person(&mut self, text: &str) -> Spanned<hir::Person> {
        self.spanned(hir::Person { provider: IdentityProviderId(0), text: text.to_owned() })
    }

    fn header(&mut self, name: &str, labels: &[(&str, &str)], gateways: Option<Vec<GatewayId>>) -> hir::Header {
        hir::Header {
            name: self.spanned(name.to_owned()),
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            gateways: gateways.map(|ids| ids.into_iter().map(|id| self.spanned(id)).collect()),
            span: self.span(),
        }
    }

    fn limits(&mut self, lines: &[Line]) -> Vec<hir::Limit> {
        let lines = self.shuffled(lines);
        let limit = |line: Line| hir::Limit {
            span: self.span(),
            measure: self.spanned(line.measure),
            amount: self.spanned(line.amount),
            window: self.spanned(line.window),
            scope: self.spanned(line.scope),
            over: line.over,
            count: line.count,
        };
        lines.into_iter().map(limit).collect()
    }
}

/// Sorted names: an arena.
struct Names(Vec<String>);

impl Names {
    fn of<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        let mut names: Vec<String> = names.cloned().collect();
        names.sort();
        Self(names)
    }

    fn id(&self, name: &str) -> u32 {
        u32::try_from(self.0.iter().position(|known| known == name).unwrap_or_else(|| panic!("no `{name}`"))).unwrap()
    }
}

impl Policy {
    /// Lowers the policy as if its documents and lists were written in another order for each seed.
    pub(crate) fn hir(&self, seed: u64) -> Hir {
        let mut layout = Layout { state: seed };
        let gateway_names = Names::of(self.gateways.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().iter());
        let environments = |names: &Option<Vec<&'static str>>| {
            names.as_ref().map(|names| names.iter().map(|name| GatewayId(gateway_names.id(name))).collect::<Vec<_>>())
        };
        let team_names = Names::of(self.teams.iter().map(|team| &team.name));
        let provider_names = Names::of(self.providers.iter().map(|(name, _)| name));
        let model_names = Names::of(self.models.iter().map(|model| &model.name));
        let quota_names = Names::of(self.quotas.iter().map(|(name, _)| name));
        let subscription_names = Names::of(self.subscriptions.iter().map(|subscription| &subscription.name));
        let mut requirements = self.requirements.clone();
        requirements.sort_by_key(|requirement| requirement.name);

        let mut gateways: Vec<hir::Gateway> = gateway_names
            .0
            .iter()
            .map(|name| hir::Gateway {
                header: layout.header(name, &[], None),
                target: hir::Target::Standalone,
                enforcement: hir::Enforcement::MaasGateway,
                settings: ast::Gateway::default(),
            })
            .collect();
        if gateways.is_empty() {
            gateways.push(hir::Gateway {
                header: layout.header("default", &[], None),
                target: hir::Target::Standalone,
                enforcement: hir::Enforcement::MaasGateway,
                settings: ast::Gateway::default(),
            });
        }
        let mut teams: Vec<hir::Team> = self
            .teams
            .iter()
            .map(|team| hir::Team {
                header: layout.header(&team.name, &team.labels, environments(&team.gateways)),
                display_name: team.name.clone(),
                parent: team.parent.as_ref().map(|parent| layout.spanned(TeamId(team_names.id(parent)))),
                owners: layout.people(&team.owners),
                groups: layout.texts(&team.groups),
                users: layout.people(&team.users),
                service_accounts: layout.texts(&team.accounts),
                cost_centre: team.cost_centre.map(|text| layout.spanned(text.to_owned())),
                limits: layout.limits(&team.limits),
            })
            .collect();
        teams.sort_by(|a, b| a.header.name.value.cmp(&b.header.name.value));
        let mut providers: Vec<hir::Provider> =
            self.providers.iter().map(|(name, region)| provider(&mut layout, name, region)).collect();
        providers.sort_by(|a, b| a.header.name.value.cmp(&b.header.name.value));
        let mut models: Vec<hir::Model> = self
            .models
            .iter()
            .map(|source| {
                let gateways = environments(&source.gateways);
                model(&mut layout, source, gateways, &team_names, &provider_names)
            })
            .collect();
        models.sort_by(|a, b| a.header.name.value.cmp(&b.header.name.value));
        let mut quotas: Vec<hir::Quota> = self
            .quotas
            .iter()
            .map(|(name, lines)| hir::Quota {
                header: layout.header(name, &[], None),
                display_name: name.clone(),
                limits: layout.limits(lines),
            })
            .collect();
        quotas.sort_by(|a, b| a.header.name.value.cmp(&b.header.name.value));
        let mut subscriptions: Vec<hir::Subscription> = self
            .subscriptions
            .iter()
            .map(|source| {
                let gateways = environments(&source.gateways);
                subscription(&mut layout, source, gateways, (&team_names, &model_names, &quota_names))
            })
            .collect();
        subscriptions.sort_by(|a, b| a.header.name.value.cmp(&b.header.name.value));
        let requirement_names = Names(requirements.iter().map(|requirement| requirement.name.to_owned()).collect());
        let approvals = self.approvals.iter().map(|approval| hir::Approval {
            header: layout.header(approval.name, &[], None),
            model: approval.model.map(|model| layout.spanned(ModelId(model_names.id(model)))),
            subscription: approval.subscription.map(|name| layout.spanned(SubscriptionId(subscription_names.id(name)))),
            requirement: layout.spanned(RequirementId(requirement_names.id(approval.requirement))),
            approved_by: layout.person(approval.by),
            role: layout.spanned(approval.role.to_owned()),
            date: layout.spanned(Time(0)),
            expires_at: approval.expires_at.map(|time| layout.spanned(Time(time))),
            ticket: String::new(),
            digest: approval.digest.clone().map(|text| layout.spanned(text)),
        });
        let mut approvals: Vec<hir::Approval> = approvals.collect();
        approvals.sort_by(|a, b| a.header.name.value.cmp(&b.header.name.value));
        let organization = self.organization(&mut layout, &requirements, &team_names);
        Hir {
            organization,
            gateways,
            teams,
            providers,
            models,
            quotas,
            subscriptions,
            approvals,
            invariants: Vec::new(),
            policy_tests: Vec::new(),
        }
    }

    fn organization(&self, layout: &mut Layout, requirements: &[Requirement], teams: &Names) -> hir::Organization {
        let roles = self.roles.iter().map(|(name, role_teams, users)| {
            let role_teams = layout.shuffled(role_teams);
            let role = hir::Role {
                span: layout.span(),
                teams: role_teams.iter().map(|team| layout.spanned(TeamId(teams.id(team)))).collect(),
                users: layout.people(users),
            };
            ((*name).to_owned(), role)
        });
        let roles: BTreeMap<String, hir::Role> = roles.collect();
        hir::Organization {
            header: layout.header("acme", &[], None),
            display_name: "Acme".to_owned(),
            currency: "USD".to_owned(),
            time_zone: "UTC".to_owned(),
            identity_providers: Vec::new(),
            limits: layout.limits(&self.ceilings),
            roles,
            requirements: requirements
                .iter()
                .map(|requirement| hir::Requirement {
                    span: layout.span(),
                    name: layout.spanned(requirement.name.to_owned()),
                    when: hir::Expression {
                        text: layout.spanned(requirement.when.to_owned()),
                        reads: strings(&requirement.reads),
                    },
                    role: layout.spanned(requirement.role.to_owned()),
                    not_by_owner: requirement.not_by_owner,
                    per_model: requirement.reads.iter().all(|path| path.starts_with("model")),
                })
                .collect(),
            change_budget: hir::ChangeBudget::default(),
            rules: BTreeMap::new(),
            packs: Vec::new(),
            administrator_groups: Vec::new(),
            on_store_failure: OnStoreFailure::default(),
            data_regions: BTreeMap::new(),
        }
    }

    /// Builds the first environment as of 1970.
    pub(crate) fn build(&self) -> Built {
        self.build_with(0, 0)
    }

    pub(crate) fn build_with(&self, seed: u64, gateway: u32) -> Built {
        let (built, findings) = crate::build(&self.hir(seed), GatewayId(gateway), Time(0));
        assert!(findings.is_empty(), "{findings:?}");
        built
    }
}

fn provider(layout: &mut Layout, name: &str, region: &str) -> hir::Provider {
    hir::Provider {
        header: layout.header(name, &[], None),
        kind: layout.spanned(ProviderType::Vllm),
        display_name: name.to_owned(),
        endpoint: layout.spanned(format!("http://{name}")),
        credential: None,
        region: layout.spanned(region.to_owned()),
        tls: ast::ProviderTls::default(),
        health: None,
        headers: BTreeMap::new(),
        azure_api_version: String::new(),
        bedrock_region: String::new(),
        kserve: None,
        simulator: hir::Simulator::default(),
        limits: Vec::new(),
        data_classes: DataClass::ALL.iter().map(|(class, _)| *class).collect(),
    }
}

fn model(
    layout: &mut Layout,
    source: &Model,
    gateways: Option<Vec<GatewayId>>,
    teams: &Names,
    providers: &Names,
) -> hir::Model {
    let money = |units: u64| Money(units * 1_000_000_000);
    hir::Model {
        header: layout.header(&source.name, &source.labels, gateways),
        display_name: source.name.clone(),
        description: source.description.to_owned(),
        tags: Vec::new(),
        owner: source.owner.as_ref().map(|owner| layout.spanned(TeamId(teams.id(owner)))),
        aliases: layout.texts(&source.aliases),
        endpoints: source.endpoints.iter().map(|endpoint| layout.spanned(*endpoint)).collect(),
        hidden: source.hidden,
        exposure: source.exposure,
        data_class: source.data_class,
        stage: layout.spanned(source.stage),
        retires_at: source.retires_at.map(|time| layout.spanned(Time(time))),
        replaced_by: None,
        capabilities: Vec::new(),
        context_window: None,
        max_output_tokens: source.max_output_tokens.map(|tokens| layout.spanned(tokens)),
        prices: source
            .price
            .iter()
            .map(|(input, cached_input, output)| hir::Price {
                span: layout.span(),
                from: None,
                input: money(*input),
                cached_input: money(*cached_input),
                output: money(*output),
            })
            .collect(),
        upstreams: layout
            .shuffled(&source.upstreams)
            .into_iter()
            .map(|(provider, weight, tier)| hir::UpstreamLine {
                span: layout.span(),
                provider: layout.spanned(ProviderId(providers.id(&provider))),
                model: source.name.clone(),
                weight,
                tier,
            })
            .collect(),
        first_byte_timeout: Duration(30_000),
        total_timeout: Duration(300_000),
        attempts: 1,
        retry_on: strings(&["connect"]),
        on_disconnect: OnDisconnect::Drain,
        parameters: BTreeMap::new(),
    }
}

fn subscription(
    layout: &mut Layout,
    source: &Subscription,
    gateways: Option<Vec<GatewayId>>,
    (teams, models, quotas): (&Names, &Names, &Names),
) -> hir::Subscription {
    let mut team_ids: Vec<u32> = source.teams.iter().map(|team| teams.id(team)).collect();
    team_ids.sort_unstable();
    let mut model_ids: Vec<u32> = source.models.iter().map(|model| models.id(model)).collect();
    model_ids.sort_unstable();
    hir::Subscription {
        header: layout.header(&source.name, &[], gateways),
        teams: team_ids.into_iter().map(|id| layout.spanned(TeamId(id))).collect(),
        users: layout.people(&source.users),
        models: model_ids.into_iter().map(|id| layout.spanned(ModelId(id))).collect(),
        endpoints: source
            .endpoints
            .as_ref()
            .map(|endpoints| layout.shuffled(endpoints).into_iter().map(|value| layout.spanned(value)).collect()),
        quota: source.quota.as_ref().map(|quota| layout.spanned(QuotaId(quotas.id(quota)))),
        limits: layout.limits(&source.limits),
        per_model: layout
            .shuffled(&source.per_model)
            .into_iter()
            .map(|(model, lines)| hir::PerModel {
                span: layout.span(),
                model: layout.spanned(ModelId(models.id(&model))),
                limits: layout.limits(&lines),
            })
            .collect(),
        priority: layout.spanned(source.priority),
        starts_at: source.starts_at.map(|time| layout.spanned(Time(time))),
        expires_at: source.expires_at.map(|time| layout.spanned(Time(time))),
        purpose: source.purpose.to_owned(),
        cost_centre: None,
        max_key_lifetime: None,
        max_keys_per_user: None,
        unlimited: None,
        exceed: if source.shorten { Exceed::Shorten } else { Exceed::Refuse },
    }
}
