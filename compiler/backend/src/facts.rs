//! What the rules and the emitters of one environment look at: its routes, who may use them, and under which limits.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::Provider;
use maas_schemas::decision::UpstreamChoice;
use maasc_diagnostics::{Diagnostic, Diagnostics, Span};
use maasc_ir::Built;
use maasc_ir::ir::{Grant, Ir, Limit, Model, RuleId, Subscription};

use crate::limits::{Quotas, quotas};
use crate::rules::is_acceptable;
use crate::upstreams::{Destination, Place, destination, serves};

/// One environment.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The table with its places.
    pub(crate) built: &'a Built,
    /// The table.
    pub(crate) ir: &'a Ir,
    /// One for every model that somebody may use now, by name of the model.
    pub(crate) routes: Vec<Route<'a>>,
    /// The limits of those grants, with the models that they are about.
    pub(crate) limits: BTreeMap<u32, BTreeSet<&'a str>>,
}

/// A model that somebody may use.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    /// The model.
    pub(crate) model: &'a Model,
    /// Who may use it, by (subscription, principal): the first that fits a caller answers.
    pub(crate) candidates: Vec<Candidate<'a>>,
    /// What they may use.
    pub(crate) quotas: Quotas,
    /// Where requests go: one place, or several that need the same request. Empty where no route can lead there.
    pub(crate) destinations: Vec<Destination<'a>>,
    /// What is routed: the endpoints that are granted and that the destination serves, by code.
    pub(crate) endpoints: Vec<Endpoint>,
    /// The documents behind the policies of the route.
    pub(crate) sources: BTreeSet<String>,
}

/// What one subscription gives to one principal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    /// The subscription.
    pub(crate) subscription: &'a Subscription,
    /// Who: a team, or a user.
    pub(crate) principal: u32,
    /// What.
    pub(crate) grant: &'a Grant,
}

impl<'a> Facts<'a> {
    /// Returns the facts of one environment, as of the date of the table.
    pub(crate) fn new(built: &'a Built) -> Self {
        let ir = &built.ir;
        let mut limits: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        let mut routes = Vec::new();
        for (index, model) in (0_u32..).zip(&ir.models) {
            let candidates = candidates(ir, index);
            if candidates.is_empty() {
                continue;
            }
            for limit in candidates.iter().flat_map(|candidate| &candidate.grant.limits) {
                limits.entry(*limit).or_default().insert(&model.name);
            }
            routes.push(route(built, model, candidates));
        }
        Self { built, ir, routes, limits }
    }

    /// Returns where a rule was written.
    pub(crate) fn span(&self, rule: RuleId) -> Span {
        self.built.span(rule)
    }

    /// Returns the first of these fields of the `Gateway` document that was written, else the document.
    pub(crate) fn gateway_span(&self, fields: &[&str]) -> Span {
        let written = fields.iter().find_map(|field| self.ir.gateway.field_rules.get(*field));
        self.span(written.copied().unwrap_or(self.ir.gateway.rule))
    }

    /// Returns the document in which a rule was written.
    pub(crate) fn document(&self, rule: RuleId) -> &str {
        document(self.built, rule)
    }

    /// Returns the limits that grants of this environment rest on, with the names of the models they are about.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (&'a Limit, &BTreeSet<&'a str>)> {
        self.limits.iter().filter_map(|(limit, models)| Some((self.ir.limits.get(*limit as usize)?, models)))
    }

    /// Says whether the `Gateway` document accepts what a rule reports.
    pub(crate) fn accepts(&self, rule: &str) -> bool {
        is_acceptable(rule) && self.ir.gateway.accept.iter().any(|accepted| accepted == rule)
    }

    /// Returns the upstreams of a model, in the order to try.
    pub(crate) fn choices_of(&self, model: &Model) -> &'a [UpstreamChoice] {
        self.ir.routes.get(model.route as usize).map_or(&[], Vec::as_slice)
    }

    /// Returns the upstreams of all models that somebody may use, with the name of the model.
    pub(crate) fn choices(&self) -> impl Iterator<Item = (&'a UpstreamChoice, &'a str)> {
        self.routes.iter().flat_map(|route| {
            let name = route.model.name.as_str();
            self.choices_of(route.model).iter().map(move |choice| (choice, name))
        })
    }

    /// Returns the provider of an upstream.
    pub(crate) fn provider(&self, choice: &UpstreamChoice) -> Option<&'a Provider> {
        let upstream = self.ir.upstreams.get(choice.upstream as usize)?;
        self.ir.providers.get(upstream.provider as usize)
    }

    /// Returns the providers that requests go to, by name, with the first line that names each.
    pub(crate) fn used_providers(&self) -> impl Iterator<Item = (&'a Provider, RuleId)> {
        let mut used: BTreeMap<&str, (&Provider, RuleId)> = BTreeMap::new();
        for route in &self.routes {
            for destination in &route.destinations {
                used.entry(&destination.provider.name).or_insert((destination.provider, destination.rule));
            }
        }
        used.into_values()
    }

    /// Reports what this target cannot do. [`crate::capability::settle`] drops what the `Gateway` document accepts.
    pub(crate) fn report(&self, finding: Diagnostic, acc: &mut Diagnostics) {
        let gateway = &self.ir.gateway;
        let why = format!("`{}` is enforced by `{}` on `{}`", gateway.name, gateway.enforcement, gateway.target);
        let place = self.gateway_span(&["enforcement", "target"]);
        let mut finding = finding;
        if is_acceptable(finding.rule.name) {
            let way_out =
                format!("`accept: [{}]` in Gateway `{}` takes what comes closest", finding.rule.name, gateway.name);
            finding = finding.note(way_out);
        }
        if finding.primary.as_ref().is_none_or(|label| label.span != place) {
            finding = finding.also(place, why);
        }
        acc.push(finding);
    }

    /// Returns the name of the objects of a model.
    pub(crate) fn route_name(&self, model: &Model) -> String {
        format!("{}-{}", self.ir.gateway.name, model.name)
    }
}

impl Route<'_> {
    /// Says whether callers differ in what they may call: some subscription grants less than the route serves.
    pub(crate) fn differs_by_endpoint(&self) -> bool {
        let routed = self.endpoints.iter().fold(0, |bits, endpoint| bits | endpoint.bit());
        self.candidates.iter().any(|candidate| candidate.grant.endpoints & routed != routed)
    }
}

/// Returns the path under which clients call an endpoint of a model. No such path is the beginning of another.
pub(crate) fn client_path(model: &Model, endpoint: Endpoint) -> String {
    format!("/m/{}/v1{}", model.name, crate::upstreams::endpoint_path(endpoint))
}

fn document(built: &Built, rule: RuleId) -> &str {
    built.rules.get(rule as usize).map_or("", |source| source.document.as_str())
}

/// Returns who may use a model now, by (subscription, principal).
fn candidates(ir: &Ir, model: u32) -> Vec<Candidate<'_>> {
    let mut candidates = Vec::new();
    let n_principals = u32::try_from(ir.n_principals()).unwrap_or(u32::MAX);
    for principal in 0..n_principals {
        for grant in ir.candidates(principal, model) {
            let in_force = grant.from_ms <= ir.at_ms && ir.at_ms < grant.until_ms;
            if let Some(subscription) = ir.subscriptions.get(grant.subscription as usize).filter(|_| in_force) {
                candidates.push(Candidate { subscription, principal, grant });
            }
        }
    }
    candidates.sort_by_key(|candidate| (candidate.grant.subscription, candidate.principal));
    candidates
}

fn route<'a>(built: &'a Built, model: &'a Model, candidates: Vec<Candidate<'a>>) -> Route<'a> {
    let destinations = destinations(&built.ir, model);
    let granted = candidates.iter().fold(0, |bits, candidate| bits | candidate.grant.endpoints);
    let endpoints = Endpoint::ALL
        .iter()
        .copied()
        .filter(|endpoint| granted & endpoint.bit() != 0)
        .filter(|endpoint| destinations.first().is_some_and(|first| serves(first.provider.kind, *endpoint)))
        .collect();
    let quotas = quotas(built, model, &candidates);
    let mut sources = BTreeSet::from([document(built, model.rule).to_owned()]);
    sources.extend(candidates.iter().map(|candidate| document(built, candidate.subscription.rule).to_owned()));
    Route { model, candidates, quotas, destinations, endpoints, sources }
}

/// Returns where requests for a model go: all primary upstreams where they need the same request, else the first of
/// the heaviest.
fn destinations<'a>(ir: &'a Ir, model: &Model) -> Vec<Destination<'a>> {
    let choices = ir.routes.get(model.route as usize).map_or(&[][..], Vec::as_slice);
    let primary = choices.iter().filter(|choice| choice.tier == 0);
    let mut reachable: Vec<_> = primary.filter_map(|choice| destination(ir, choice)).collect();
    if let Some(first) = reachable.first()
        && reachable.iter().all(|other| is_interchangeable(first, other))
    {
        return reachable;
    }
    reachable.sort_by_key(|destination| std::cmp::Reverse(destination.weight));
    reachable.truncate(1);
    reachable
}

/// Says whether one request can go to either: a route rewrites it once, before a backend is drawn.
pub(crate) fn is_interchangeable(a: &Destination<'_>, b: &Destination<'_>) -> bool {
    let inside = |place: &Place| matches!(place, Place::Service { .. } | Place::Pool { .. });
    (a.provider.name == b.provider.name || inside(&a.place) && inside(&b.place))
        && a.model == b.model
        && a.base == b.base
        && a.provider.headers == b.provider.headers
        && a.provider.kind == b.provider.kind
}
