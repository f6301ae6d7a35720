//! Whose consent is missing or void, and who should look at what the change gives away.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::plan::{AccessChange, Approvals, Approver, ChangeClass, Consent};
use maas_schemas::provenance::{Provenance, Source};
use maasc_ir::ir::{ApprovalAnswer, ApprovalState, Ir};

use super::merge;

/// One gateway on both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'a> {
    pub(crate) gateway: &'a str,
    pub(crate) before: Option<&'a Ir>,
    pub(crate) after: Option<&'a Ir>,
    pub(crate) provenance: Option<&'a Provenance>,
}

/// Returns consents and approvers after the change.
pub(crate) fn approvals(sides: &[Sides<'_>], access: &[AccessChange]) -> Approvals {
    let consents = |wanted: fn(&ApprovalAnswer) -> bool| {
        let found = sides.iter().map(|side| {
            let states = side.after.map_or(&[][..], |ir| &ir.approvals);
            let states = states.iter().filter(|state| wanted(&state.answer));
            (side.gateway.to_owned(), states.map(|state| consent(side, state)).collect())
        });
        let merged = merge::<Consent>(found).into_iter();
        merged.map(|(gateways, consent)| Consent { gateways, ..consent }).collect()
    };
    Approvals {
        missing: consents(|answer| matches!(answer, ApprovalAnswer::Missing)),
        void: consents(|answer| matches!(answer, ApprovalAnswer::Void { .. })),
        approvers: approvers(sides, access),
    }
}

fn consent(side: &Sides<'_>, state: &ApprovalState) -> Consent {
    let place = |state: &ApprovalState| (state.requirement.clone(), state.model.clone(), state.subscription.clone());
    let earlier = side.before.into_iter().flat_map(|ir| &ir.approvals).find(|earlier| place(earlier) == place(state));
    let was_open = earlier.is_some_and(|earlier| !matches!(earlier.answer, ApprovalAnswer::Given { .. }));
    let approval = match &state.answer {
        ApprovalAnswer::Void { approval, .. } | ApprovalAnswer::Given { approval, .. } => approval.clone(),
        ApprovalAnswer::Missing => String::new(),
    };
    let rules = side.provenance.map_or(&[][..], |provenance| &provenance.rules);
    Consent {
        gateways: Vec::new(),
        requirement: state.requirement.clone(),
        role: state.role.clone(),
        model: state.model.clone(),
        subscription: state.subscription.clone(),
        approval,
        by_this_change: !was_open,
        source: rules.get(state.rule as usize).map_or_else(Source::default, Source::clone),
    }
}

/// Owners of models that somebody gains or gets more of, and the roles whose consent such grants rest on.
fn approvers(sides: &[Sides<'_>], access: &[AccessChange]) -> Vec<Approver> {
    let gains = [ChangeClass::Granted, ChangeClass::Widened, ChangeClass::Mixed, ChangeClass::ApprovalRemoved];
    let mut models: BTreeSet<&str> = BTreeSet::new();
    let mut roles: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for change in access.iter().filter(|change| gains.contains(&change.class)) {
        models.extend(change.models.iter().map(String::as_str));
        let sides = [&change.before, &change.after].into_iter().flatten();
        for need in sides.flat_map(|effect| &effect.approvals) {
            let (requirements, of_models) = roles.entry(&need.role).or_default();
            requirements.insert(&need.requirement);
            of_models.extend(change.models.iter().map(String::as_str));
        }
    }
    let mut owners: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for ir in sides.iter().filter_map(|side| side.after.or(side.before)) {
        for model in ir.models.iter().filter(|model| models.contains(&*model.name) && !model.owner.is_empty()) {
            let (people, of_models) = owners.entry(&model.owner).or_default();
            let team = ir.teams.iter().find(|team| team.name == model.owner);
            people.extend(team.into_iter().flat_map(|team| &team.owners).map(String::as_str));
            of_models.insert(&model.name);
        }
    }
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let owners = owners.into_iter().map(|(name, (people, models))| Approver {
        kind: "owner".to_owned(),
        name: name.to_owned(),
        people: owned(people),
        requirements: Vec::new(),
        models: owned(models),
    });
    let roles = roles.into_iter().map(|(name, (requirements, models))| Approver {
        kind: "role".to_owned(),
        name: name.to_owned(),
        people: Vec::new(),
        requirements: owned(requirements),
        models: owned(models),
    });
    owners.chain(roles).collect()
}
