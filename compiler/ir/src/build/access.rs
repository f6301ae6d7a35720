//! Who may use what: subscriptions, their grants, and the cells.

use std::collections::BTreeMap;

use maas_schemas::abi::{Endpoint, OBLIGATION_DEPRECATED, Reason};
use maasc_diagnostics::{Span, Spanned};
use maasc_hir::hir::{self, Exceed, Hir};
use maasc_hir::ids::SubscriptionId;

use super::approval::Needs;
use super::identity::Teams;
use super::quota::{self, Vectors};
use super::routing::{Routing, endpoint_bits};
use super::tables::{Tables, View};
use crate::calendar::Interval;
use crate::classes::{self, Block, Classes, Group, classify, merge};
use crate::ir::{ALWAYS, Access, Grant, Model, NEVER, Subscription, User};
use crate::normalize::Limits;
use crate::provenance::Rules;

/// Returns the subscriptions that count by (priority descending, name).
pub(super) fn sources(hir: &Hir, view: View) -> Vec<SubscriptionId> {
    let present = hir.subscriptions.iter().zip(0..).filter(|(subscription, _)| view.has(&subscription.header));
    let mut present: Vec<(&hir::Subscription, u32)> = present.collect();
    let order = |subscription: &hir::Subscription| std::cmp::Reverse(subscription.priority.value);
    present.sort_by(|(a, _), (b, _)| (order(a), &a.header.name.value).cmp(&(order(b), &b.header.name.value)));
    present.into_iter().map(|(_, position)| SubscriptionId(position)).collect()
}

/// Returns the subscriptions with what they say resolved to numbers, and the limits of each.
pub(super) fn prepare<'a>(
    hir: &Hir,
    sources: impl Iterator<Item = &'a hir::Subscription>,
    (teams, users, routing): (&Teams, &[User], &Routing<'_>),
    rules: &mut Rules,
    limits: &mut Limits,
) -> (Vec<Subscription>, Vec<Vectors>) {
    let first_user = u32::try_from(teams.teams.len()).unwrap_or(u32::MAX);
    let user_number = |person: &Spanned<hir::Person>| {
        let position = users.binary_search_by(|user| user.name.cmp(&person.value.text)).ok()?;
        Some(first_user.saturating_add(u32::try_from(position).ok()?))
    };
    let prepare = |(source, number): (&'a hir::Subscription, u32)| {
        let teams = source.teams.iter().filter_map(|team| Some((teams.number(team.value)?, team.span)));
        let users = source.users.iter().filter_map(|user| Some((user_number(user)?, user.span)));
        let principals = first_places(teams.chain(users));
        let models = source.models.iter().filter_map(|model| Some((routing.number(model.value)?, model.span)));
        let models = first_places(models);
        let mut subscription = subscription(hir, source, rules);
        let document = format!("Subscription/{}", subscription.name);
        subscription.principal_rules = principals.values().map(|span| rules.add(*span, &document)).collect();
        subscription.model_rules = models.values().map(|span| rules.add(*span, &document)).collect();
        subscription.principals = principals.into_keys().collect();
        subscription.models = models.into_keys().collect();
        let number_of = |per_model: &hir::PerModel| routing.number(per_model.model.value);
        let vectors = quota::vectors(hir, (source, number), &subscription.models, number_of, rules, limits);
        (subscription, vectors)
    };
    sources.zip(0..).map(prepare).unzip()
}

/// Returns each number with the first place that names it.
fn first_places(places: impl Iterator<Item = (u32, Span)>) -> BTreeMap<u32, Span> {
    let mut first: BTreeMap<u32, Span> = BTreeMap::new();
    for (number, span) in places {
        let place = first.entry(number).or_insert(span);
        *place = span.min(*place);
    }
    first
}

fn subscription(hir: &Hir, source: &hir::Subscription, rules: &mut Rules) -> Subscription {
    let name = &source.header.name;
    let quota = source.quota.as_ref().and_then(|quota| hir.quotas.get(quota.value.index()));
    let all_endpoints = Endpoint::ALL.iter().fold(0, |bits, endpoint| bits | endpoint.bit());
    Subscription {
        rule: rules.add(name.span, &format!("Subscription/{}", name.value)),
        name: name.value.clone(),
        labels: source.header.labels.clone(),
        priority: source.priority.value,
        starts_at_ms: source.starts_at.as_ref().map_or(ALWAYS, |time| time.value.0),
        expires_at_ms: source.expires_at.as_ref().map_or(NEVER, |time| time.value.0),
        quota: quota.map_or_else(String::new, |quota| quota.header.name.value.clone()),
        principals: Vec::new(),
        models: Vec::new(),
        endpoints: source.endpoints.as_ref().map_or(all_endpoints, |endpoints| endpoint_bits(endpoints)),
        unlimited: source.unlimited.as_ref().map_or_else(String::new, |reason| reason.value.clone()),
        purpose: source.purpose.clone(),
        cost_centre: source.cost_centre.as_ref().map_or_else(String::new, |text| text.value.clone()),
        max_key_lifetime_s: source.max_key_lifetime.map_or(0, |lifetime| lifetime.0 / 1_000),
        max_keys_per_user: source.max_keys_per_user.unwrap_or(0),
        shorten: source.exceed == Exceed::Shorten,
        principal_rules: Vec::new(),
        model_rules: Vec::new(),
    }
}

/// What a model gives to each of its grants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    endpoints: u16,
    max_output_tokens: u32,
    obligations: u32,
    retires_at_ms: i64,
}

impl Shape {
    fn of(model: &Model) -> Self {
        let is_deprecated = model.stage == hir::Stage::Deprecated.name();
        Self {
            endpoints: model.endpoints,
            max_output_tokens: model.max_output_tokens,
            obligations: if is_deprecated { OBLIGATION_DEPRECATED } else { 0 },
            retires_at_ms: model.retires_at_ms,
        }
    }
}

/// Returns the cells with grants in canonical order, and sets the column of each model.
pub(super) fn access(tables: &mut Tables<'_>, needs: &Needs) -> Access {
    let models = &mut tables.routing.models;
    let shapes: Vec<Shape> = models.iter().map(Shape::of).collect();
    let mut grants: Vec<Grant> = Vec::new();
    let mut blocks = Vec::with_capacity(tables.subscriptions.len());
    for ((subscription, vectors), number) in tables.subscriptions.iter().zip(&tables.vectors).zip(0..) {
        let mut known: BTreeMap<(Shape, u32, Vec<u32>), u32> = BTreeMap::new();
        let mut distinct: BTreeMap<Grant, u32> = BTreeMap::new();
        let mut grant = |group: u32, model: u32| -> Option<u32> {
            let shape = *shapes.get(model as usize)?;
            let vector = vectors.number(model);
            let key = (shape, vector, needs.of(number, group, model));
            if let Some(grant) = known.get(&key) {
                return Some(*grant);
            }
            let interval = Interval::of_subscription(subscription.starts_at_ms, subscription.expires_at_ms)
                .ending(shape.retires_at_ms, Reason::ModelRetired);
            let lapse = |interval: Interval, id: &u32| interval.ending(needs.until_ms(*id), Reason::ApprovalLapsed);
            let interval = key.2.iter().fold(interval, lapse);
            let grant = Grant {
                subscription: number,
                from_ms: interval.from_ms,
                until_ms: interval.until_ms,
                before: interval.before,
                after: interval.after,
                endpoints: shape.endpoints & subscription.endpoints,
                max_output_tokens: shape.max_output_tokens,
                obligations: shape.obligations,
                limits: vectors.get(vector).to_vec(),
                approvals: needs.states_of(&key.2),
                rule: subscription.rule,
            };
            // Models that differ where the subscription does not let it show have one grant.
            let next = u32::try_from(grants.len()).ok()?;
            let index = *distinct.entry(grant.clone()).or_insert(next);
            if index == next {
                grants.push(grant);
            }
            known.insert(key, index);
            Some(index)
        };
        let groups = needs.groups(number, &subscription.principals).into_iter().map(|(group, principals)| Group {
            principals,
            grants: subscription.models.iter().filter_map(|model| grant(group, *model)).collect(),
        });
        blocks.push(Block { groups: merge(groups.collect::<Vec<_>>()), models: subscription.models.clone() });
    }
    // What grants nothing to anybody is no class of its own.
    blocks.retain(|block| !block.models.is_empty() && !block.groups.is_empty());
    let n_principals = tables.teams.teams.len() + tables.users.len();
    let found = classify(n_principals, models.len(), &blocks);
    for (model, column) in models.iter_mut().zip(&found.column_of) {
        model.column = *column;
    }
    renumber(found, grants)
}

/// Returns the cells with grants in their order.
fn renumber(mut found: Classes, grants: Vec<Grant>) -> Access {
    let (grants, renumbered) = classes::number(grants.into_iter().zip(0..).collect());
    for grant in found.cells.iter_mut().flatten() {
        *grant = classes::pick(&renumbered, *grant);
    }
    let found = classes::canonical(found);
    Access { row_of: found.row_of, rows: found.rows, n_columns: found.n_columns, cells: found.cells, grants }
}
