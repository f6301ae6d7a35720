//! `PolicyTest.spec`.

use super::Decoder;
use super::field::{Field, State};
use crate::ast::{Caller, Case, Expectation, Matrix, PolicyTest, TestRequest};
use crate::rules;
use crate::tree::NodeId;
use maas_schemas::abi::Reason;

const VERDICTS: &[(bool, &str)] = &[(true, "allow"), (false, "deny")];

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<PolicyTest> {
    let [cases, matrix, _gateways] = decoder.section(spec, "PolicyTest.spec", ["cases", "matrix", "gateways"])?;
    if !cases.is_present() && !matrix.is_present() {
        let place = decoder.place_of_missing(cases);
        decoder.acc.push(rules::missing_field::one_of(place, cases.of, &["cases", "matrix"]));
    }
    Some(PolicyTest { cases: decoder.list(cases, case), matrix: matrix_of(decoder, matrix) })
}

fn case(decoder: &mut Decoder<'_>, node: NodeId) -> Option<Case> {
    let [name, caller, request, at, gateway, expect] =
        decoder.fields(node, "PolicyTest.spec.cases", ["name", "as", "request", "at", "gateway", "expect"])?;
    let name = decoder.required_text(name);
    let caller = caller_of(decoder, caller);
    let request = request_of(decoder, request);
    let at_text = decoder.text(at);
    let gateway_text = decoder.text(gateway);
    let expect = expectation(decoder, expect);
    if at.is_present() && at_text.is_none() || gateway.is_present() && gateway_text.is_none() {
        return None;
    }
    Some(Case {
        span: decoder.tree.span(node),
        name: name?,
        caller: caller?,
        request: request?,
        at: at_text,
        gateway: gateway_text,
        expect: expect?,
    })
}

fn caller_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Caller> {
    decoder.require(field);
    let names = ["team", "user", "groups", "serviceAccount"];
    let [team, user, groups, service_account] = decoder.section(field, "PolicyTest.spec.cases.as", names)?;
    if [team, user, groups, service_account].iter().all(|field| !field.is_present()) {
        let place = decoder.place_of_missing(team);
        decoder.acc.push(rules::missing_field::one_of(place, team.of, &names));
        return None;
    }
    Some(Caller {
        team: decoder.text(team),
        user: decoder.text(user),
        groups: decoder.texts(groups),
        service_account: decoder.text(service_account),
    })
}

fn request_of(decoder: &mut Decoder<'_>, field: Field) -> Option<TestRequest> {
    decoder.require(field);
    let [model, endpoint, subscription] =
        decoder.section(field, "PolicyTest.spec.cases.request", ["model", "endpoint", "subscription"])?;
    let model = decoder.required_text(model);
    let endpoint_value = decoder.endpoint(endpoint);
    let subscription_text = decoder.text(subscription);
    if endpoint.is_present() && endpoint_value.is_none() || subscription.is_present() && subscription_text.is_none() {
        return None;
    }
    Some(TestRequest { model: model?, endpoint: endpoint_value, subscription: subscription_text })
}

fn expectation(decoder: &mut Decoder<'_>, field: Field) -> Option<Expectation> {
    decoder.require(field);
    let [allow, reason, subscription, upstream, limits] = decoder.section(
        field,
        "PolicyTest.spec.cases.expect",
        ["allow", "reason", "subscription", "upstream", "limits"],
    )?;
    decoder.require(allow);
    let allow = decoder.boolean(allow);
    let reasons: Vec<(Reason, &'static str)> = Reason::ALL.iter().map(|reason| (*reason, reason.name())).collect();
    let reason = decoder.word(reason, &reasons);
    let subscription = decoder.text(subscription);
    let upstream = decoder.text(upstream);
    let limits = decoder.limits(limits);
    Some(Expectation { allow: allow?, reason, subscription, upstream, limits })
}

fn matrix_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Matrix> {
    let span = decoder.value(field).map(|node| decoder.tree.span(node))?;
    let [at, gateway, endpoint, models, rows] =
        decoder.section(field, "PolicyTest.spec.matrix", ["at", "gateway", "endpoint", "models", "rows"])?;
    let at_text = decoder.text(at);
    let gateway_text = decoder.text(gateway);
    let endpoint_value = decoder.endpoint(endpoint);
    decoder.require(models);
    decoder.require(rows);
    let columns = decoder.value(models).map(|node| (decoder.tree.items(node).len(), decoder.tree.span(node)));
    let model_names = decoder.optional_texts(models);
    let rows = decoder.entries(rows, |decoder, entry| {
        let cells = decoder.words(entry, VERDICTS)?;
        let State::Present { key, value } = entry.state else { return None };
        let n_cells = decoder.tree.items(value).len();
        if let Some((n_columns, place)) = columns
            && n_cells != n_columns
        {
            let (span, row) = (decoder.tree.span(key), decoder.tree.text(key).unwrap_or(""));
            decoder.acc.push(rules::matrix_shape::finding(span, row, n_cells, place, n_columns));
            return None;
        }
        // A row that lost a cell would say something about the wrong models.
        (cells.len() == n_cells).then_some(cells)
    });
    let models = model_names.filter(|names| columns.is_some_and(|(n_columns, _)| names.len() == n_columns));
    let is_whole = at.is_present() == at_text.is_some()
        && gateway.is_present() == gateway_text.is_some()
        && endpoint.is_present() == endpoint_value.is_some();
    if !is_whole {
        return None;
    }
    Some(Matrix { span, at: at_text, gateway: gateway_text, endpoint: endpoint_value, models: models?, rows })
}
