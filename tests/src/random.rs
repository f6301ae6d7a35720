//! Random decision tables and requests: valid by construction, small enough to meet every corner often.
//!
//! Everything is a function of a seed, so that a failure names the seed and nothing else is needed to see it again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a harness fails loudly")]

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Reason, Scope};
use maas_schemas::bundle::{OnStoreFailure, Price, PriceList, Provider, ProviderTls, ProviderType, Upstream};
use maas_schemas::decision::{Request, UpstreamChoice};
use maasc_ir::ir::{
    ALWAYS, Access, ChangeBudget, FORMAT, Gateway, Grant, Ir, Limit, Member, MemberKind, Model, NEVER, Organization,
    OwnerKind, Subscription, Team, User, Window,
};

/// The time around which everything begins and ends.
pub const NOW: i64 = 1_764_547_200_000;

/// A generator of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Returns the generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() % (n.max(1) as u64)).unwrap()
    }

    /// Returns a number from `least` to `most`.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// Says yes so many times out of a hundred.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    /// Returns one of several.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.below(items.len());
        items.get(index)
    }

    /// Returns one of the numbers below `n` as an index.
    pub fn index(&mut self, n: usize) -> u32 {
        u32::try_from(self.below(n)).unwrap()
    }
}

/// Returns so many distinct names, sorted. They are short and alike, so that look-ups come close to one another.
fn names(random: &mut Random, n: usize, prefix: &str, taken: &mut BTreeSet<String>) -> Vec<String> {
    let mut found = BTreeSet::new();
    while found.len() < n {
        let length = if random.percent(5) { random.between(20, 70) } else { random.between(1, 12) };
        let text: String = (0..length).map(|_| *random.pick(&['a', 'b', '-', '0', 'é']).unwrap()).collect();
        let name = format!("{prefix}{text}");
        if taken.insert(name.clone()) {
            found.insert(name);
        }
    }
    found.into_iter().collect()
}

fn subset(random: &mut Random, n: usize, most: usize) -> Vec<u32> {
    let k = random.below(most.min(n) + 1);
    (0..k).map(|_| random.index(n)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// How large a table is.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    teams: usize,
    users: usize,
    models: usize,
    columns: usize,
    rows: usize,
    subscriptions: usize,
    grants: usize,
    limits: usize,
}

impl Sizes {
    fn new(random: &mut Random) -> Self {
        match random.below(10) {
            0..4 => Self {
                teams: random.below(5),
                users: random.below(3),
                models: random.below(4),
                columns: random.between(1, 3),
                rows: random.between(1, 4),
                subscriptions: random.between(1, 3),
                grants: random.between(1, 5),
                limits: random.below(5),
            },
            4..9 => Self {
                teams: random.below(40),
                users: random.below(12),
                models: random.below(40),
                columns: random.between(1, 40),
                rows: random.between(1, 12),
                subscriptions: random.between(1, 30),
                grants: random.between(1, 60),
                limits: random.below(20),
            },
            _ => Self {
                teams: random.below(220),
                users: random.below(90),
                models: random.below(400),
                columns: random.between(1, 400),
                rows: random.between(1, 40),
                subscriptions: random.between(1, 200),
                grants: random.between(1, 40_000),
                limits: random.below(60),
            },
        }
    }
}

/// Returns the decision table of a seed.
#[must_use]
pub fn ir(seed: u64) -> Ir {
    let random = &mut Random::new(seed);
    let sizes = Sizes::new(random);
    let taken = &mut BTreeSet::new();
    let team_names = names(random, sizes.teams, "", taken);
    let user_names = names(random, sizes.users, "p:", taken);
    let limits = limits(random, sizes, &team_names);
    let n_rules = 1_000;
    let n_limits = sizes.limits;
    let ceilings = |random: &mut Random| {
        (0..random.below(5)).filter(|_| n_limits > 0).map(|_| random.index(n_limits)).collect::<Vec<_>>()
    };
    let teams = team_names.iter().map(|name| team(random, name, ceilings)).collect();
    let users: Vec<User> = user_names
        .iter()
        .map(|name| User { name: name.clone(), ceilings: ceilings(random), rule: random.index(n_rules) })
        .collect();
    let members = members(random, sizes, &user_names);
    let routes: Vec<Vec<UpstreamChoice>> = (0..random.between(1, 6)).map(|_| route(random)).collect();
    let n_prices = random.below(4);
    let models = models(random, sizes, routes.len(), n_prices);
    let subscriptions = names(random, sizes.subscriptions, "s", &mut BTreeSet::new());
    let access = access(random, sizes);
    Ir {
        format: FORMAT.to_owned(),
        at_ms: NOW,
        gateway: gateway(),
        organization: organization(),
        identity_providers: Vec::new(),
        teams,
        users,
        members,
        models,
        subscriptions: subscriptions.iter().map(|name| subscription(name)).collect(),
        access,
        limits,
        names: vec!["a limit".to_owned()],
        providers: vec![provider()],
        upstreams: vec![Upstream { provider: 0, model: "m".to_owned() }; 4],
        routes,
        prices: (0..n_prices).map(|_| price()).collect(),
        approvals: Vec::new(),
        n_rules: u32::try_from(n_rules).unwrap(),
    }
}

fn limits(random: &mut Random, sizes: Sizes, teams: &[String]) -> Vec<Limit> {
    (0..sizes.limits)
        .map(|_| {
            let kind = *random.pick(&[OwnerKind::Subscription, OwnerKind::Team, OwnerKind::Organization]).unwrap();
            let team = random.pick(teams).cloned().unwrap_or_default();
            Limit {
                owner_kind: kind,
                owner: if kind == OwnerKind::Team { team } else { "owner".to_owned() },
                measure: *random.pick(Measure::ALL).unwrap(),
                count: *random.pick(Count::ALL).unwrap(),
                scope: *random.pick(Scope::ALL).unwrap(),
                over: *random.pick(Over::ALL).unwrap(),
                window: *random
                    .pick(&[
                        Window::None,
                        Window::Fixed(60),
                        Window::Fixed(86_400),
                        Window::Day,
                        Window::Week,
                        Window::Month,
                    ])
                    .unwrap(),
                amount: random.bits(),
                shorten: random.percent(30),
                key: random.bits(),
                name: 0,
                rule: random.index(1_000),
            }
        })
        .collect()
}

fn team(random: &mut Random, name: &str, ceilings: impl Fn(&mut Random) -> Vec<u32>) -> Team {
    Team {
        name: name.to_owned(),
        display_name: String::new(),
        labels: BTreeMap::new(),
        parent: None,
        owners: Vec::new(),
        groups: Vec::new(),
        users: Vec::new(),
        service_accounts: Vec::new(),
        cost_centre: String::new(),
        own_ceilings: Vec::new(),
        ceilings: ceilings(random),
        rule: random.index(1_000),
    }
}

fn members(random: &mut Random, sizes: Sizes, users: &[String]) -> Vec<Member> {
    let n_principals = sizes.teams + sizes.users;
    let mut members = Vec::new();
    for kind in [MemberKind::User, MemberKind::Group, MemberKind::ServiceAccount] {
        let n = random.below(30);
        // The same texts in every kind: they must not be taken for one another.
        let mut texts = names(&mut Random::new(7), n, "p:", &mut BTreeSet::new());
        if kind == MemberKind::User {
            texts.extend(users.iter().filter(|_| random.percent(80)).cloned());
            texts.sort();
            texts.dedup();
        }
        let most = if random.percent(10) { 120 } else { 4 };
        let of_kind =
            texts.into_iter().map(|name| Member { kind, name, principals: subset(random, n_principals, most) });
        members.extend(of_kind.collect::<Vec<_>>());
    }
    members
}

fn route(random: &mut Random) -> Vec<UpstreamChoice> {
    (0..random.below(17))
        .map(|tier| UpstreamChoice {
            upstream: random.index(4),
            weight: u16::try_from(random.below(1_000)).unwrap(),
            tier: u8::try_from(tier).unwrap(),
            flags: 0,
            rule: random.index(1_000),
        })
        .collect()
}

fn models(random: &mut Random, sizes: Sizes, n_routes: usize, n_prices: usize) -> Vec<Model> {
    let taken = &mut BTreeSet::new();
    names(random, sizes.models, "", taken)
        .into_iter()
        .map(|name| {
            let n_aliases = random.below(3);
            Model {
                name,
                aliases: names(random, n_aliases, "org/", taken),
                display_name: String::new(),
                description: String::new(),
                labels: BTreeMap::new(),
                tags: Vec::new(),
                capabilities: Vec::new(),
                owner: String::new(),
                endpoints: endpoints(random),
                first_endpoint: 1,
                hidden: random.percent(30),
                exposure: "internal".to_owned(),
                data_class: "internal".to_owned(),
                stage: "approved".to_owned(),
                retires_at_ms: NEVER,
                replaced_by: String::new(),
                context_window: 0,
                max_output_tokens: 0,
                price: random.percent(70).then(|| random.index(n_prices)).filter(|_| n_prices > 0),
                route: random.index(n_routes),
                regions: Vec::new(),
                providers: Vec::new(),
                first_byte_timeout_ms: 1,
                total_timeout_ms: 1,
                attempts: 1,
                retry_on: Vec::new(),
                on_disconnect: "drain".to_owned(),
                parameters: BTreeMap::new(),
                kserve: None,
                column: random.index(sizes.columns),
                rule: random.index(1_000),
            }
        })
        .collect()
}

fn endpoints(random: &mut Random) -> u16 {
    u16::try_from(random.below(128)).unwrap() & 0x7E
}

fn access(random: &mut Random, sizes: Sizes) -> Access {
    let mut grants: Vec<Grant> = (0..sizes.grants).map(|_| grant(random, sizes)).collect();
    grants.sort();
    grants.dedup();
    let mut cells = BTreeSet::new();
    for _ in 0..random.between(1, sizes.grants * 2) {
        let n = if random.percent(70) { 1 } else { random.between(1, 8) };
        let mut list: Vec<u32> = (0..n).map(|_| random.index(grants.len())).collect();
        list.sort_by_key(|grant| (grants[*grant as usize].subscription, *grant));
        list.dedup();
        cells.insert(list);
    }
    let cells: Vec<Vec<u32>> = cells.into_iter().collect();
    let mut rows = BTreeSet::new();
    for _ in 0..sizes.rows {
        let density = *random.pick(&[0, 3, 30, 60, 95, 100]).unwrap();
        let one = random.percent(40).then(|| random.index(cells.len()));
        let columns =
            (0..u32::try_from(sizes.columns).unwrap()).filter(|_| random.percent(density)).collect::<Vec<_>>();
        rows.insert(
            columns.into_iter().map(|column| (column, one.unwrap_or_else(|| random.index(cells.len())))).collect(),
        );
    }
    let rows: Vec<Vec<(u32, u32)>> = rows.into_iter().collect();
    let row_of = (0..sizes.teams + sizes.users).map(|_| random.index(rows.len())).collect();
    Access { row_of, rows, n_columns: u32::try_from(sizes.columns).unwrap(), cells, grants }
}

fn grant(random: &mut Random, sizes: Sizes) -> Grant {
    let near = |random: &mut Random| NOW + i64::try_from(random.below(9)).unwrap() - 4;
    let refusals: Vec<Reason> =
        Reason::ALL.iter().copied().filter(|reason| (1..256).contains(&reason.code())).collect();
    let n_limits = if sizes.limits == 0 { 0 } else { random.below(5) };
    Grant {
        subscription: random.index(sizes.subscriptions),
        from_ms: if random.percent(60) { ALWAYS } else { near(random) },
        until_ms: if random.percent(60) { NEVER } else { near(random) },
        before: *random.pick(&refusals).unwrap(),
        after: *random.pick(&refusals).unwrap(),
        endpoints: if random.percent(10) { 0 } else { endpoints(random) | 2 },
        max_output_tokens: if random.percent(50) { 0 } else { random.index(100_000) },
        obligations: random.index(2),
        limits: (0..n_limits).map(|_| random.index(sizes.limits)).collect(),
        approvals: Vec::new(),
        rule: random.index(1_000),
    }
}

fn subscription(name: &str) -> Subscription {
    Subscription {
        name: name.to_owned(),
        labels: BTreeMap::new(),
        priority: 0,
        starts_at_ms: ALWAYS,
        expires_at_ms: NEVER,
        quota: String::new(),
        principals: Vec::new(),
        models: Vec::new(),
        endpoints: 0x7E,
        unlimited: String::new(),
        purpose: String::new(),
        cost_centre: String::new(),
        max_key_lifetime_s: 0,
        max_keys_per_user: 0,
        shorten: false,
        rule: 0,
        principal_rules: Vec::new(),
        model_rules: Vec::new(),
    }
}

fn price() -> PriceList {
    PriceList { entries: vec![Price { from_ms: ALWAYS, input: 1, cached_input: 1, output: 1 }] }
}

fn provider() -> Provider {
    Provider {
        name: "sim".to_owned(),
        kind: ProviderType::Simulator,
        endpoint: String::new(),
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
    }
}

fn gateway() -> Gateway {
    Gateway {
        name: "default".to_owned(),
        target: "standalone".to_owned(),
        enforcement: "maas-gateway".to_owned(),
        class_name: "istio".to_owned(),
        gateway_namespace: "maas-gateways".to_owned(),
        models_namespace: "maas-models".to_owned(),
        kuadrant_namespace: "kuadrant-system".to_owned(),
        hostnames: Vec::new(),
        tls_issuer: None,
        dns: None,
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
    }
}

fn organization() -> Organization {
    Organization {
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
    }
}

/// Returns a request to a decision table: mostly of its names, at times near its breakpoints.
pub fn request(ir: &Ir, random: &mut Random) -> Request {
    let subscriptions: Vec<&String> = ir.subscriptions.iter().map(|subscription| &subscription.name).collect();
    let models: Vec<&String> = ir.models.iter().flat_map(|model| model.aliases.iter().chain([&model.name])).collect();
    let mut request = Request {
        endpoint: if random.percent(3) { None } else { random.pick(Endpoint::ALL).copied() },
        now_ms: now(random),
        model: name_of(random, &models, 4),
        subscription: if random.percent(60) { None } else { name_of(random, &subscriptions, 10) },
        ..Request::default()
    };
    let callers: Vec<&String> =
        ir.teams.iter().map(|team| &team.name).chain(ir.users.iter().map(|user| &user.name)).collect();
    let of_kind = |kind| ir.members.iter().filter(|member| member.kind == kind).map(|member| &member.name).collect();
    let users: Vec<&String> = of_kind(MemberKind::User);
    let groups: Vec<&String> = of_kind(MemberKind::Group);
    let accounts: Vec<&String> = of_kind(MemberKind::ServiceAccount);
    if random.percent(45) {
        let most = if random.percent(10) { 66 } else { 3 };
        request.teams = (0..random.between(1, most)).filter_map(|_| name_of(random, &callers, 5)).collect();
    }
    if random.percent(50) {
        let known = if random.percent(50) { &users } else { &callers };
        request.user = name_of(random, known, 5);
    }
    if random.percent(40) {
        let most = if random.percent(5) { 520 } else { 5 };
        request.groups = (0..random.between(1, most)).filter_map(|_| name_of(random, &groups, 20)).collect();
    }
    if random.percent(20) {
        request.service_account = name_of(random, &accounts, 10);
    }
    request
}

fn now(random: &mut Random) -> i64 {
    match random.below(20) {
        0 => i64::MIN,
        1 => i64::MAX,
        2 => 0,
        _ => NOW + i64::try_from(random.below(11)).unwrap() - 5,
    }
}

/// Returns a known name, or now and then none, an empty, a long or a nearly right one.
fn name_of(random: &mut Random, known: &[&String], percent_wrong: usize) -> Option<String> {
    let right = random.pick(known).map_or_else(|| "nobody".to_owned(), |name| (*name).clone());
    if !random.percent(percent_wrong) {
        return Some(right);
    }
    match random.below(6) {
        0 => None,
        1 => Some(String::new()),
        2 => Some("x".repeat(random.between(1_000, 1_030))),
        3 => Some(format!("{right}x")),
        4 => Some(right.chars().skip(1).collect()),
        _ => Some("nobody".to_owned()),
    }
}
