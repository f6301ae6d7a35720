//! A small environment, made by hand, for the tests of this room.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Reason, Scope};
use maas_schemas::bundle::{
    IdentityProvider, OnStoreFailure, Price, PriceList, Provider, ProviderTls, ProviderType, Upstream,
};
use maas_schemas::decision::UpstreamChoice;
use maasc_diagnostics::{FileId, Span};
use maasc_ir::ir::{
    ALWAYS, Access, ChangeBudget, Dns, FORMAT, Gateway, Grant, Ir, Limit, Member, MemberKind, Model, NEVER,
    Organization, OwnerKind, RuleId, Subscription, Team, User, Window,
};
use maasc_ir::{Built, RuleSource};

/// Grows an environment document by document.
pub(crate) struct Fixture {
    pub(crate) built: Built,
    granted: Vec<Granted>,
}

/// What a subscription gives: to which principals, for which models, under which limits.
struct Granted {
    subscription: u32,
    principals: Vec<u32>,
    models: Vec<u32>,
    limits: Vec<u32>,
}

impl Fixture {
    /// Returns an environment for Kuadrant with one OIDC provider and one vLLM server.
    pub(crate) fn new() -> Self {
        let mut fixture = Self { built: Built { ir: empty(), rules: Vec::new() }, granted: Vec::new() };
        fixture.built.ir.organization.rule = fixture.rule("Organization/acme");
        let gateway = fixture.rule("Gateway/prod");
        fixture.built.ir.gateway.rule = gateway;
        fixture.built.ir.gateway.field_rules =
            BTreeMap::from([("enforcement".to_owned(), gateway), ("target".to_owned(), gateway)]);
        fixture
    }

    /// Notes a place.
    pub(crate) fn rule(&mut self, document: &str) -> RuleId {
        let id = u32::try_from(self.built.rules.len()).unwrap();
        let span = Span { file: FileId(0), start: id * 10, end: id * 10 + 5 };
        self.built.rules.push(RuleSource { span, document: document.to_owned() });
        id
    }

    pub(crate) fn provider(&mut self, name: &str, kind: ProviderType, endpoint: &str) -> u32 {
        self.built.ir.providers.push(Provider {
            name: name.to_owned(),
            kind,
            endpoint: endpoint.to_owned(),
            credential: None,
            region: String::new(),
            headers: BTreeMap::new(),
            tls: ProviderTls::default(),
            health: None,
            azure_api_version: String::new(),
            bedrock_region: String::new(),
            kserve: None,
            simulator: None,
            data_classes: Vec::new(),
        });
        u32::try_from(self.built.ir.providers.len() - 1).unwrap()
    }

    pub(crate) fn team(&mut self, name: &str, groups: &[&str]) -> u32 {
        let rule = self.rule(&format!("Team/{name}"));
        self.built.ir.teams.push(Team {
            name: name.to_owned(),
            display_name: String::new(),
            labels: BTreeMap::new(),
            parent: None,
            owners: Vec::new(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            users: Vec::new(),
            service_accounts: Vec::new(),
            cost_centre: String::new(),
            own_ceilings: Vec::new(),
            ceilings: Vec::new(),
            rule,
        });
        u32::try_from(self.built.ir.teams.len() - 1).unwrap()
    }

    /// Adds a user with grants of his own; all teams must be there already.
    pub(crate) fn user(&mut self, name: &str) -> u32 {
        let rule = self.rule("Subscription/guest");
        self.built.ir.users.push(User { name: name.to_owned(), ceilings: Vec::new(), rule });
        u32::try_from(self.built.ir.n_principals() - 1).unwrap()
    }

    /// Adds a model with one upstream of its own name.
    pub(crate) fn model(&mut self, name: &str, provider: u32) -> u32 {
        let ir = &mut self.built.ir;
        ir.upstreams.push(Upstream { provider, model: name.to_owned() });
        let upstream = u32::try_from(ir.upstreams.len() - 1).unwrap();
        let column = u32::try_from(ir.models.len()).unwrap();
        let rule = self.rule(&format!("Model/{name}"));
        let line = self.rule(&format!("Model/{name}"));
        let ir = &mut self.built.ir;
        ir.routes.push(vec![UpstreamChoice { upstream, weight: 1, tier: 0, flags: 0, rule: line }]);
        ir.models.push(Model {
            name: name.to_owned(),
            aliases: Vec::new(),
            display_name: String::new(),
            description: String::new(),
            labels: BTreeMap::new(),
            tags: Vec::new(),
            capabilities: Vec::new(),
            owner: String::new(),
            endpoints: Endpoint::Chat.bit(),
            first_endpoint: Endpoint::Chat.code(),
            hidden: false,
            exposure: "internal".to_owned(),
            data_class: "internal".to_owned(),
            stage: "approved".to_owned(),
            retires_at_ms: NEVER,
            replaced_by: String::new(),
            context_window: 0,
            max_output_tokens: 0,
            price: Some(0),
            route: column,
            regions: Vec::new(),
            providers: Vec::new(),
            first_byte_timeout_ms: 30_000,
            total_timeout_ms: 300_000,
            attempts: 1,
            retry_on: Vec::new(),
            on_disconnect: "drain".to_owned(),
            parameters: BTreeMap::new(),
            kserve: None,
            column,
            rule,
        });
        column
    }

    pub(crate) fn limit(&mut self, document: &str, measure: Measure, amount: u64, window: Window, scope: Scope) -> u32 {
        let rule = self.rule(document);
        let (kind, name) = document.split_once('/').unwrap();
        let owner_kind = match kind {
            "Team" => OwnerKind::Team,
            "Organization" => OwnerKind::Organization,
            _ => OwnerKind::Subscription,
        };
        let ir = &mut self.built.ir;
        ir.limits.push(Limit {
            owner_kind,
            owner: name.to_owned(),
            measure,
            count: if measure == Measure::Tokens { Count::Total } else { Count::None },
            scope,
            over: Over::Model,
            window,
            amount,
            shorten: false,
            key: 0,
            name: 0,
            rule,
        });
        u32::try_from(ir.limits.len() - 1).unwrap()
    }

    pub(crate) fn subscription(&mut self, name: &str, principals: &[u32], models: &[u32], limits: &[u32]) -> u32 {
        let rule = self.rule(&format!("Subscription/{name}"));
        let ir = &mut self.built.ir;
        let index = u32::try_from(ir.subscriptions.len()).unwrap();
        ir.subscriptions.push(Subscription {
            name: name.to_owned(),
            labels: BTreeMap::new(),
            priority: 0,
            starts_at_ms: ALWAYS,
            expires_at_ms: NEVER,
            quota: String::new(),
            principals: principals.to_vec(),
            models: models.to_vec(),
            endpoints: u16::MAX,
            unlimited: String::new(),
            purpose: String::new(),
            cost_centre: String::new(),
            max_key_lifetime_s: 0,
            max_keys_per_user: 0,
            shorten: false,
            rule,
            principal_rules: vec![rule; principals.len()],
            model_rules: vec![rule; models.len()],
        });
        self.granted.push(Granted {
            subscription: index,
            principals: principals.to_vec(),
            models: models.to_vec(),
            limits: limits.to_vec(),
        });
        index
    }

    /// Returns the finished environment: one row for each principal, one column for each model.
    pub(crate) fn build(mut self) -> Built {
        let ir = &mut self.built.ir;
        let mut access = Access { n_columns: u32::try_from(ir.models.len()).unwrap(), ..Access::default() };
        let mut cells: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for Granted { subscription, principals, models, limits } in &self.granted {
            let document = &ir.subscriptions[*subscription as usize];
            for model in models {
                access.grants.push(Grant {
                    subscription: *subscription,
                    from_ms: document.starts_at_ms,
                    until_ms: document.expires_at_ms,
                    before: Reason::NotStarted,
                    after: Reason::Ended,
                    endpoints: ir.models[*model as usize].endpoints & document.endpoints,
                    max_output_tokens: 0,
                    obligations: 0,
                    limits: limits.clone(),
                    approvals: Vec::new(),
                    rule: document.rule,
                });
                let grant = u32::try_from(access.grants.len() - 1).unwrap();
                for principal in principals {
                    cells.entry((*principal, *model)).or_default().push(grant);
                }
            }
        }
        for principal in 0..u32::try_from(ir.n_principals()).unwrap() {
            let mut row = Vec::new();
            for ((_, model), grants) in cells.range((principal, 0)..(principal + 1, 0)) {
                row.push((*model, u32::try_from(access.cells.len()).unwrap()));
                access.cells.push(grants.clone());
            }
            access.row_of.push(principal);
            access.rows.push(row);
        }
        ir.access = access;
        let mut members: BTreeMap<(MemberKind, String), Vec<u32>> = BTreeMap::new();
        for (principal, team) in (0_u32..).zip(&ir.teams) {
            let names = [
                (MemberKind::Group, &team.groups),
                (MemberKind::User, &team.users),
                (MemberKind::ServiceAccount, &team.service_accounts),
            ];
            for (kind, names) in names {
                for name in names {
                    members.entry((kind, name.clone())).or_default().push(principal);
                }
            }
        }
        ir.members = members.into_iter().map(|((kind, name), principals)| Member { kind, name, principals }).collect();
        ir.n_rules = u32::try_from(self.built.rules.len()).unwrap();
        self.built
    }
}

/// Returns two teams, one model and one subscription; the base of most tests.
pub(crate) fn small() -> Fixture {
    let mut fixture = Fixture::new();
    let vllm = fixture.provider("vllm", ProviderType::Vllm, "http://llama.maas-models.svc.cluster.local:8000/v1");
    let search = fixture.team("search", &["corp:acme-search"]);
    let risk = fixture.team("risk", &["corp:acme-risk", "partners:risk"]);
    let llama = fixture.model("llama", vllm);
    let hour = fixture.limit("Subscription/everyday", Measure::Tokens, 250_000, Window::Fixed(3_600), Scope::Team);
    fixture.subscription("everyday", &[search, risk], &[llama], &[hour]);
    fixture
}

fn empty() -> Ir {
    let provider = |name: &str, subject: &str| IdentityProvider {
        name: name.to_owned(),
        preset: "generic".to_owned(),
        issuer: format!("https://{name}.example/realms/acme"),
        audiences: vec!["maas".to_owned()],
        subject_claim: subject.to_owned(),
        groups_claim: "groups".to_owned(),
    };
    Ir {
        format: FORMAT.to_owned(),
        at_ms: 1_795_000_000_000,
        gateway: Gateway {
            name: "prod".to_owned(),
            target: "kuadrant-1.5".to_owned(),
            enforcement: "kuadrant".to_owned(),
            class_name: "istio".to_owned(),
            gateway_namespace: "maas-gateways".to_owned(),
            models_namespace: "maas-models".to_owned(),
            kuadrant_namespace: "kuadrant-system".to_owned(),
            hostnames: vec!["maas.acme.example".to_owned()],
            tls_issuer: Some(("ClusterIssuer".to_owned(), "letsencrypt".to_owned())),
            dns: Some(Dns { provider_secret: "aws-dns".to_owned(), geo: "EU".to_owned(), default_geo: true }),
            clusters: Vec::new(),
            replicas: 2,
            valkey: None,
            postgres: None,
            accept: Vec::new(),
            image: String::new(),
            bundle_oci: String::new(),
            external_secrets_store: String::new(),
            gitops: None,
            rule: 0,
            field_rules: BTreeMap::new(),
        },
        organization: Organization {
            name: "acme".to_owned(),
            display_name: String::new(),
            currency: "USD".to_owned(),
            time_zone: "UTC".to_owned(),
            administrators: Vec::new(),
            on_store_failure: OnStoreFailure::Share,
            ceilings: Vec::new(),
            data_regions: BTreeMap::new(),
            change_budget: ChangeBudget::default(),
            rule: 0,
        },
        identity_providers: vec![provider("corp", "email"), provider("partners", "sub")],
        teams: Vec::new(),
        users: Vec::new(),
        members: Vec::new(),
        models: Vec::new(),
        subscriptions: Vec::new(),
        access: Access::default(),
        limits: Vec::new(),
        names: vec![String::new()],
        providers: Vec::new(),
        upstreams: Vec::new(),
        routes: Vec::new(),
        prices: vec![PriceList {
            entries: vec![Price {
                from_ms: ALWAYS,
                input: 2_500_000_000,
                cached_input: 1_250_000_000,
                output: 10_000_000_000,
            }],
        }],
        approvals: Vec::new(),
        n_rules: 0,
    }
}
