//! Does it fit? The most that the request can use is held of every limit together, or of none.

use std::sync::atomic::Ordering;
use std::time::Duration;

use maas_llm::Call;
use maas_quota::bound::{Shape, Shrink, bound};
use maas_quota::limit::{Caller as Named, order};
use maas_schemas::abi::{Endpoint, Measure, Reason};
use maas_schemas::bundle::Model;
use maas_schemas::usage::UsageFlag;

use super::decide::Grant;
use super::identify::Caller;
use crate::error::{Error, Kind, Retry};
use crate::exchange::{Exchange, Reservation, whose};
use crate::headers::one_line;
use crate::store::counters::{Refused, ReserveError};
use crate::telemetry::rate_limits::Standing;

/// What a chat template, a hidden prompt and the declaration of tools may add to the bytes of the body.
const PER_REQUEST: u64 = 64;
const PER_MESSAGE: u64 = 16;
const WITH_TOOLS: u64 = 512;
const PER_TOOL: u64 = 64;
/// No provider counts more for one image or file page than this; the context window is the bound where it is known.
const PER_MEDIUM: u64 = 65_536;
/// Waits are spread upwards by at most this much, so that refused clients do not all come back in one moment.
const LONGEST_SPREAD_MS: u64 = 5_000;

/// Holds what the request can use at most, and writes the output cap that goes with it into the exchange.
pub(crate) async fn reserve(exchange: &mut Exchange, caller: &Caller, call: &Call, grant: &Grant) -> Result<(), Error> {
    let bundle = std::sync::Arc::clone(&exchange.bundle);
    let decision = &grant.decision;
    let bound = bound(&shape(call, grant), Shrink::of(&decision.limits));
    let named = Named {
        key: caller.key_id.as_deref(),
        user: caller.user.as_deref(),
        service_account: None,
        team: &exchange.record.team,
        organization: &bundle.manifest.organization,
        subscription: &exchange.record.subscription,
        model: &grant.model.name,
    };
    let team_name = |index| bundle.team_name(index);
    let order = order(&decision.limits, &named, &bound, grant.price.as_ref(), team_name).map_err(|error| {
        tracing::error!(%error, "a limit of the policy makes no sense");
        Error::new(Kind::PolicyFailed, "a limit of the policy makes no sense")
    })?;
    let now_ms = exchange.record.time_ms;
    let on_store_failure = bundle.manifest.on_store_failure;
    let held = exchange.state.counters.reserve(order, &bundle.zone, on_store_failure, now_ms).await;
    let held = held.map_err(|error| refusal(exchange, error))?;
    let output = u64::from(held.output_cap()).saturating_mul(u64::from(bound.choices));
    exchange.record.reserved_tokens = bound.input.saturating_add(output);
    if held.is_shortened() {
        exchange.record.flag(UsageFlag::Shortened);
    }
    if held.is_unverified() {
        exchange.record.flag(UsageFlag::Unverified);
    }
    exchange.reservation = Some(Reservation { held, input: bound.input, output, choices: bound.choices, doubtful: 0 });
    exchange.total_timeout_ms = grant.model.total_timeout_ms;
    exchange.progress.drain.store(grant.model.on_disconnect == "drain", Ordering::Relaxed);
    Ok(())
}

fn shape(call: &Call, grant: &Grant) -> Shape {
    let parts = &call.shape;
    let tools = u64::from(parts.tools);
    let with_tools = if tools > 0 { WITH_TOOLS } else { 0 };
    let declared = PER_REQUEST
        .saturating_add(u64::from(parts.messages).saturating_mul(PER_MESSAGE))
        .saturating_add(tools.saturating_mul(PER_TOOL))
        .saturating_add(with_tools)
        .saturating_add(u64::from(parts.media).saturating_mul(PER_MEDIUM));
    Shape {
        body_bytes: u64::try_from(call.object().bytes().len()).unwrap_or(u64::MAX),
        declared_tokens: declared,
        exact_input: None,
        context_window: context_window(call, &grant.model),
        choices: choices(call, &grant.model),
        asked_output: call.output_cap.map(|cap| u32::try_from(cap).unwrap_or(u32::MAX)),
        policy_output: least(grant.decision.max_output_tokens, grant.model.max_output_tokens),
    }
}

/// Returns how many answers are generated, with the defaults of the model.
fn choices(call: &Call, model: &Model) -> u32 {
    call.choices_with(|name| model.parameters.get(name)?.default.as_ref()?.parse().ok())
}

/// Returns the most input that one request can have; several prompts or texts in one body have a window each.
fn context_window(call: &Call, model: &Model) -> u64 {
    match call.endpoint {
        Endpoint::Completions | Endpoint::Embeddings => {
            model.context_window.saturating_mul(u64::from(call.shape.messages.max(1)))
        }
        _ => model.context_window,
    }
}

/// Returns the smaller of two caps, where 0 is none.
fn least(left: u32, right: u32) -> u32 {
    match (left, right) {
        (0, cap) | (cap, 0) => cap,
        (left, right) => left.min(right),
    }
}

fn refusal(exchange: &mut Exchange, error: ReserveError) -> Error {
    match error {
        ReserveError::StoreUnavailable => {
            Error::new(Kind::QuotaStoreUnavailable, "the store of counters does not answer")
        }
        ReserveError::Refused(refused) => {
            if refused.fragmented {
                exchange.state.metrics.lease_fragmentation.inc();
            }
            exchange.refused = Some(Standing::of_refusal(&refused));
            refused_by_limit(exchange, &refused)
        }
    }
}

/// Says which limit refused, how far it is used, whose it is and when it resets.
fn refused_by_limit(exchange: &Exchange, refused: &Refused) -> Error {
    let bundle = &exchange.bundle;
    let refusal = &refused.refusal;
    // What only requests in flight stand in the way of may fit as soon as one of them settles.
    let is_held = matches!(refusal.reason, Reason::RateLimited | Reason::QuotaExhausted)
        && refusal.used.saturating_add(refusal.needed) <= refusal.limit;
    let kind = match refusal.reason {
        _ if is_held => Kind::RateLimited,
        Reason::RequestTooLarge => Kind::RequestExceedsLimit,
        Reason::ConcurrencyLimited => Kind::ConcurrencyLimited,
        Reason::RateLimited => Kind::RateLimited,
        Reason::QuotaExhausted => Kind::QuotaExhausted,
        _ => Kind::QuotaStoreUnavailable,
    };
    let name = bundle.limit_name(refused.limit.name).unwrap_or("unnamed");
    let unit = match refused.limit.measure {
        Measure::Tokens => "tokens".to_owned(),
        Measure::Requests => "requests".to_owned(),
        Measure::Concurrency => "requests at once".to_owned(),
        Measure::Cost => bundle.manifest.currency.clone(),
    };
    let amount = |amount: u64| match refused.limit.measure {
        Measure::Cost => money(amount),
        _ => amount.to_string(),
    };
    let scope = whose(&refused.counter);
    let mut message = format!("limit `{name}` of `{scope}` ");
    match kind {
        Kind::RequestExceedsLimit => message.push_str(&format!(
            "allows {} {unit}, this request alone needs {}",
            amount(refusal.limit),
            amount(refusal.needed)
        )),
        _ => message.push_str(&format!(
            "is {}: {} used and {} in flight of {} {unit}, this request needs {}",
            if is_held { "held by requests in flight" } else { "used up" },
            amount(refusal.used),
            amount(refusal.reserved),
            amount(refusal.limit),
            amount(refusal.needed)
        )),
    }
    let mut retry = Retry::Never;
    if is_held || kind == Kind::ConcurrencyLimited {
        retry = Retry::After(Duration::from_secs(1 + exchange.state.request_ids.seed() % 3));
    } else if let Some(reset_ms) = refusal.reset_ms {
        let wait_ms = u64::try_from(reset_ms.saturating_sub(exchange.record.time_ms)).unwrap_or(0);
        message.push_str(&format!(", resets in {}", duration(wait_ms)));
        retry = Retry::After(Duration::from_millis(spread(wait_ms, exchange.state.request_ids.seed())));
    }
    let subscription = &exchange.record.subscription;
    message.push_str(&format!("; subscription `{subscription}`"));
    let error = Error { limit: Some(name.into()), ..Error::new(kind, one_line(&message)) };
    error.retry(retry).at(bundle.rule(refused.limit.rule))
}

/// Spreads a wait upwards by up to a tenth, at most some seconds.
fn spread(wait_ms: u64, seed: u64) -> u64 {
    let room = (wait_ms / 10).min(LONGEST_SPREAD_MS);
    wait_ms.saturating_add(seed % (room + 1))
}

/// Returns a time for people: the two largest units.
fn duration(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000).max(1);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Returns an amount of money from its billionths, rounded down to hundredths of a cent.
fn money(billionths: u64) -> String {
    format!("{}.{:04}", billionths / 1_000_000_000, billionths % 1_000_000_000 / 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_of_zero_are_none() {
        assert_eq!([least(0, 0), least(5, 0), least(0, 7), least(5, 7)], [0, 5, 7, 5]);
    }

    #[test]
    fn waits_are_spread_upwards_only() {
        for seed in 0..5_000 {
            assert!((10_000..=11_000).contains(&spread(10_000, seed)));
            assert!((1_000_000..=1_005_000).contains(&spread(1_000_000, seed)));
        }
        assert_eq!(spread(5, 3), 5);
    }

    #[test]
    fn people_read_times_and_money() {
        assert_eq!(
            [duration(1), duration(61_000), duration(3_700_000), duration(90_000_000)],
            ["1 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]
        );
        assert_eq!(money(12_345_678_900), "12.3456");
    }
}
