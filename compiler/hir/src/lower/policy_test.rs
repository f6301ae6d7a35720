//! `PolicyTest`: cases and matrices with their names resolved.

use maasc_diagnostics::Spanned;
use maasc_syntax::ast::{self, Kind, Spec};

use super::{Cover, Lowering, Place, Subject};
use crate::hir::{Case, Matrix, PolicyTest};
use crate::ids::{GatewayId, ModelId, ProviderId, SubscriptionId, TeamId};
use crate::rules::{test_caller, test_contradiction};

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<PolicyTest> {
    let subjects = lowering.subjects(Kind::PolicyTest);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::PolicyTest(spec) = &subject.document.spec else { return None };
        let cases = spec.cases.iter().filter_map(|written| case(lowering, subject, written)).collect();
        let matrix = spec.matrix.as_ref().map(|written| matrix(lowering, subject, written));
        Some(PolicyTest { header: lowering.header(subject), cases, matrix })
    });
    lowered.collect()
}

/// A case with an error is left out: with less than was written it would test something else.
fn case<'a>(lowering: &mut Lowering<'a>, subject: Subject<'a>, written: &'a ast::Case) -> Option<Case> {
    let before = lowering.acc.len();
    let caller = &written.caller;
    let expect = &written.expect;
    test_caller::check(written).into_iter().for_each(|finding| lowering.acc.push(finding));
    test_contradiction::check(expect).into_iter().for_each(|finding| lowering.acc.push(finding));
    let mut resolve =
        |kind, name: Option<&'a ast::Text>| name.and_then(|name| lowering.resolve(subject, kind, name, Cover::Any));
    let team = resolve(Kind::Team, caller.team.as_ref());
    let gateway = resolve(Kind::Gateway, written.gateway.as_ref());
    let expect_subscription = resolve(Kind::Subscription, expect.subscription.as_ref());
    let expect_upstream = resolve(Kind::Provider, expect.upstream.as_ref());
    let user = caller.user.as_ref().and_then(|user| lowering.person(subject, user));
    let groups = lowering.groups(subject, &caller.groups);
    let service_account = caller.service_account.as_ref().and_then(|text| lowering.service_account(subject, text));
    let at = lowering.time(subject, written.at.as_ref());
    let expect_limits = lowering.limits(subject, &expect.limits, Place::Expectation);
    let errors = lowering.acc.iter().skip(before).any(|finding| finding.level == maasc_diagnostics::Level::Error);
    (!errors).then(|| Case {
        span: written.span,
        name: written.name.clone(),
        team: team.map(|id| id.map(TeamId)),
        user,
        groups,
        service_account,
        model: written.request.model.clone(),
        endpoint: written.request.endpoint.as_ref().map(|endpoint| endpoint.value),
        subscription: written.request.subscription.clone(),
        at,
        gateway: gateway.map(|id| id.map(GatewayId)),
        allow: expect.allow.clone(),
        reason: expect.reason.clone(),
        expect_subscription: expect_subscription.map(|id| id.map(SubscriptionId)),
        expect_upstream: expect_upstream.map(|id| id.map(ProviderId)),
        expect_limits,
    })
}

/// A column or row whose name is unknown is left out with its values.
fn matrix<'a>(lowering: &mut Lowering<'a>, subject: Subject<'a>, written: &'a ast::Matrix) -> Matrix {
    let at = lowering.time(subject, written.at.as_ref());
    let gateway = written.gateway.as_ref();
    let gateway = gateway.and_then(|name| lowering.resolve(subject, Kind::Gateway, name, Cover::Any));
    let columns: Vec<Option<Spanned<u32>>> =
        written.models.iter().map(|name| lowering.resolve(subject, Kind::Model, name, Cover::Any)).collect();
    lowering.report_repeats(written.models.iter());
    let mut rows = Vec::with_capacity(written.rows.len());
    for (name, values) in &written.rows {
        let team = lowering.resolve(subject, Kind::Team, name, Cover::Any);
        let Some(team) = team else { continue };
        let kept = values.iter().zip(&columns).filter(|(_, column)| column.is_some()).map(|(value, _)| value.clone());
        rows.push((team.map(TeamId), kept.collect()));
    }
    Matrix {
        span: written.span,
        at,
        gateway: gateway.map(|id| id.map(GatewayId)),
        endpoint: written.endpoint.as_ref().map(|endpoint| endpoint.value),
        models: columns.into_iter().flatten().map(|id| id.map(ModelId)).collect(),
        rows,
    }
}
