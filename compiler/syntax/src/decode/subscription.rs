//! `Subscription.spec`.

use maasc_diagnostics::Spanned;

use super::Decoder;
use super::field::Field;
use crate::ast::{Exceed, Keys, PerModel, Selection, Subscription, Unlimited};
use crate::rules;
use crate::tree::{NodeId, NodeKind};

const EXCEED: &[(Exceed, &str)] = &[(Exceed::Refuse, "refuse"), (Exceed::Shorten, "shorten")];

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Subscription> {
    let [
        teams,
        users,
        models,
        endpoints,
        quota,
        limits,
        per_model,
        priority,
        starts_at,
        expires_at,
        purpose,
        cost_centre,
        keys,
        unlimited,
        exceed,
        _gateways,
    ] = decoder.section(
        spec,
        "Subscription.spec",
        [
            "teams",
            "users",
            "models",
            "endpoints",
            "quota",
            "limits",
            "perModel",
            "priority",
            "startsAt",
            "expiresAt",
            "purpose",
            "costCentre",
            "keys",
            "unlimited",
            "exceed",
            "gateways",
        ],
    )?;
    if !teams.is_present() && !users.is_present() {
        let place = decoder.place_of_missing(teams);
        decoder.acc.push(rules::missing_field::one_of(place, teams.of, &["teams", "users"]));
    }
    decoder.require(models);
    let models = selection(decoder, models, "Subscription.spec.models");
    let subscription = Subscription {
        teams: selection(decoder, teams, "Subscription.spec.teams"),
        users: decoder.texts(users),
        // Replaced below; the other fields are read for their findings also where the models are not known.
        models: Selection::Names(Vec::new()),
        endpoints: decoder.endpoints(endpoints),
        quota: decoder.text(quota),
        limits: decoder.limits(limits),
        per_model: decoder.list(per_model, per_model_entry),
        priority: decoder.text(priority),
        starts_at: decoder.text(starts_at),
        expires_at: decoder.text(expires_at),
        purpose: decoder.text(purpose),
        cost_centre: decoder.text(cost_centre),
        keys: keys_of(decoder, keys),
        unlimited: unlimited_of(decoder, unlimited),
        exceed: decoder.word(exceed, EXCEED),
    };
    Some(Subscription { models: models?, ..subscription })
}

/// A list of names, or `{matchLabels: {…}}`.
fn selection(decoder: &mut Decoder<'_>, field: Field, of: &'static str) -> Option<Selection> {
    let node = decoder.value(field)?;
    if !matches!(decoder.tree.node(node).kind, NodeKind::Mapping(_)) {
        return decoder.optional_texts(field).map(Selection::Names);
    }
    let [match_labels] = decoder.section(field, of, ["matchLabels"])?;
    decoder.require(match_labels);
    let labels = decoder.value(match_labels)?;
    let span = decoder.tree.span(labels);
    let n_labels = decoder.tree.entries(labels).len();
    let entries = decoder.text_entries(match_labels);
    // A selector that lost a label would select more than was written.
    let is_whole = matches!(decoder.tree.node(labels).kind, NodeKind::Mapping(_)) && entries.len() == n_labels;
    is_whole.then_some(Selection::Labels(Spanned::new(entries, span)))
}

fn per_model_entry(decoder: &mut Decoder<'_>, node: NodeId) -> Option<PerModel> {
    let [model, limits] = decoder.fields(node, "Subscription.spec.perModel", ["model", "limits"])?;
    let model = decoder.required_text(model);
    decoder.require(limits);
    let limits = decoder.limits(limits);
    Some(PerModel { span: decoder.tree.span(node), model: model?, limits })
}

fn keys_of(decoder: &mut Decoder<'_>, field: Field) -> Keys {
    let names = ["maxLifetime", "maxPerUser"];
    let Some([max_lifetime, max_per_user]) = decoder.section(field, "Subscription.spec.keys", names) else {
        return Keys::default();
    };
    Keys { max_lifetime: decoder.text(max_lifetime), max_per_user: decoder.text(max_per_user) }
}

fn unlimited_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Unlimited> {
    let span = decoder.value(field).map(|node| decoder.tree.span(node))?;
    let [reason] = decoder.section(field, "Subscription.spec.unlimited", ["reason"])?;
    Some(Unlimited { span, reason: decoder.required_text(reason)? })
}
