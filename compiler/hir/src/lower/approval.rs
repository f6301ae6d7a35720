//! `Approval`: who consented to what.

use maasc_diagnostics::Spanned;
use maasc_syntax::ast::{self, Kind, Spec};

use super::{Cover, Lowering, Subject, text};
use crate::hir::{Approval, Organization};
use crate::ids::{ModelId, RequirementId, SubscriptionId};
use crate::rules::{approval_subject, bad_digest, ends_before_it_starts, unknown_requirement, unknown_role};

pub(super) fn lower(lowering: &mut Lowering<'_>, organization: &Organization) -> Vec<Approval> {
    let subjects = lowering.subjects(Kind::Approval);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Approval(spec) = &subject.document.spec else { return None };
        approval(lowering, subject, spec, organization)
    });
    lowered.collect()
}

fn approval<'a>(
    lowering: &mut Lowering<'a>,
    subject: Subject<'a>,
    spec: &ast::Approval,
    organization: &Organization,
) -> Option<Approval> {
    let model = spec.subject.model.as_ref().map(|name| lowering.resolve(subject, Kind::Model, name, Cover::Any));
    let subscription = spec.subject.subscription.as_ref();
    let subscription = subscription.map(|name| lowering.resolve(subject, Kind::Subscription, name, Cover::Any));
    let requirement = requirement(lowering, subject, spec);
    let approved_by = lowering.person(subject, &spec.approved_by);
    let role = role(lowering, subject, spec, organization, requirement.as_ref());
    let date = lowering.time(subject, Some(&spec.date));
    let expires_at = spec.expires_at.as_ref().map(|text| lowering.time(subject, Some(text)));
    let digest = spec.digest.clone().filter(|digest| {
        let finding = bad_digest::check(digest);
        let is_good = finding.is_none();
        finding.into_iter().for_each(|finding| lowering.acc.push(finding));
        is_good
    });
    if let (Some(date), Some(Some(end))) = (&date, &expires_at)
        && end.value <= date.value
    {
        lowering.acc.push(ends_before_it_starts::finding("approval", &subject.document.metadata.name, date, end));
        lowering.mark_broken(subject);
    }
    let requirement = requirement?;
    let asks = organization.requirements.get(requirement.value.index());
    if let Some(finding) = asks.and_then(|asks| approval_subject::check(subject.document, &spec.subject, asks)) {
        lowering.acc.push(finding);
        return None;
    }
    if lowering.is_broken(Kind::Approval, subject.index) {
        return None;
    }
    Some(Approval {
        header: lowering.header(subject),
        model: model.flatten().map(|id| id.map(ModelId)),
        subscription: subscription.flatten().map(|id| id.map(SubscriptionId)),
        requirement,
        approved_by: approved_by?,
        role: role?,
        date: date?,
        expires_at: expires_at.flatten(),
        ticket: text(spec.ticket.as_ref()),
        digest,
    })
}

fn requirement(
    lowering: &mut Lowering<'_>,
    subject: Subject<'_>,
    spec: &ast::Approval,
) -> Option<Spanned<RequirementId>> {
    let name = &spec.requirement;
    match lowering.requirements.iter().find(|(known, _)| *known == name.value) {
        Some((_, index)) => index.map(|index| Spanned::new(RequirementId(index), name.span)),
        None => {
            let names = lowering.requirements.iter().map(|(known, _)| known.as_str());
            let finding = unknown_requirement::finding(names, subject.document, name);
            if !lowering.organization_is_damaged {
                lowering.acc.push(finding);
            }
            lowering.mark_broken(subject);
            None
        }
    }
}

fn role(
    lowering: &mut Lowering<'_>,
    subject: Subject<'_>,
    spec: &ast::Approval,
    organization: &Organization,
    requirement: Option<&Spanned<RequirementId>>,
) -> Option<Spanned<String>> {
    let wanted = requirement.and_then(|id| organization.requirements.get(id.value.index()));
    let finding = if !organization.roles.contains_key(&spec.role.value) {
        let names = organization.roles.keys().map(String::as_str);
        let who = format!("approval `{}`", subject.document.metadata.name.value);
        unknown_role::finding(names, &who, &spec.role)
    } else if let Some(wanted) = wanted.filter(|wanted| wanted.role.value != spec.role.value) {
        unknown_role::other(&subject.document.metadata.name.value, &spec.role, wanted)
    } else {
        return Some(spec.role.clone());
    };
    if !lowering.organization_is_damaged {
        lowering.acc.push(finding);
    }
    lowering.mark_broken(subject);
    None
}
