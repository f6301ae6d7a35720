//! The resolved model to the decision table of one environment.

mod access;
mod approval;
#[cfg(test)]
mod approval_tests;
mod consent;
mod gateway;
mod identity;
mod quota;
mod routing;
mod tables;
#[cfg(test)]
mod tests;

use maasc_diagnostics::Diagnostics;
use maasc_hir::hir::Hir;
use maasc_hir::ids::GatewayId;
use maasc_hir::units::Time;

pub(crate) use quota::Vectors;

pub use approval::approval_digest;
pub use consent::{Consent, Standing, consent};

use self::tables::{View, tables};
use crate::Built;
use crate::ir::{FORMAT, Ir, RuleId};
use crate::provenance::Rules;

/// Builds the decision table of one environment for a date.
///
/// Rules are numbered in the order of the table itself: environment, organization, teams, models, subscriptions,
/// approvals, each by name, and lines in them by what they say. So tables are equal when policies are.
#[must_use]
pub fn build(hir: &Hir, gateway: GatewayId, at: Time) -> (Built, Diagnostics) {
    let mut acc = Diagnostics::default();
    let mut rules = Rules::default();
    let environment = match hir.gateways.get(gateway.index()) {
        Some(document) => gateway::gateway(document, &mut rules),
        None => gateway::gateway(&gateway::implied(), &mut rules),
    };
    let mut tables = tables(hir, View::Environment(gateway), at, &mut rules);
    let needs = approval::needs(hir, &tables, &mut rules, &mut acc);
    let access = access::access(&mut tables, &needs);
    let rules = rules.into_sources();
    let ir = Ir {
        format: FORMAT.to_owned(),
        at_ms: at.0,
        gateway: environment,
        members: identity::members(&tables.teams.teams, &tables.users),
        organization: tables.organization,
        identity_providers: identity::identity_providers(hir),
        teams: tables.teams.teams,
        users: tables.users,
        models: tables.routing.models,
        subscriptions: tables.subscriptions,
        access,
        limits: tables.limits,
        names: tables.names,
        providers: tables.routing.providers,
        upstreams: tables.routing.upstreams,
        routes: tables.routing.routes,
        prices: tables.routing.prices,
        approvals: needs.states,
        n_rules: u32::try_from(rules.len()).unwrap_or(RuleId::MAX),
    };
    (Built { ir, rules }, acc)
}
