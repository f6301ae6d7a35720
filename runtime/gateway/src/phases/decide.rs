//! May they? One question to the policy; nothing else decides, and anything unclear denies.

use maas_llm::Call;
use maas_schemas::abi::Reason;
use maas_schemas::bundle::{Model, Parameter, Price};
use maas_schemas::decision::Decision;

use super::identify::Caller;
use crate::bundles::bundle::Bundle;
use crate::bundles::policy::PolicyFailure;
use crate::error::{Error, Kind};
use crate::exchange::Exchange;
use crate::headers::one_line;

/// Permission to use a model, with what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) decision: Decision,
    pub(crate) model: Model,
    pub(crate) price: Option<Price>,
}

/// Asks the policy.
pub(crate) fn decide(exchange: &mut Exchange, caller: &Caller, call: &Call) -> Result<Grant, Error> {
    let mut request = caller.request(exchange.record.time_ms);
    request.endpoint = Some(exchange.endpoint);
    request.model = Some(call.model.clone());
    let decision = exchange.bundle.decide(&request).map_err(|failure| {
        exchange.state.bundles.failed(&exchange.bundle);
        exchange.state.metrics.policy_failures.inc();
        undecided(&failure, &call.model)
    })?;
    note(exchange, &decision, &call.model);
    if !decision.is_allowed() {
        return Err(refusal(&exchange.bundle, caller, &call.model, &decision));
    }
    if caller.contradicts {
        let subscription = caller.subscription.as_deref().unwrap_or_default();
        let message = format!("the API key is bound to subscription `{subscription}`, not to the one that was named");
        return Err(Error { reason: Some(Reason::OtherSubscription), ..Error::new(Kind::NotAllowed, message) });
    }
    let bundle = &exchange.bundle;
    let model = decision.model.and_then(|index| bundle.model(index)).cloned();
    let model = model.ok_or_else(|| Error::new(Kind::PolicyFailed, "the policy names no model"))?;
    check_parameters(call, &model)?;
    let price_at = |index: u32| bundle.manifest.prices.get(usize::try_from(index).ok()?)?.at(request.now_ms).copied();
    let price = decision.price.and_then(price_at);
    Ok(Grant { decision, model, price })
}

/// Writes what the decision says into the record, also for a refusal.
fn note(exchange: &mut Exchange, decision: &Decision, asked: &str) {
    let bundle = &exchange.bundle;
    let record = &mut exchange.record;
    let name = |text: Option<&str>| text.unwrap_or_default().to_owned();
    record.verdict = decision.reason;
    record.team = name(decision.team.and_then(|index| bundle.team_name(index)));
    record.subscription = name(decision.subscription.and_then(|index| bundle.subscription_name(index)));
    record.cost_centre = bundle.cost_centre(decision.team, decision.subscription).to_owned();
    let model = decision.model.and_then(|index| bundle.model(index)).map(|model| model.name.as_str());
    // A name that the policy does not know is the client's text: cut, so that it cannot fill the ledger.
    record.model = model.map_or_else(|| asked.chars().take(128).collect(), str::to_owned);
    record.price = decision.price;
    record.rule = decision.rule.and_then(|rule| bundle.rule(rule)).unwrap_or_default();
    exchange.obligations = decision.obligations;
    exchange.decided = true;
}

fn undecided(failure: &PolicyFailure, model: &str) -> Error {
    match failure {
        PolicyFailure::Question(_) => unknown_model(model),
        PolicyFailure::Broken(_) => {
            tracing::error!(%failure, "no decision");
            Error::new(Kind::PolicyFailed, "the policy cannot be asked at the moment")
        }
    }
}

/// Says no. A hidden model that the caller may not use and one that does not exist get the very same bytes.
fn refusal(bundle: &Bundle, caller: &Caller, asked: &str, decision: &Decision) -> Error {
    let model = decision.model.and_then(|index| bundle.model(index));
    let hidden = model.is_some_and(|model| model.hidden);
    let looks_unknown = match decision.reason {
        Reason::UnknownModel => true,
        Reason::NoTeam | Reason::NotGranted => decision.http == 404 || hidden,
        Reason::ModelRetired => hidden,
        _ => false,
    };
    let rule = decision.rule.and_then(|rule| bundle.rule(rule));
    if looks_unknown {
        // The line is for the ledger alone.
        return Error { reason: Some(decision.reason), rule: rule.map(Into::into), ..unknown_model(asked) };
    }
    let team = caller.teams.first().map_or("?", String::as_str);
    let subscription = decision.subscription.and_then(|index| bundle.subscription_name(index));
    let subscription = subscription.or(caller.subscription.as_deref()).unwrap_or("?");
    let (kind, message) = match decision.reason {
        Reason::NoTeam => (Kind::NotAllowed, format!("team `{team}` is not known to the policy")),
        Reason::NotGranted => (Kind::NotAllowed, format!("no subscription of team `{team}` grants model `{asked}`")),
        Reason::NotStarted => {
            (Kind::NotAllowed, format!("subscription `{subscription}` for model `{asked}` has not started yet"))
        }
        Reason::Ended => (Kind::NotAllowed, format!("subscription `{subscription}` for model `{asked}` has ended")),
        Reason::ApprovalLapsed => (
            Kind::NotAllowed,
            format!("an approval that subscription `{subscription}` needs for model `{asked}` has lapsed"),
        ),
        Reason::OtherSubscription => (
            Kind::NotAllowed,
            format!("subscription `{subscription}`, which the API key is bound to, does not grant model `{asked}`"),
        ),
        Reason::EndpointNotServed => (Kind::EndpointNotServed, format!("model `{asked}` does not serve this endpoint")),
        Reason::ModelRetired => {
            let replaced = model.map_or("", |model| model.replaced_by.as_str());
            let hint = if replaced.is_empty() { String::new() } else { format!(", use `{replaced}`") };
            (Kind::ModelRetired, format!("model `{asked}` is retired{hint}"))
        }
        Reason::NotIdentified => (Kind::InvalidKey, "the request carries no identity".to_owned()),
        _ => (Kind::PolicyFailed, "the policy could not decide".to_owned()),
    };
    Error { reason: Some(decision.reason), ..Error::new(kind, one_line(&message)) }.at(rule)
}

/// Returns the answer for a model that does not exist or looks as if.
pub(crate) fn unknown_model(asked: &str) -> Error {
    let asked: String = asked.chars().take(128).collect();
    Error::new(Kind::ModelNotFound, one_line(&format!("the model `{asked}` does not exist or is not available to you")))
        .param("model")
}

/// Checks the bounds that the model sets to numbers of the request.
fn check_parameters(call: &Call, model: &Model) -> Result<(), Error> {
    for (name, bounds) in &model.parameters {
        let Some(number) = call.number(name)? else { continue };
        if !is_within(number, bounds) {
            let message = match (&bounds.min, &bounds.max) {
                (Some(min), Some(max)) => {
                    format!("`{name}` must be between {min} and {max} for model `{}`", model.name)
                }
                (Some(min), None) => format!("`{name}` must be at least {min} for model `{}`", model.name),
                (_, max) => {
                    format!("`{name}` must be at most {} for model `{}`", max.as_deref().unwrap_or("0"), model.name)
                }
            };
            let error = Error::new(Kind::BadRequest, message).param(name.as_str());
            return Err(Error { code: Some("parameter_out_of_bounds".into()), ..error });
        }
    }
    Ok(())
}

/// A bound that is no number lets nothing through.
fn is_within(number: f64, bounds: &Parameter) -> bool {
    let holds = |bound: &Option<String>, test: fn(f64, f64) -> bool| {
        bound.as_ref().is_none_or(|text| text.parse().is_ok_and(|bound| test(number, bound)))
    };
    holds(&bounds.min, |number, min| number >= min) && holds(&bounds.max, |number, max| number <= max)
}

/// Returns the members that the model fills in when the client leaves them out.
pub(crate) fn defaults(model: &Model) -> Vec<(&str, &str)> {
    model
        .parameters
        .iter()
        .filter_map(|(name, parameter)| Some((name.as_str(), parameter.default.as_deref()?)))
        .collect()
}
