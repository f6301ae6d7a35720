//! The reservation becomes the real charge, the rest is refunded, one line is written into the ledger. Once.

use http::Response;
use maas_llm::{Measured, UsageError};
use maas_quota::cost::{Priced, cost};
use maas_quota::settle::Truth;
use maas_schemas::abi::Reason;
use maas_schemas::usage::{TokenCounts, UsageFlag};

use crate::body::Body;
use crate::error::Error;
use crate::exchange::{Exchange, Reservation};
use crate::store::Appended;
use crate::telemetry::log;

/// Ends an exchange without an answer, and returns what the client is told.
pub(crate) fn refuse(mut exchange: Exchange, error: &Error) -> Response<Body> {
    let mut response = error.response();
    exchange.decorate(&mut response);
    if let Some(standing) = &exchange.refused {
        standing.write(response.headers_mut(), exchange.record.time_ms);
    }
    exchange.record.status = response.status().as_u16();
    exchange.record.verdict = error.reason();
    if let Some(limit) = &error.limit {
        limit.as_ref().clone_into(&mut exchange.record.limit);
    }
    if let Some(rule) = &error.rule {
        rule.as_ref().clone_into(&mut exchange.record.rule);
    }
    let mut truth = Truth::NOTHING;
    let mut tokens = TokenCounts::default();
    if let Some(reservation) = &exchange.reservation {
        // An attempt that was sent and not answered may be billed: its bound is the truth, as far as anybody knows.
        truth = doubtful(reservation);
        tokens = TokenCounts { input: truth.tokens.input, output: truth.tokens.output, ..tokens };
        truth.requests = u64::from(exchange.progress.is_sent());
        if reservation.doubtful > 0 {
            exchange.record.flag(UsageFlag::Estimated);
        }
    }
    close(&mut exchange, tokens, &truth);
    response
}

/// Ends an exchange whose answer has passed the meter.
pub(crate) fn answered(exchange: &mut Exchange, measured: &Measured, verdict: Reason) {
    exchange.record.status = 200;
    exchange.record.verdict = verdict;
    let Some(reservation) = &exchange.reservation else {
        close(exchange, TokenCounts::default(), &Truth::NOTHING);
        return;
    };
    let bound_output = reservation.output;
    let mut tokens = match measured.usage {
        Ok(usage) => TokenCounts {
            input: usage.input,
            cached_input: usage.input_cached,
            cache_write: usage.input_cache_write,
            output: usage.output,
            reasoning: usage.output_reasoning,
        },
        // Without the provider's counts the input is what it can be at most, the output what went by.
        Err(_) => TokenCounts {
            input: reservation.input,
            output: measured.emitted.min(bound_output).max(measured.at_least),
            ..TokenCounts::default()
        },
    };
    let earlier = doubtful(reservation);
    if measured.usage.is_err() || reservation.doubtful > 0 {
        exchange.record.flag(UsageFlag::Estimated);
    }
    if measured.usage == Err(UsageError::Invalid) {
        exchange.record.flag(UsageFlag::UsageInvalid);
        exchange.state.metrics.usage_invalid.inc();
    }
    if tokens.output > bound_output {
        exchange.record.flag(UsageFlag::ProviderExceededCap);
    }
    if let Some(model) = &measured.model {
        exchange.record.provider_model = model.chars().take(256).collect();
    }
    tokens.input = tokens.input.saturating_add(earlier.tokens.input);
    tokens.output = tokens.output.saturating_add(earlier.tokens.output);
    let truth = Truth { tokens: priced(&tokens), requests: 1 };
    close(exchange, tokens, &truth);
}

/// Ends an exchange whose client has left before an answer: what a provider may have been asked is charged in full.
pub(crate) fn abandon(exchange: &mut Exchange) {
    exchange.record.verdict = Reason::ClientGone;
    exchange.record.status = 0;
    exchange.record.flag(UsageFlag::ClientGone);
    let mut tokens = TokenCounts::default();
    let mut truth = Truth::NOTHING;
    if let Some(reservation) = &exchange.reservation
        && exchange.progress.is_sent()
    {
        let attempts = reservation.doubtful.saturating_add(1);
        tokens.input = reservation.input.saturating_mul(attempts);
        tokens.output = reservation.output.saturating_mul(attempts);
        truth = Truth { tokens: priced(&tokens), requests: 1 };
        exchange.record.flag(UsageFlag::Estimated);
    }
    close(exchange, tokens, &truth);
}

fn doubtful(reservation: &Reservation) -> Truth {
    let tokens = Priced {
        input: reservation.input.saturating_mul(reservation.doubtful),
        cached_input: 0,
        output: reservation.output.saturating_mul(reservation.doubtful),
    };
    Truth { tokens, requests: 0 }
}

const fn priced(tokens: &TokenCounts) -> Priced {
    Priced { input: tokens.input, cached_input: tokens.cached_input, output: tokens.output }
}

fn close(exchange: &mut Exchange, tokens: TokenCounts, truth: &Truth) {
    if std::mem::replace(&mut exchange.closed, true) {
        return;
    }
    if let Some(reservation) = exchange.reservation.take() {
        let price = reservation.held.order().price;
        exchange.record.cost = price.map_or(0, |price| cost(truth.tokens, &price));
        let receipt = reservation.held.settle(truth);
        if receipt.is_overcharged() {
            exchange.record.flag(UsageFlag::Overcharged);
            exchange.state.metrics.overcharged.inc();
        }
    }
    exchange.record.tokens = tokens;
    exchange.record.latency_ms = exchange.elapsed_ms();
    exchange.state.metrics.ended(&exchange.record);
    log::ended(&exchange.record);
    if !exchange.decided {
        return;
    }
    match exchange.state.ledger.append(&exchange.record) {
        Ok(Appended::New) => {}
        Ok(Appended::Duplicate) => tracing::error!(request_id = exchange.record.request_id, "written twice"),
        Err(error) => {
            exchange.state.metrics.ledger_failures.inc();
            tracing::error!(%error, request_id = exchange.record.request_id, "not written into the ledger");
        }
    }
}
