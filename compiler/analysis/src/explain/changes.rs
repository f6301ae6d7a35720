//! What would have to change for a refused request, smallest edit first.

use std::collections::BTreeSet;

use maas_schemas::abi::Reason;
use maas_schemas::answers::{Step, Topic};
use maas_schemas::decision::Decision;
use maasc_diagnostics::{Span, nearest};
use maasc_hir::hir::{self, ForEach, Stage};
use maasc_ir::cel::{Subject, Values};
use maasc_ir::ir::{ApprovalAnswer, Model, Subscription};

use super::{Scene, no_source};
use crate::policy_test::gateway_id;
use crate::words::{list, source_at, time};

/// More than these are no help.
const MOST: usize = 5;

impl Scene<'_> {
    /// Returns edits, those that grant least beside what was asked first.
    pub(super) fn changes(&self, decision: &Decision) -> Vec<Step> {
        let model = decision.model.and_then(|index| self.ir.models.get(index as usize));
        let mut changes = match (decision.reason, model) {
            (Reason::UnknownModel, _) => self.for_unknown_model(),
            (Reason::NoTeam, Some(model)) => self.for_no_team(model),
            (Reason::NotGranted, Some(model)) => self.for_not_granted(model),
            (Reason::NotStarted, Some(_)) => self.date(decision, "startsAt", Subscription::starts),
            (Reason::Ended, Some(_)) => self.date(decision, "expiresAt", Subscription::expires),
            (Reason::OtherSubscription, Some(model)) => self.for_other_subscription(model),
            (Reason::EndpointNotServed, Some(model)) => self.for_endpoint(model, decision),
            (Reason::ModelRetired, Some(model)) => self.for_retired(model),
            (Reason::ApprovalLapsed, Some(model)) => self.for_approval(model, decision),
            _ => Vec::new(),
        };
        changes.truncate(MOST);
        changes
    }

    fn change(&self, text: String, span: Span, document: &str) -> Step {
        Step { topic: Topic::Change, text, source: Some(source_at(self.sources, span, document)) }
    }

    fn hir_model(&self, name: &str) -> Option<&hir::Model> {
        self.hir.models.iter().find(|model| model.header.name.value == name)
    }

    fn hir_subscription(&self, name: &str) -> Option<&hir::Subscription> {
        self.hir.subscriptions.iter().find(|subscription| subscription.header.name.value == name)
    }

    fn for_unknown_model(&self) -> Vec<Step> {
        let asked = self.request.model.as_deref().unwrap_or("");
        if let Some(model) =
            self.hir.models.iter().find(|model| {
                model.header.name.value == asked || model.aliases.iter().any(|alias| alias.value == asked)
            })
        {
            let name = &model.header.name.value;
            let document = format!("Model/{name}");
            let text = if model.stage.value == Stage::Draft {
                format!("`{name}` is a draft: set `lifecycle.stage` to `approved`")
            } else {
                format!("`{name}` is not for this gateway: add it to `gateways`")
            };
            let span = if model.stage.value == Stage::Draft { model.stage.span } else { model.header.name.span };
            return vec![self.change(text, span, &document)];
        }
        let names = self.ir.models.iter().flat_map(|model| model.aliases.iter().chain([&model.name]));
        match nearest(asked, names.map(String::as_str)) {
            Some(similar) => vec![no_source(Topic::Change, format!("ask for `{similar}`"))],
            None => vec![no_source(Topic::Change, format!("write a `Model` with the name or alias `{asked}`"))],
        }
    }

    /// Teams that may use the model, those with the fewest other models first.
    fn for_no_team(&self, model: &Model) -> Vec<Step> {
        let what = match (&self.request.service_account, self.request.groups.first(), &self.request.user) {
            (Some(account), _, _) => format!("`{account}` to `members.serviceAccounts`"),
            (None, Some(group), _) => format!("`{group}` to `members.groups`"),
            (None, None, Some(user)) => format!("`{user}` to `members.users`"),
            (None, None, None) => return Vec::new(),
        };
        let index = self.model_index(model);
        let mut teams: Vec<(usize, &str, u32)> = (0..)
            .zip(&self.ir.teams)
            .filter(|(principal, _)| self.ir.candidates(*principal, index).next().is_some())
            .map(|(principal, team)| {
                let all = (0..).zip(&self.ir.models);
                let n_models = all.filter(|(index, _)| self.ir.candidates(principal, *index).next().is_some()).count();
                (n_models, team.name.as_str(), team.rule)
            })
            .collect();
        teams.sort_unstable();
        let mut changes: Vec<Step> = teams
            .into_iter()
            .map(|(n_models, team, rule)| {
                let text = format!("add {what} of team `{team}`, which may use {}", models(n_models));
                self.step(Topic::Change, text, rule)
            })
            .collect();
        if changes.is_empty() {
            let text = "no team may use it: write a `Team` and a `Subscription` for it".to_owned();
            changes.push(no_source(Topic::Change, text));
        }
        changes
    }

    fn model_index(&self, model: &Model) -> u32 {
        self.reference.model(&model.name).unwrap_or(u32::MAX)
    }

    fn for_not_granted(&self, model: &Model) -> Vec<Step> {
        let principals: BTreeSet<u32> = self.reference.principals(&self.request).into_iter().collect();
        let index = self.model_index(model);
        let caller = principals.first().map(|principal| self.ir.principal_name(*principal)).unwrap_or_default();
        let now = self.request.now_ms;
        let in_force =
            |subscription: &&Subscription| subscription.starts_at_ms <= now && now < subscription.expires_at_ms;
        let principal = principals.first().copied();
        let mut edits: Vec<(Option<String>, usize, String, u32)> = Vec::new();
        for (number, subscription) in (0..).zip(&self.ir.subscriptions).filter(|(_, found)| in_force(found)) {
            let name = &subscription.name;
            let grants_caller = subscription.principals.iter().any(|principal| principals.contains(principal));
            let grants_model = subscription.models.contains(&index);
            let (n_cells, text) = if grants_caller && !grants_model {
                let n_cells = subscription.principals.len();
                let who = if n_cells == 1 { "1 caller gains".to_owned() } else { format!("{n_cells} callers gain") };
                (n_cells, format!("let `{name}` grant the model `{}`: {who} it", model.name))
            } else if grants_model && !grants_caller {
                let n_cells = subscription.models.len();
                (n_cells, format!("let `{name}` grant to `{caller}`: it gains {}", models(n_cells)))
            } else {
                continue;
            };
            let subject = Subject { principal, model: Some(index), subscription: Some(number) };
            edits.push((self.forbidden(subject), n_cells, text, subscription.rule));
        }
        // What an invariant forbids comes last: it is no way out, but worth knowing.
        edits.sort();
        let forbids = |invariant: &Option<String>| match invariant {
            Some(name) => format!(" (invariant `{name}` forbids it)"),
            None => String::new(),
        };
        let steps = edits.into_iter().take(MOST - 1).map(|(invariant, _, text, rule)| {
            let text = format!("{text}{}", forbids(&invariant));
            (invariant.is_some(), self.step(Topic::Change, text, rule))
        });
        let mut changes: Vec<(bool, Step)> = steps.collect();
        let own = self.forbidden(Subject { principal, model: Some(index), subscription: None });
        let text = format!("write a `Subscription` of `{caller}` for `{}`{}", model.name, forbids(&own));
        changes.push((own.is_some(), no_source(Topic::Change, text)));
        changes.sort_by_key(|(is_forbidden, _)| *is_forbidden);
        changes.into_iter().map(|(_, step)| step).collect()
    }

    /// Returns an invariant that would not hold for a grant that is not there yet.
    fn forbidden(&self, subject: Subject) -> Option<String> {
        let gateway = gateway_id(self.hir, &self.ir.gateway.name)?;
        let values = Values::of(self.ir);
        let holds = |expression: &hir::Expression| maasc_ir::cel::evaluate(expression, &values, subject);
        let invariants = self
            .hir
            .invariants
            .iter()
            .filter(|invariant| invariant.for_each == ForEach::Grant && invariant.header.is_for(gateway));
        // What cannot be answered without the grant is not known to forbid it.
        let mut broken = invariants.filter(|invariant| {
            invariant.condition.as_ref().is_none_or(|condition| holds(condition) == Ok(true))
                && holds(&invariant.must) == Ok(false)
        });
        broken.next().map(|invariant| invariant.header.name.value.clone())
    }

    fn date(
        &self,
        decision: &Decision,
        field: &str,
        place: fn(&hir::Subscription, &Subscription) -> Option<(Span, i64)>,
    ) -> Vec<Step> {
        let Some(subscription) = self.subscription(decision) else { return Vec::new() };
        let place = self.hir_subscription(&subscription.name).and_then(|found| place(found, subscription));
        let Some((span, now)) = place else { return Vec::new() };
        let text = format!("change `{field}` of `{}` from {}", subscription.name, time(now));
        vec![self.change(text, span, &format!("Subscription/{}", subscription.name))]
    }

    fn subscription(&self, decision: &Decision) -> Option<&Subscription> {
        self.ir.subscriptions.get(decision.subscription? as usize)
    }

    fn for_other_subscription(&self, model: &Model) -> Vec<Step> {
        let candidates = self.candidates(self.model_index(model)).into_iter();
        let names = candidates.filter_map(|(_, grant)| self.ir.subscriptions.get(grant.subscription as usize));
        let mut names: Vec<String> = names.map(|subscription| format!("`{}`", subscription.name)).collect();
        names.dedup();
        let text = format!("name no subscription, or one that grants it: {}", list(&names));
        vec![no_source(Topic::Change, text)]
    }

    fn for_endpoint(&self, model: &Model, decision: &Decision) -> Vec<Step> {
        let endpoint = self.endpoint();
        let served = self.answering(self.model_index(model), decision).map_or(0, |grant| grant.endpoints);
        let mut changes = Vec::new();
        let endpoints = crate::who::endpoints(served);
        if !endpoints.is_empty() {
            changes.push(no_source(Topic::Change, format!("call {} instead", list(&endpoints))));
        }
        if model.endpoints & endpoint.bit() == 0 {
            let text = format!("add `{endpoint}` to `endpoints` of model `{}`", model.name);
            changes.push(self.step(Topic::Change, text, model.rule));
        }
        if let Some(subscription) = self.subscription(decision).filter(|found| found.endpoints & endpoint.bit() == 0) {
            let text = format!("add `{endpoint}` to `endpoints` of subscription `{}`", subscription.name);
            changes.push(self.step(Topic::Change, text, subscription.rule));
        }
        changes
    }

    fn for_retired(&self, model: &Model) -> Vec<Step> {
        let mut changes = Vec::new();
        if !model.replaced_by.is_empty() {
            changes.push(self.step(
                Topic::Change,
                format!("ask for `{}`, which replaces it", model.replaced_by),
                model.rule,
            ));
        }
        if let Some(found) = self.hir_model(&model.name) {
            let document = format!("Model/{}", model.name);
            let change = match &found.retires_at {
                Some(retires_at) if found.stage.value != Stage::Retired => {
                    let text = format!("change `lifecycle.retiresAt` from {}", time(retires_at.value.0));
                    self.change(text, retires_at.span, &document)
                }
                _ => self.change("change `lifecycle.stage` from `retired`".to_owned(), found.stage.span, &document),
            };
            changes.push(change);
        }
        changes
    }

    fn for_approval(&self, model: &Model, decision: &Decision) -> Vec<Step> {
        let Some(grant) = self.answering(self.model_index(model), decision) else { return Vec::new() };
        let states = grant.approvals.iter().filter_map(|index| self.ir.approvals.get(*index as usize));
        states
            .filter_map(|state| match &state.answer {
                ApprovalAnswer::Given { approval, until_ms, rule, .. } if *until_ms <= self.request.now_ms => {
                    let text = format!("let role `{}` renew `{approval}` and its `expiresAt`", state.role);
                    Some(self.step(Topic::Change, text, *rule))
                }
                ApprovalAnswer::Given { .. } => None,
                ApprovalAnswer::Missing | ApprovalAnswer::Void { .. } => {
                    let text = format!("let role `{}` consent to `{}`", state.role, state.requirement);
                    Some(self.step(Topic::Change, text, state.rule))
                }
            })
            .collect()
    }
}

/// Where the dates of a subscription are written.
trait Dates {
    fn starts(document: &hir::Subscription, subscription: &Subscription) -> Option<(Span, i64)>;
    fn expires(document: &hir::Subscription, subscription: &Subscription) -> Option<(Span, i64)>;
}

impl Dates for Subscription {
    fn starts(document: &hir::Subscription, subscription: &Subscription) -> Option<(Span, i64)> {
        Some((document.starts_at.as_ref()?.span, subscription.starts_at_ms))
    }

    fn expires(document: &hir::Subscription, subscription: &Subscription) -> Option<(Span, i64)> {
        Some((document.expires_at.as_ref()?.span, subscription.expires_at_ms))
    }
}

fn models(count: usize) -> String {
    if count == 1 { "1 model".to_owned() } else { format!("{count} models") }
}
