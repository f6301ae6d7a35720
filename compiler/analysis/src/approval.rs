//! Who must agree, and who has: what asks for an approval, and whether the answers hold.

use std::collections::BTreeSet;

use maasc_diagnostics::{Diagnostic, Diagnostics, Span};
use maasc_hir::hir::{Approval, Hir, Requirement};
use maasc_hir::ids::{ModelId, SubscriptionId};
use maasc_hir::units::Time;
use maasc_ir::cel::{Condition, Datum, Subject, Values};
use maasc_ir::ir::{ApprovalAnswer, ApprovalState};
use maasc_ir::{Built, Consent, Standing};

use crate::rules;
use crate::words::{list, time};

/// How many persons of a role a finding names.
const MOST_PERSONS: usize = 3;
/// How many grants are asked for what made a requirement hold.
const MOST_TRIED: usize = 1_000;

/// Reports what lacks an approval, and approvals that do not hold or answer nothing.
pub(crate) fn check(hir: &Hir, built: &[Built], at: Time, acc: &mut Diagnostics) {
    let states = || built.iter().flat_map(|built| built.ir.approvals.iter().map(move |state| (built, state)));
    for approval in &hir.approvals {
        let answered: Vec<&ApprovalState> =
            states().map(|(_, state)| state).filter(|state| answers(hir, approval, state)).collect();
        let Some(requirement) = hir.organization.requirements.get(approval.requirement.value.index()) else { continue };
        if answered.is_empty() {
            acc.push(unneeded(hir, approval, requirement));
            continue;
        }
        let consent = maasc_ir::consent(hir, approval);
        let by_owner = consent.is_refused_owner.then(|| by_owner(hir, approval));
        let role = role(hir, approval, requirement, consent);
        let findings = [binding(approval, &answered), end(approval, at), role, by_owner];
        findings.into_iter().flatten().for_each(|finding| acc.push(finding));
    }
    // The same is missing in every environment: it is said once, with what holds in the first.
    let mut said = BTreeSet::new();
    for (built, state) in states().filter(|(_, state)| state.answer == ApprovalAnswer::Missing) {
        let is_new = said.insert((&state.requirement, &state.model, &state.subscription));
        // An approval that does not hold has its own finding.
        if is_new && !hir.approvals.iter().any(|approval| answers(hir, approval, state)) {
            missing(hir, built, state).into_iter().for_each(|finding| acc.push(finding));
        }
    }
}

/// Says whether an approval is meant for what asks.
fn answers(hir: &Hir, approval: &Approval, state: &ApprovalState) -> bool {
    let requirement = hir.organization.requirements.get(approval.requirement.value.index());
    let model = approval.model.as_ref().and_then(|model| model_name(hir, model.value));
    let subscription = approval.subscription.as_ref().and_then(|id| subscription_name(hir, id.value));
    requirement.is_some_and(|requirement| requirement.name.value == state.requirement)
        && subscription.unwrap_or_default() == state.subscription
        && (model.is_none() || state.model.is_empty() || model == Some(state.model.as_str()))
}

fn model_name(hir: &Hir, model: ModelId) -> Option<&str> {
    hir.models.get(model.index()).map(|model| model.header.name.value.as_str())
}

fn subscription_name(hir: &Hir, subscription: SubscriptionId) -> Option<&str> {
    hir.subscriptions.get(subscription.index()).map(|subscription| subscription.header.name.value.as_str())
}

/// Returns what an approval is for: ``model `gpt-4o` ``.
fn subject(model: &str, subscription: &str) -> String {
    match (model, subscription) {
        (model, "") => format!("model `{model}`"),
        ("", subscription) => format!("subscription `{subscription}`"),
        (model, subscription) => format!("model `{model}` in subscription `{subscription}`"),
    }
}

fn missing(hir: &Hir, built: &Built, state: &ApprovalState) -> Option<Diagnostic> {
    let requirement = hir.organization.requirements.iter().find(|found| found.name.value == state.requirement)?;
    let subscription = hir.subscriptions.iter().find(|found| found.header.name.value == state.subscription);
    let model = hir.models.iter().find(|found| found.header.name.value == state.model);
    let header = match (subscription, model) {
        (Some(subscription), _) => &subscription.header,
        (None, Some(model)) => &model.header,
        (None, None) => return None,
    };
    let subject = subject(&state.model, &state.subscription);
    let mut what: Vec<String> = Vec::new();
    if !state.model.is_empty() {
        what.push(format!("model: {}", state.model));
    }
    if !state.subscription.is_empty() {
        what.push(format!("subscription: {}", state.subscription));
    }
    let message = format!("{subject} needs the approval `{}`, and nobody has given it", state.requirement);
    let mut finding = Diagnostic::new(&rules::approval_missing::RULE, header.name.span, message)
        .label(format!("needs consent of role `{}`", state.role))
        .also(requirement.when.text.span, "because this holds")
        .help(format!(
            "let somebody of role `{}` write an `Approval` for `{{{}}}`, then run `maasc approve`",
            state.role,
            what.join(", ")
        ));
    let persons = persons(hir, &requirement.role.value);
    if !persons.is_empty() {
        finding = finding.note(format!("role `{}`: {}", state.role, list(&persons)));
    }
    finding.values = what_holds(built, requirement, state);
    Some(finding)
}

/// Returns what the names in `when` stood for where it held first.
fn what_holds(built: &Built, requirement: &Requirement, state: &ApprovalState) -> Vec<(String, String)> {
    let ir = &built.ir;
    let Ok(condition) = Condition::new(&requirement.when) else { return Vec::new() };
    let values = Values::of(ir);
    let number = |index: Option<usize>| index.and_then(|index| u32::try_from(index).ok());
    let model = number(ir.models.iter().position(|model| model.name == state.model));
    let subscription = number(ir.subscriptions.iter().position(|found| found.name == state.subscription));
    let source = subscription.and_then(|index| ir.subscriptions.get(index as usize));
    let subjects: Vec<Subject> = match source {
        None => vec![Subject { model, ..Subject::default() }],
        Some(source) => {
            let models =
                source.models.iter().copied().filter(|candidate| model.is_none_or(|model| model == *candidate));
            let grants = models.flat_map(|model| source.principals.iter().map(move |principal| (*principal, model)));
            let subject = |(principal, model)| Subject { principal: Some(principal), model: Some(model), subscription };
            grants.map(subject).take(MOST_TRIED).collect()
        }
    };
    let tuples = subjects.into_iter().map(|subject| values.tuple(condition.reads(), subject));
    let Some(tuple) = tuples.into_iter().find(|tuple| condition.evaluate(tuple) == Ok(true)) else { return Vec::new() };
    let shown = |datum: &Option<Datum>| datum.as_ref().map(ToString::to_string);
    condition.reads().iter().zip(&tuple).filter_map(|(path, datum)| Some((path.to_string(), shown(datum)?))).collect()
}

/// Returns the first persons whom the policy itself puts into a role.
fn persons(hir: &Hir, role: &str) -> Vec<String> {
    let mut named: Vec<String> = members(hir, role).into_iter().map(|(name, _)| format!("`{name}`")).collect();
    named.sort();
    named.dedup();
    let n_more = named.len().saturating_sub(MOST_PERSONS);
    named.truncate(MOST_PERSONS);
    if n_more > 0 {
        named.push(format!("{n_more} more"));
    }
    named
}

fn members<'a>(hir: &'a Hir, role: &str) -> Vec<(&'a str, Span)> {
    let Some(role) = hir.organization.roles.get(role) else { return Vec::new() };
    let teams = role.teams.iter().filter_map(|team| hir.teams.get(team.value.index()));
    let of_teams = teams.flat_map(|team| team.users.iter().chain(&team.owners));
    role.users.iter().chain(of_teams).map(|person| (person.value.text.as_str(), person.span)).collect()
}

fn unneeded(hir: &Hir, approval: &Approval, requirement: &Requirement) -> Diagnostic {
    let model = approval.model.as_ref().and_then(|model| model_name(hir, model.value)).unwrap_or_default();
    let subscription = approval.subscription.as_ref().and_then(|id| subscription_name(hir, id.value));
    let subject = subject(model, subscription.unwrap_or_default());
    let message = format!("{subject} does not need the approval `{}`", requirement.name.value);
    let finding = Diagnostic::new(&rules::approval_unneeded::RULE, approval.requirement.span, message)
        .label("nothing asks for it")
        .also(requirement.when.text.span, "this does not hold for anything that is granted")
        .help("remove the document, or correct `for`");
    if requirement.per_model && approval.subscription.is_some() {
        return finding.note("the requirement reads `model` alone, so it is asked once per model: `for: {model: …}`");
    }
    if !requirement.per_model && approval.subscription.is_none() {
        return finding.note("the requirement is asked once per subscription: `for: {subscription: …}`");
    }
    finding
}

/// Reports an approval that is bound to nothing, or to something that has changed.
fn binding(approval: &Approval, answered: &[&ApprovalState]) -> Option<Diagnostic> {
    let name = &approval.header.name;
    let help = format!("after a new look: `maasc approve {}`", name.value);
    let Some(digest) = &approval.digest else {
        let message = format!("approval `{}` is not bound to what it approves", name.value);
        return Some(
            Diagnostic::new(&rules::approval_unbound::RULE, name.span, message)
                .label("has no `digest`")
                .help(format!("`maasc approve {}` writes it", name.value)),
        );
    };
    let state = answered
        .iter()
        .find(|state| matches!(&state.answer, ApprovalAnswer::Void { approval, .. } if *approval == name.value))?;
    let subject = subject(&state.model, &state.subscription);
    let message = format!("approval `{}` is void: {subject} has changed since", name.value);
    Some(
        Diagnostic::new(&rules::approval_void::RULE, digest.span, message)
            .label("bound to what it was")
            .note(format!("what it is now: {}", state.digest))
            .help(help),
    )
}

fn end(approval: &Approval, at: Time) -> Option<Diagnostic> {
    let expires_at = approval.expires_at.as_ref().filter(|expires_at| expires_at.value <= at)?;
    let message = format!("approval `{}` has expired", approval.header.name.value);
    Some(
        Diagnostic::new(&rules::approval_expired::RULE, expires_at.span, message)
            .label(format!("ended at {}", time(expires_at.value.0)))
            .note("what needs it is refused as `approval-lapsed`")
            .help(format!(
                "renew it: change `date` and `expiresAt`, then `maasc approve {}`",
                approval.header.name.value
            )),
    )
}

/// Reports an approval by somebody who does not have the role. That it is the right role is checked with its name.
fn role(hir: &Hir, approval: &Approval, requirement: &Requirement, consent: Consent) -> Option<Diagnostic> {
    let wanted = requirement.role.value.as_str();
    let person = &approval.approved_by.value.text;
    let role = hir.organization.roles.get(wanted)?;
    match consent.standing {
        Standing::Named => None,
        Standing::Stranger => {
            let message = format!("`{person}` does not have the role `{wanted}`");
            Some(
                Diagnostic::new(&rules::approval_wrong_role::RULE, approval.approved_by.span, message)
                    .label("not a member of the role")
                    .also(role.span, "the role")
                    .help("let a member of the role approve, or add the person to it"),
            )
        }
        Standing::PerhapsByGroup => {
            let teams = role.teams.iter().filter_map(|team| hir.teams.get(team.value.index()));
            let groups: Vec<String> =
                teams.flat_map(|team| &team.groups).map(|group| format!("`{}`", group.value)).collect();
            let message = format!("`{person}` has the role `{wanted}` only as a member of a group");
            Some(
                Diagnostic::new(&rules::approval_by_group::RULE, approval.approved_by.span, message)
                    .label("no document names this person")
                    .also(role.span, "the role")
                    .note(format!("who is in {} only the identity provider knows", list(&groups)))
                    .help("ask for their review (`maasc plan --codeowners`), or name them in the role"),
            )
        }
    }
}

/// Reports the consent of an owner where the requirement refuses it.
fn by_owner(hir: &Hir, approval: &Approval) -> Diagnostic {
    let person = &approval.approved_by.value.text;
    let message = format!("`{person}` owns what is approved, and the rule says `notByOwner`");
    let finding = Diagnostic::new(&rules::approval_by_owner::RULE, approval.approved_by.span, message)
        .label("approves their own")
        .help("let another member of the role approve");
    let model = approval.model.as_ref().and_then(|model| hir.models.get(model.value.index()));
    let subscription = approval.subscription.as_ref().and_then(|id| hir.subscriptions.get(id.value.index()));
    let granted = subscription.into_iter().flat_map(|found| &found.teams).map(|team| team.value);
    let owners = model.and_then(|model| model.owner.as_ref()).map(|owner| owner.value);
    let teams = owners.into_iter().chain(granted).filter_map(|team| hir.teams.get(team.index()));
    let mut places = teams.flat_map(|team| &team.owners).filter(|owner| owner.value.text == *person);
    match places.next() {
        Some(owner) => finding.also(owner.span, "named as an owner here"),
        None => finding,
    }
}

#[cfg(test)]
mod tests;
