//! Everything of a decision table but consents and cells: what approvals look at.

use maasc_hir::hir::{self, Hir};
use maasc_hir::ids::{GatewayId, SubscriptionId};
use maasc_hir::units::Time;

use super::access;
use super::identity::{self, Teams};
use super::quota::Vectors;
use super::routing::{self, Routing};
use crate::cel::{GrantParts, Parts, Values};
use crate::classes::pick;
use crate::ir::{Limit, Organization, Subscription, User};
use crate::normalize::Limits;
use crate::provenance::Rules;

/// Which documents count.
#[derive(Clone, Copy, Debug)]
pub(super) enum View {
    /// Those of one environment.
    Environment(GatewayId),
    /// All, whatever their `gateways`: what one consent is bound to may not differ between environments.
    Workspace,
}

impl View {
    /// Says whether a document counts.
    pub(super) fn has(self, header: &hir::Header) -> bool {
        match self {
            Self::Environment(gateway) => header.is_for(gateway),
            Self::Workspace => true,
        }
    }
}

/// The parts of a decision table.
#[derive(Clone, Debug)]
pub(super) struct Tables<'a> {
    pub(super) view: View,
    pub(super) at: Time,
    pub(super) organization: Organization,
    pub(super) teams: Teams,
    pub(super) users: Vec<User>,
    pub(super) routing: Routing<'a>,
    pub(super) subscriptions: Vec<Subscription>,
    /// By number of the subscription.
    pub(super) vectors: Vec<Vectors>,
    /// By number of the subscription.
    pub(super) sources: Vec<SubscriptionId>,
    pub(super) limits: Vec<Limit>,
    pub(super) names: Vec<String>,
}

/// Returns the parts of a decision table.
pub(super) fn tables<'a>(hir: &'a Hir, view: View, at: Time, rules: &mut Rules) -> Tables<'a> {
    let mut limits = Limits::default();
    let mut organization = identity::organization(hir, rules, &mut limits);
    let mut teams = identity::teams(hir, view, &organization.ceilings, rules, &mut limits);
    let routing = routing::routing(hir, view, rules);
    let sources = access::sources(hir, view);
    let of = |id: &SubscriptionId| hir.subscriptions.get(id.index());
    let mut users = identity::users(sources.iter().filter_map(of), &organization.ceilings);
    let (subscriptions, mut vectors) =
        access::prepare(hir, sources.iter().filter_map(of), (&teams, &users, &routing), rules, &mut limits);
    let sorted = limits.sort(&organization.currency);

    let renumber =
        |numbers: &mut Vec<u32>| numbers.iter_mut().for_each(|number| *number = pick(&sorted.renumbered, *number));
    renumber(&mut organization.ceilings);
    for team in &mut teams.teams {
        renumber(&mut team.own_ceilings);
        renumber(&mut team.ceilings);
    }
    for user in &mut users {
        renumber(&mut user.ceilings);
    }
    for vectors in &mut vectors {
        vectors.renumber(&sorted.renumbered);
    }
    set_rules(&mut users, teams.teams.len(), &subscriptions);
    let (limits, names) = (sorted.limits, sorted.names);
    Tables { view, at, organization, teams, users, routing, subscriptions, vectors, sources, limits, names }
}

impl Tables<'_> {
    /// Returns the values that expressions see.
    pub(super) fn values(&self) -> Values<'_> {
        let parts = Parts {
            organization: &self.organization,
            teams: &self.teams.teams,
            users: &self.users,
            models: &self.routing.models,
            subscriptions: &self.subscriptions,
            limits: &self.limits,
            prices: &self.routing.prices,
            providers: &self.routing.providers,
            upstreams: &self.routing.upstreams,
            routes: &self.routing.routes,
            at_ms: self.at.0,
        };
        let grant = |subscription: u32, model: u32| {
            let endpoints = self.routing.models.get(model as usize)?.endpoints;
            let vectors = self.vectors.get(subscription as usize)?;
            let subscription = self.subscriptions.get(subscription as usize)?;
            let limits = vectors.get(vectors.number(model));
            Some(GrantParts { limits, endpoints: endpoints & subscription.endpoints })
        };
        Values::new(parts, Box::new(grant))
    }

    /// Returns the number of a subscription, if it counts.
    pub(super) fn subscription(&self, id: SubscriptionId) -> Option<u32> {
        let position = self.sources.iter().position(|source| *source == id)?;
        u32::try_from(position).ok()
    }
}

/// Sets the rule of each user: the line that grants something to him first, in the order of subscriptions.
fn set_rules(users: &mut [User], first_user: usize, subscriptions: &[Subscription]) {
    for subscription in subscriptions.iter().rev() {
        for (principal, rule) in subscription.principals.iter().zip(&subscription.principal_rules) {
            let position = (*principal as usize).checked_sub(first_user);
            if let Some(user) = position.and_then(|position| users.get_mut(position)) {
                user.rule = *rule;
            }
        }
    }
}
