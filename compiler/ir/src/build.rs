//! The resolved model to the decision table of one environment.

mod access;
mod approval;
mod gateway;
mod identity;
mod quota;
mod routing;
#[cfg(test)]
mod tests;

use maasc_diagnostics::Diagnostics;
use maasc_hir::hir::Hir;
use maasc_hir::ids::GatewayId;
use maasc_hir::units::Time;

use crate::Built;
use crate::classes::pick;
use crate::ir::{FORMAT, Ir, RuleId, User};
use crate::normalize::Limits;
use crate::provenance::Rules;

/// Builds the decision table of one environment for a date.
///
/// Rules are numbered in the order of the table itself: environment, organization, teams, models, subscriptions,
/// approvals, each by name, and lines in them by what they say. So tables are equal when policies are.
#[must_use]
pub fn build(hir: &Hir, gateway: GatewayId, at: Time) -> (Built, Diagnostics) {
    let acc = Diagnostics::default();
    let mut rules = Rules::default();
    let mut limits = Limits::default();
    let environment = match hir.gateways.get(gateway.index()) {
        Some(document) => gateway::gateway(document, &mut rules),
        None => gateway::gateway(&gateway::implied(), &mut rules),
    };
    let mut organization = identity::organization(hir, &mut rules, &mut limits);
    let mut teams = identity::teams(hir, gateway, &organization.ceilings, &mut rules, &mut limits);
    let mut routing = routing::routing(hir, gateway, &mut rules);
    let sources = access::sources(hir, gateway);
    let mut users = identity::users(sources.iter().copied(), &organization.ceilings);
    let prepared = access::prepare(hir, sources, (&teams, &users, &routing), &mut rules, &mut limits);
    let needs = approval::Needs::default();
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
    set_rules(&mut users, teams.teams.len(), &prepared);
    let n_principals = teams.teams.len() + users.len();
    let access = access::access(&prepared, &mut routing.models, n_principals, &needs, (&sorted.renumbered, &[]));
    let rules = rules.into_sources();
    let ir = Ir {
        format: FORMAT.to_owned(),
        at_ms: at.0,
        gateway: environment,
        members: identity::members(&teams.teams, &users),
        organization,
        identity_providers: identity::identity_providers(hir),
        teams: teams.teams,
        users,
        models: routing.models,
        subscriptions: prepared.into_iter().map(|prepared| prepared.subscription).collect(),
        access,
        limits: sorted.limits,
        names: sorted.names,
        providers: routing.providers,
        upstreams: routing.upstreams,
        routes: routing.routes,
        prices: routing.prices,
        approvals: needs.states,
        n_rules: u32::try_from(rules.len()).unwrap_or(RuleId::MAX),
    };
    (Built { ir, rules }, acc)
}

/// Sets the rule of each user: the line that grants something to him first, in the order of subscriptions.
fn set_rules(users: &mut [User], first_user: usize, prepared: &[access::Prepared]) {
    for prepared in prepared.iter().rev() {
        let subscription = &prepared.subscription;
        for (principal, rule) in subscription.principals.iter().zip(&subscription.principal_rules) {
            let position = (*principal as usize).checked_sub(first_user);
            if let Some(user) = position.and_then(|position| users.get_mut(position)) {
                user.rule = *rule;
            }
        }
    }
}
