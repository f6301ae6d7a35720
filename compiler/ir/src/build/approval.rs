//! Whose consent: which grants need an approval, what answers it, and until when.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use maasc_diagnostics::Diagnostics;
use maasc_hir::hir::{self, Hir};
use maasc_hir::ids::{ModelId, RequirementId, SubscriptionId};
use maasc_hir::units::Time;

use super::consent::consent;
use super::tables::{Tables, View, tables};
use crate::cel::{Combination, Condition, EvalError, Memo, Subject, Tuple, over_grants};
use crate::digest;
use crate::ir::{ALWAYS, ApprovalAnswer, ApprovalState, NEVER};
use crate::provenance::Rules;
use crate::rules::expression_fails;

/// Which approvals each grant rests on.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Sorted.
    pub(super) states: Vec<ApprovalState>,
    /// By number of the model: what is asked once per model.
    of_model: BTreeMap<u32, Vec<u32>>,
    /// By subscription.
    of_subscription: BTreeMap<u32, SubscriptionNeeds>,
}

#[derive(Debug, Default)]
struct SubscriptionNeeds {
    /// Principals that need the same.
    groups: Vec<Vec<u32>>,
    /// By (group, model).
    of_cell: BTreeMap<(u32, u32), Vec<u32>>,
}

impl Needs {
    /// Returns which of the consents that a grant rests on are states.
    pub(super) fn states_of(&self, needs: &[u32]) -> Vec<u32> {
        needs.iter().copied().filter(|number| *number != UNANSWERED).collect()
    }

    /// Returns what a grant rests on, ascending.
    pub(super) fn of(&self, subscription: u32, group: u32, model: u32) -> Vec<u32> {
        let cells = self.of_subscription.get(&subscription).map(|needs| &needs.of_cell);
        let own = cells.and_then(|cells| cells.get(&(group, model))).into_iter().flatten();
        let mut needs: Vec<u32> = self.of_model.get(&model).into_iter().flatten().chain(own).copied().collect();
        needs.sort_unstable();
        needs
    }

    /// Returns the principals of a subscription by what they need.
    pub(super) fn groups(&self, subscription: u32, principals: &[u32]) -> Vec<(u32, Vec<u32>)> {
        match self.of_subscription.get(&subscription) {
            Some(needs) => (0..).zip(needs.groups.iter().cloned()).collect(),
            None => vec![(0, principals.to_vec())],
        }
    }

    /// Returns until when a consent stands.
    pub(super) fn until_ms(&self, approval: u32) -> i64 {
        match self.states.get(approval as usize).map(|state| &state.answer) {
            Some(ApprovalAnswer::Given { until_ms, .. }) => *until_ms,
            _ => ALWAYS,
        }
    }
}

/// Which principals of a subscription meet a requirement for which models.
type Meeting<'h> = BTreeMap<(RequirementId, &'h [u32]), BTreeSet<u32>>;

/// What a requirement asks consent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    requirement: RequirementId,
    subscription: Option<SubscriptionId>,
    model: Option<ModelId>,
}

/// What answers, and what an answer must be bound to.
#[derive(Debug)]
struct Answer {
    answer: ApprovalAnswer,
    digest: String,
}

impl Asked {
    /// Returns what an approval speaks of.
    fn by(approval: &hir::Approval) -> Self {
        Self {
            requirement: approval.requirement.value,
            subscription: approval.subscription.as_ref().map(|subscription| subscription.value),
            model: approval.model.as_ref().map(|model| model.value),
        }
    }
}

/// Principals × models of one subscription for which a requirement holds.
#[derive(Debug)]
struct Holding {
    requirement: RequirementId,
    subscription: u32,
    principals: Vec<u32>,
    models: Vec<u32>,
    tuple: Tuple,
}

/// What requirements hold for.
#[derive(Debug, Default)]
struct Held {
    /// (Requirement, model), where it is asked once per model.
    per_model: BTreeSet<(RequirementId, u32)>,
    holding: Vec<Holding>,
    /// Requirements that failed for something: their consents are needed where they hold or fail, and nothing answers.
    failed: BTreeSet<RequirementId>,
}

/// The number of a consent that nothing answers and that is no state: its requirement failed, which was said.
const UNANSWERED: u32 = u32::MAX;

/// Returns which grants need consent. A `when` that fails is a finding, and its consent is then needed.
pub(super) fn needs(hir: &Hir, tables: &Tables<'_>, rules: &mut Rules, acc: &mut Diagnostics) -> Needs {
    if hir.organization.requirements.is_empty() {
        return Needs::default();
    }
    let Held { per_model, holding, failed } = ask(hir, tables, acc);
    if per_model.is_empty() && holding.is_empty() {
        return Needs::default();
    }
    let workspace = if is_divided(hir) {
        let (workspace, held) = whole(hir, tables.at);
        Workspace::new(hir, Cow::Owned(workspace), &held.holding)
    } else {
        Workspace::new(hir, Cow::Borrowed(tables), &holding)
    };
    let mut asked: BTreeMap<Asked, Answer> = BTreeMap::new();
    let mut answer = |asking: Asked| {
        let answer = asked.entry(asking).or_insert_with(|| workspace.answer(tables.view, asking));
        (asking, rank(&answer.answer))
    };
    // By what is asked for, as answers choose it: a consent to one model of a subscription before one to all of them.
    let of_model: BTreeMap<(RequirementId, u32), Asked> = per_model
        .iter()
        .filter(|(requirement, _)| !failed.contains(requirement))
        .map(|&(requirement, model)| {
            let asking = Asked { requirement, subscription: None, model: tables.routing.id(model) };
            ((requirement, model), answer(asking).0)
        })
        .collect();
    // What was read does not matter from here on, only for which models the requirement holds.
    let mut by_subscription: BTreeMap<u32, Meeting<'_>> = BTreeMap::new();
    for holding in &holding {
        let meeting = by_subscription.entry(holding.subscription).or_default();
        meeting.entry((holding.requirement, &holding.models)).or_default().extend(&holding.principals);
    }
    let mut of_cell: BTreeMap<(RequirementId, u32, u32), Asked> = BTreeMap::new();
    for (number, meeting) in &by_subscription {
        let subscription = tables.sources.get(*number as usize).copied();
        let answerable = meeting.keys().filter(|(requirement, _)| !failed.contains(requirement));
        for (requirement, model) in answerable.flat_map(|(id, models)| models.iter().map(move |model| (*id, *model))) {
            let whole = Asked { requirement, subscription, model: None };
            let single = Asked { model: tables.routing.id(model), ..whole };
            let has = |asking: &Asked| workspace.candidates(tables.view, *asking).next().is_some();
            of_cell.entry((requirement, *number, model)).or_insert_with(|| {
                let best = [single, whole].into_iter().filter(has).map(&mut answer).min_by_key(|(_, rank)| *rank);
                best.map_or_else(|| answer(whole).0, |(asking, _)| asking)
            });
        }
    }
    // Only what some grant rests on is a state.
    let used: BTreeSet<Asked> = of_model.values().chain(of_cell.values()).copied().collect();
    asked.retain(|asking, _| used.contains(asking));
    let (states, numbers) = workspace.states(asked, rules);
    let number = |asking: &Asked| numbers.get(asking).copied();
    let mut needs = Needs { states, ..Needs::default() };
    for key in &per_model {
        let number = of_model.get(key).and_then(number).unwrap_or(UNANSWERED);
        needs.of_model.entry(key.1).or_default().push(number);
    }
    for (subscription, meeting) in by_subscription {
        let Some(source) = tables.subscriptions.get(subscription as usize) else { continue };
        let number = |requirement, model| {
            of_cell.get(&(requirement, subscription, model)).and_then(number).unwrap_or(UNANSWERED)
        };
        needs.of_subscription.insert(subscription, group(&source.principals, &meeting, number));
    }
    needs
}

/// Groups the principals of a subscription by what they need.
fn group(principals: &[u32], meeting: &Meeting<'_>, number: impl Fn(RequirementId, u32) -> u32) -> SubscriptionNeeds {
    let mut met: BTreeMap<u32, Vec<(RequirementId, &[u32])>> =
        principals.iter().map(|principal| (*principal, Vec::new())).collect();
    for (what, principals) in meeting {
        for principal in principals {
            met.entry(*principal).or_default().push(*what);
        }
    }
    let mut groups: BTreeMap<Vec<(RequirementId, &[u32])>, Vec<u32>> = BTreeMap::new();
    for (principal, what) in met {
        groups.entry(what).or_default().push(principal);
    }
    let mut needs = SubscriptionNeeds::default();
    for ((what, principals), group) in groups.into_iter().zip(0..) {
        needs.groups.push(principals);
        for (requirement, models) in what {
            for model in models {
                needs.of_cell.entry((group, *model)).or_default().push(number(requirement, *model));
            }
        }
    }
    needs
}

/// Returns the models and the grants that meet each requirement.
fn ask(hir: &Hir, tables: &Tables<'_>, acc: &mut Diagnostics) -> Held {
    let granted: BTreeSet<u32> = tables
        .subscriptions
        .iter()
        .filter(|subscription| !subscription.principals.is_empty())
        .flat_map(|subscription| subscription.models.iter().copied())
        .collect();
    let values = tables.values();
    let mut held = Held::default();
    for (requirement, id) in hir.organization.requirements.iter().zip(0..) {
        let id = RequirementId(id);
        // What does not parse is reported elsewhere.
        let Ok(condition) = Condition::new(&requirement.when) else { continue };
        let mut failure: Option<(Subject, EvalError)> = None;
        let mut holds = |answer: Option<&Result<bool, EvalError>>, subject: Subject| match answer {
            Some(Ok(answer)) => *answer,
            Some(Err(error)) => {
                failure.get_or_insert_with(|| (subject, error.clone()));
                true
            }
            None => false,
        };
        if requirement.per_model {
            let mut memo = Memo::new(&condition);
            for model in &granted {
                let subject = Subject { model: Some(*model), ..Subject::default() };
                let answer = memo.evaluate(&values.tuple(condition.reads(), subject));
                if holds(Some(&answer), subject) {
                    held.per_model.insert((id, *model));
                }
            }
        } else {
            over_grants(&[&condition], &values, |combination: &Combination<'_>| {
                let subject = combination.subject();
                if holds(combination.answers.first(), subject) {
                    held.holding.push(Holding {
                        requirement: id,
                        subscription: combination.subscription,
                        principals: combination.principals.to_vec(),
                        models: combination.models.to_vec(),
                        tuple: combination.tuples.first().cloned().unwrap_or_default(),
                    });
                }
            });
        }
        if let Some((subject, error)) = failure {
            held.failed.insert(id);
            let subject = values.describe(subject);
            acc.push(expression_fails::finding(&requirement.when, &subject, &error));
        }
    }
    held
}

/// Says whether environments differ in something that consents are bound to.
fn is_divided(hir: &Hir) -> bool {
    let headers = hir.teams.iter().map(|team| &team.header).chain(hir.models.iter().map(|model| &model.header));
    let headers = headers.chain(hir.providers.iter().map(|provider| &provider.header));
    let mut headers = headers.chain(hir.subscriptions.iter().map(|subscription| &subscription.header));
    headers.any(|header| header.gateways.is_some())
}

/// Returns the tables of the whole workspace and what meets requirements in it.
fn whole(hir: &Hir, at: Time) -> (Tables<'_>, Held) {
    let tables = tables(hir, View::Workspace, at, &mut Rules::default());
    // What fails here fails in an environment as well, where it is reported.
    let held = ask(hir, &tables, &mut Diagnostics::default());
    (tables, held)
}

/// What consents are bound to, and which there are.
struct Workspace<'w, 'a> {
    hir: &'a Hir,
    tables: Cow<'w, Tables<'a>>,
    /// What was read, by requirement and subscription: values with the models for which they were read.
    reads: BTreeMap<(RequirementId, u32), BTreeMap<Tuple, Vec<u32>>>,
    /// By what they speak of, then by name.
    approvals: BTreeMap<Asked, Vec<&'a hir::Approval>>,
}

impl<'w, 'a> Workspace<'w, 'a> {
    fn new(hir: &'a Hir, tables: Cow<'w, Tables<'a>>, holding: &[Holding]) -> Self {
        let mut reads: BTreeMap<(RequirementId, u32), BTreeMap<Tuple, Vec<u32>>> = BTreeMap::new();
        for holding in holding {
            let reads = reads.entry((holding.requirement, holding.subscription)).or_default();
            reads.entry(holding.tuple.clone()).or_default().extend(&holding.models);
        }
        let mut approvals: BTreeMap<Asked, Vec<&'a hir::Approval>> = BTreeMap::new();
        for approval in &hir.approvals {
            approvals.entry(Asked::by(approval)).or_default().push(approval);
        }
        Self { hir, tables, reads, approvals }
    }

    fn requirement(&self, id: RequirementId) -> Option<&'a hir::Requirement> {
        self.hir.organization.requirements.get(id.index())
    }

    /// Returns the documents that speak of what is asked.
    fn candidates(&self, view: View, asked: Asked) -> impl Iterator<Item = &'a hir::Approval> {
        let approvals = self.approvals.get(&asked).into_iter().flatten().copied();
        approvals.filter(move |approval| view.has(&approval.header))
    }

    /// Returns the best answer: the consent that stands longest, else one that is void, else none.
    fn answer(&self, view: View, asked: Asked) -> Answer {
        let digest = self.digest(asked);
        let answers =
            self.candidates(view, asked).filter(|approval| consent(self.hir, approval).counts()).map(|approval| {
                let name = approval.header.name.value.clone();
                let is_bound = digest.is_some() && approval.digest.as_ref().map(|text| &text.value) == digest.as_ref();
                if !is_bound {
                    return ApprovalAnswer::Void { approval: name, rule: 0 };
                }
                ApprovalAnswer::Given {
                    approval: name,
                    approved_by: approval.approved_by.value.text.clone(),
                    date_ms: approval.date.value.0,
                    until_ms: approval.expires_at.as_ref().map_or(NEVER, |time| time.value.0),
                    ticket: approval.ticket.clone(),
                    rule: 0,
                }
            });
        // Documents come by name, so of equals the first by name stays.
        let answer = answers.min_by_key(rank).unwrap_or(ApprovalAnswer::Missing);
        Answer { answer, digest: digest.unwrap_or_default() }
    }

    fn digest(&self, asked: Asked) -> Option<String> {
        let requirement = self.requirement(asked.requirement)?;
        let values = self.tables.values();
        match (asked.subscription, asked.model) {
            (None, Some(model)) => {
                let number = self.tables.routing.number(model)?;
                let condition = Condition::new(&requirement.when).ok()?;
                let tuple = values.tuple(condition.reads(), Subject { model: Some(number), ..Subject::default() });
                Some(digest::of_model(&requirement.name, self.hir, model, &[tuple]))
            }
            (Some(subscription), model) => {
                let number = self.tables.subscription(subscription)?;
                let only = match model {
                    Some(model) => Some(self.tables.routing.number(model)?),
                    None => None,
                };
                let read = self.reads.get(&(asked.requirement, number)).into_iter().flatten();
                let read = read.filter(|(_, models)| only.is_none_or(|only| models.contains(&only)));
                let tuples: Vec<Tuple> = read.map(|(tuple, _)| tuple.clone()).collect();
                let vectors = self.tables.vectors.get(number as usize)?;
                Some(digest::of_subscription(&requirement.name, &values, number, only, vectors, &tuples))
            }
            (None, None) => None,
        }
    }

    /// Returns the states in their order, with rules, and the number of each.
    fn states(&self, asked: BTreeMap<Asked, Answer>, rules: &mut Rules) -> (Vec<ApprovalState>, BTreeMap<Asked, u32>) {
        let state = |(asked, answer): (Asked, Answer)| {
            let requirement = self.requirement(asked.requirement)?;
            let model = asked.model.and_then(|id| self.hir.models.get(id.index()));
            let subscription = asked.subscription.and_then(|id| self.hir.subscriptions.get(id.index()));
            let state = ApprovalState {
                requirement: requirement.name.value.clone(),
                role: requirement.role.value.clone(),
                model: model.map_or_else(String::new, |model| model.header.name.value.clone()),
                subscription: subscription.map_or_else(String::new, |source| source.header.name.value.clone()),
                digest: answer.digest,
                answer: answer.answer,
                rule: 0,
            };
            Some((state, asked))
        };
        let mut states: Vec<(ApprovalState, Asked)> = asked.into_iter().filter_map(state).collect();
        states.sort();
        let organization = format!("Organization/{}", self.hir.organization.header.name.value);
        let asking: BTreeSet<RequirementId> = states.iter().map(|(_, asked)| asked.requirement).collect();
        let lines: BTreeMap<RequirementId, u32> = asking
            .into_iter()
            .filter_map(|id| Some((id, rules.add(self.requirement(id)?.name.span, &organization))))
            .collect();
        for (state, asked) in &mut states {
            state.rule = lines.get(&asked.requirement).copied().unwrap_or_default();
            if let ApprovalAnswer::Void { approval, rule } | ApprovalAnswer::Given { approval, rule, .. } =
                &mut state.answer
            {
                let document = self.hir.approvals.iter().find(|document| document.header.name.value == *approval);
                let span = document.map_or_else(Default::default, |document| document.header.name.span);
                *rule = rules.add(span, &format!("Approval/{approval}"));
            }
        }
        states.into_iter().zip(0..).map(|((state, asked), number)| (state, (asked, number))).unzip()
    }
}

/// Orders answers: the consent that stands longest first.
const fn rank(answer: &ApprovalAnswer) -> (u8, std::cmp::Reverse<i64>) {
    match answer {
        ApprovalAnswer::Given { until_ms, .. } => (0, std::cmp::Reverse(*until_ms)),
        ApprovalAnswer::Void { .. } => (1, std::cmp::Reverse(0)),
        ApprovalAnswer::Missing => (2, std::cmp::Reverse(0)),
    }
}

/// Returns the digest that an approval must carry, `sha256:` and hex; `None` when it speaks of nothing that there is.
///
/// It is the same in all environments: it covers the thing as the whole workspace describes it.
#[must_use]
pub fn approval_digest(hir: &Hir, approval: &hir::Approval, at: Time) -> Option<String> {
    let (tables, held) = whole(hir, at);
    Workspace::new(hir, Cow::Owned(tables), &held.holding).digest(Asked::by(approval))
}
