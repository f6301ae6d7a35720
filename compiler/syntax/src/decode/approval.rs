//! `Approval.spec`.

use super::Decoder;
use super::field::Field;
use crate::ast::{Approval, ApprovalFor};
use crate::rules;

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Approval> {
    let [subject, requirement, approved_by, role, date, expires_at, ticket, comment, digest, _gateways] = decoder
        .section(
            spec,
            "Approval.spec",
            [
                "for",
                "requirement",
                "approvedBy",
                "role",
                "date",
                "expiresAt",
                "ticket",
                "comment",
                "digest",
                "gateways",
            ],
        )?;
    let subject = subject_of(decoder, subject);
    let requirement = decoder.required_text(requirement);
    let approved_by = decoder.required_text(approved_by);
    let role = decoder.required_text(role);
    let date = decoder.required_text(date);
    let expires_at = decoder.text(expires_at);
    let ticket = decoder.text(ticket);
    let comment = decoder.text(comment);
    let digest = decoder.text(digest);
    Some(Approval {
        subject: subject?,
        requirement: requirement?,
        approved_by: approved_by?,
        role: role?,
        date: date?,
        expires_at,
        ticket,
        comment,
        digest,
    })
}

fn subject_of(decoder: &mut Decoder<'_>, field: Field) -> Option<ApprovalFor> {
    decoder.require(field);
    let [model, subscription] = decoder.section(field, "Approval.spec.for", ["model", "subscription"])?;
    if !model.is_present() && !subscription.is_present() {
        let place = decoder.place_of_missing(model);
        decoder.acc.push(rules::missing_field::one_of(place, model.of, &["model", "subscription"]));
        return None;
    }
    let subject = ApprovalFor { model: decoder.text(model), subscription: decoder.text(subscription) };
    // Half of a subject would be another subject.
    let is_whole =
        subject.model.is_some() == model.is_present() && subject.subscription.is_some() == subscription.is_present();
    is_whole.then_some(subject)
}
