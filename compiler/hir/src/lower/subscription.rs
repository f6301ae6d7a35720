//! `Subscription`: selectors resolved, limits read, times in the organization's zone.

use std::collections::BTreeMap;

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::{Span, Spanned};
use maasc_syntax::ast::{self, Kind, Selection, Spec};

use super::{Cover, Lowering, Place, Subject, text};
use crate::hir::{Exceed, PerModel, Subscription};
use crate::ids::{ModelId, QuotaId, TeamId};
use crate::rules::{
    empty_selector, ends_before_it_starts, per_model_not_granted, repeated_entry, repeated_per_model,
    subscription_for_nobody,
};
use crate::units::{self, UnitError};

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Subscription> {
    let subjects = lowering.subjects(Kind::Subscription);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Subscription(spec) = &subject.document.spec else { return None };
        Some(subscription(lowering, subject, spec))
    });
    lowered.collect()
}

fn subscription<'a>(lowering: &mut Lowering<'a>, subject: Subject<'a>, spec: &'a ast::Subscription) -> Subscription {
    let teams = spec.teams.as_ref().map(|teams| select(lowering, subject, Kind::Team, teams)).unwrap_or_default();
    let teams: Vec<Spanned<TeamId>> = teams.into_iter().map(|id| id.map(TeamId)).collect();
    let users = lowering.persons(subject, &spec.users);
    let nothing_written = match &spec.teams {
        None => spec.users.is_empty(),
        Some(Selection::Names(names)) => names.is_empty() && spec.users.is_empty(),
        Some(Selection::Labels(_)) => false,
    };
    if nothing_written && !lowering.is_broken(Kind::Subscription, subject.index) {
        lowering.acc.push(subscription_for_nobody::finding(&subject.document.metadata.name));
        lowering.mark_broken(subject);
    }
    let models = select(lowering, subject, Kind::Model, &spec.models);
    let models: Vec<Spanned<ModelId>> = models.into_iter().map(|id| id.map(ModelId)).collect();
    let quota = spec.quota.as_ref().and_then(|quota| lowering.resolve(subject, Kind::Quota, quota, Cover::All));
    let endpoints = spec
        .endpoints
        .as_ref()
        .map(|written| lowering.without_repeats(written.clone(), |endpoint: &Endpoint| endpoint.name().to_owned()));
    let starts_at = lowering.time(subject, spec.starts_at.as_ref());
    let expires_at = lowering.time(subject, spec.expires_at.as_ref());
    if let (Some(start), Some(end)) = (&starts_at, &expires_at)
        && end.value <= start.value
    {
        let name = &subject.document.metadata.name;
        lowering.acc.push(ends_before_it_starts::finding("subscription", name, start, end));
        lowering.mark_broken(subject);
    }
    let max_lifetime = lowering.duration(subject, spec.keys.max_lifetime.as_ref());
    let max_keys: Option<Spanned<u32>> =
        lowering.bounded(subject, spec.keys.max_per_user.as_ref(), (1, u64::from(u32::MAX)));
    Subscription {
        header: lowering.header(subject),
        per_model: per_model(lowering, subject, spec, &models),
        teams,
        users,
        models,
        endpoints,
        quota: quota.map(|id| id.map(QuotaId)),
        limits: lowering.limits(subject, &spec.limits, Place::Subscription),
        priority: priority(lowering, subject, spec),
        starts_at,
        expires_at,
        purpose: text(spec.purpose.as_ref()),
        cost_centre: spec.cost_centre.clone(),
        max_key_lifetime: max_lifetime.map(|length| length.value),
        max_keys_per_user: max_keys.map(|count| count.value),
        unlimited: spec.unlimited.as_ref().map(|unlimited| unlimited.reason.clone()),
        exceed: spec.exceed.as_ref().map_or(Exceed::Refuse, |exceed| exceed.value),
    }
}

/// Documents by name or label; what shares no environment with the subscription is left out of a selector silently.
fn select<'a>(
    lowering: &mut Lowering<'a>,
    subject: Subject<'a>,
    kind: Kind,
    selection: &'a Selection,
) -> Vec<Spanned<u32>> {
    match selection {
        Selection::Names(names) => {
            let mut selected: BTreeMap<u32, Span> = BTreeMap::new();
            for name in names {
                let Some(id) = lowering.resolve(subject, kind, name, Cover::Any) else { continue };
                if let Some(first) = selected.get(&id.value) {
                    lowering.acc.push(repeated_entry::finding(&name.value, name.span, *first));
                } else {
                    selected.insert(id.value, id.span);
                }
            }
            selected.into_iter().map(|(id, span)| Spanned::new(id, span)).collect()
        }
        Selection::Labels(labels) => {
            let mut selected = lowering.scope.select(kind, &labels.value);
            selected.retain(|index| lowering.scope.share_gateway(subject.key(), (kind, *index)));
            if selected.is_empty() {
                lowering.acc.push(empty_selector::finding(&lowering.scope, subject.document, kind, labels));
                lowering.mark_broken(subject);
            }
            selected.into_iter().map(|id| Spanned::new(id, labels.span)).collect()
        }
    }
}

fn priority(lowering: &mut Lowering<'_>, subject: Subject<'_>, spec: &ast::Subscription) -> Spanned<i32> {
    let written = spec.priority.as_ref().and_then(|text| {
        lowering.unit(subject, text, |text| {
            let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
            let number = units::count(digits).ok().and_then(|count| i32::try_from(count).ok());
            number.map(|number| sign * number).ok_or_else(|| UnitError {
                message: format!("`{text}` is no priority"),
                help: "write a whole number; the highest wins, the default is 0".to_owned(),
                meant: None,
            })
        })
    });
    written.unwrap_or_else(|| Spanned::new(0, subject.document.metadata.name.span))
}

fn per_model<'a>(
    lowering: &mut Lowering<'a>,
    subject: Subject<'a>,
    spec: &'a ast::Subscription,
    granted: &[Spanned<ModelId>],
) -> Vec<PerModel> {
    let mut lowered: Vec<PerModel> = Vec::with_capacity(spec.per_model.len());
    for entry in &spec.per_model {
        let limits = lowering.limits(subject, &entry.limits, Place::PerModel);
        let Some(model) = lowering.resolve(subject, Kind::Model, &entry.model, Cover::Any) else { continue };
        let model = model.map(ModelId);
        if let Some(first) = lowered.iter().find(|other| other.model.value == model.value) {
            lowering.acc.push(repeated_per_model::finding(&entry.model, first.model.span));
            lowering.mark_broken(subject);
            continue;
        }
        if granted.binary_search_by_key(&model.value, |granted| granted.value).is_err() {
            // Of a list with an error we do not know what it grants.
            if !lowering.is_broken(Kind::Subscription, subject.index) {
                lowering.acc.push(per_model_not_granted::finding(subject.document, &entry.model, spec));
            }
            continue;
        }
        lowered.push(PerModel { span: entry.span, model, limits });
    }
    lowered.sort_by_key(|entry| entry.model.value);
    lowered
}
