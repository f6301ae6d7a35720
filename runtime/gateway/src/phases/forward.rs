//! Asks upstreams one after the other until one answers. After the first byte nothing is tried again.

use std::time::Duration;

use http::HeaderMap;
use maas_llm::Call;
use maas_llm::provider::{Outgoing, Target as Written, for_type};
use maas_schemas::bundle::{Provider, ProviderType, Simulator as SimulatorSettings};
use maas_schemas::usage::{Attempt, TokenCounts};
use secrecy::SecretString;
use tokio::time::Instant;

use super::decide::{Grant, defaults};
use super::route;
use crate::bundles::bundle::Target;
use crate::config::MissingCredentials;
use crate::error::{Error, Kind};
use crate::exchange::Exchange;
use crate::headers::{self, Reach};
use crate::upstream::answer::{Answer, Billed, Class, Failure};
use crate::upstream::peer;

/// However a policy is written, one request asks no more often than this.
const MOST_ATTEMPTS: usize = 8;
/// Before the second attempt at one upstream; doubled each time.
const PAUSE: Duration = Duration::from_millis(25);

/// How the simulator behaves where it stands in for a provider.
static STAND_IN: SimulatorSettings = SimulatorSettings { latency_ms: 0, tokens_per_second: 0, faults: Vec::new() };

/// Returns the first answer.
pub(crate) async fn forward(
    exchange: &mut Exchange,
    client: &HeaderMap,
    call: &Call,
    grant: &Grant,
    upstreams: &[u32],
) -> Result<Answer, Error> {
    let bundle = std::sync::Arc::clone(&exchange.bundle);
    let mut last: Option<Failure> = None;
    let mut n_attempts = 0;
    for target in upstreams.iter().filter_map(|upstream| bundle.target(*upstream)) {
        for round in 0..grant.model.attempts.max(1) {
            if n_attempts == MOST_ATTEMPTS {
                break;
            }
            if let Some(failure) = last.take() {
                note_failure(exchange, &failure);
            }
            if round > 0 {
                tokio::time::sleep(PAUSE.saturating_mul(1 << round.min(6))).await;
            }
            n_attempts += 1;
            exchange.record.provider.clone_from(&target.provider.name);
            exchange.record.provider_model.clone_from(&target.upstream.model);
            let failure = match attempt(exchange, client, call, grant, &target).await {
                Ok(answer) => {
                    exchange.state.health.succeeded(&route::name(&target));
                    exchange.state.metrics.upstream(&target.provider.name, "answered");
                    exchange.record.first_byte_ms = Some(exchange.elapsed_ms());
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            report(exchange, &target, &failure);
            let again = failure.is_retried(&grant.model.retry_on);
            let onward = failure.may_fall_back(&grant.model.retry_on);
            last = Some(failure);
            if !onward {
                return Err(give_up(exchange, last));
            }
            if !again {
                break;
            }
        }
    }
    Err(give_up(exchange, last))
}

fn give_up(exchange: &mut Exchange, last: Option<Failure>) -> Error {
    let Some(failure) = last else {
        return Error::new(Kind::UpstreamError, "the model has no upstream");
    };
    if let Some(reservation) = &mut exchange.reservation {
        reservation.doubtful += u64::from(failure.billed == Billed::Unknown);
    }
    let mut error = failure.into_error();
    error.message = headers::one_line(&error.message);
    error
}

/// Writes a failed attempt that is followed by another into the record.
fn note_failure(exchange: &mut Exchange, failure: &Failure) {
    let mut tokens = TokenCounts::default();
    if let Some(reservation) = &mut exchange.reservation
        && failure.billed == Billed::Unknown
    {
        reservation.doubtful += 1;
        tokens = TokenCounts { input: reservation.input, output: reservation.output, ..tokens };
    }
    let provider = exchange.record.provider.clone();
    let provider_model = exchange.record.provider_model.clone();
    exchange.record.earlier_attempts.push(Attempt { provider, provider_model, status: failure.status, tokens });
}

fn report(exchange: &Exchange, target: &Target<'_>, failure: &Failure) {
    let name = route::name(target);
    let outcome = match failure.class {
        Class::Connect => "connect",
        Class::Broken => "broken",
        Class::Timeout => "timeout",
        Class::RateLimited => "rate-limited",
        Class::Overloaded => "overloaded",
        Class::Server => "server-error",
        Class::Auth => "auth",
        Class::Rejected => "rejected",
        Class::Unsupported => "unsupported",
    };
    exchange.state.metrics.upstream(&target.provider.name, outcome);
    let request_id = exchange.record.request_id.as_str();
    if failure.class == Class::Auth {
        tracing::error!(request_id, upstream = name, status = failure.status, "an upstream refuses our credential");
    } else {
        tracing::warn!(request_id, upstream = name, status = failure.status, outcome, "an upstream failed");
    }
    if failure.is_upstreams_fault() && exchange.state.health.failed(&name, Instant::now()) {
        tracing::warn!(upstream = name, "the upstream keeps failing and is tried last for a while");
    }
}

async fn attempt(
    exchange: &mut Exchange,
    client: &HeaderMap,
    call: &Call,
    grant: &Grant,
    target: &Target<'_>,
) -> Result<Answer, Failure> {
    let provider = target.provider;
    let state = std::sync::Arc::clone(&exchange.state);
    let cap = exchange.reservation.as_ref().filter(|held| held.output > 0).map(|held| held.held.output_cap());
    let timeout = first_byte_timeout(call, grant, exchange);
    let way = way(provider, exchange);
    let credential = match way {
        Way::Simulate(settings) => {
            let sent = std::sync::Arc::clone(&exchange.progress.sent);
            let (model, time_ms) = (&target.upstream.model, exchange.record.time_ms);
            return state.simulator.send(call, model, cap, settings, &sent, (time_ms, timeout)).await;
        }
        Way::Ask(credential) => credential,
        Way::Missing => {
            let message = format!("the credential of provider `{}` is missing", provider.name);
            return Err(Failure::new(Class::Auth, message));
        }
    };
    let outgoing = write(call, grant, target, cap)?;
    let reach = reach(provider);
    let headers = request_headers(client, provider, reach, &exchange.record.key_id);
    let connections = target.connections.as_ref().map_err(|error| {
        tracing::error!(provider = provider.name, %error, "no connection can be made");
        Failure::new(Class::Connect, "TLS towards the upstream is not set up")
    })?;
    peer::send(connections, outgoing, headers, credential.as_ref(), &exchange.progress.sent, timeout).await
}

/// Streams must begin in time; a whole answer begins when it is done, so the time for all of it counts.
fn first_byte_timeout(call: &Call, grant: &Grant, exchange: &Exchange) -> Duration {
    let left = grant.model.total_timeout_ms.saturating_sub(exchange.elapsed_ms()).max(1);
    let ms = if call.stream { left.min(grant.model.first_byte_timeout_ms.max(1)) } else { left };
    Duration::from_millis(ms)
}

/// How a provider is asked.
enum Way<'a> {
    Ask(Option<SecretString>),
    Simulate(&'a SimulatorSettings),
    Missing,
}

fn way<'a>(provider: &'a Provider, exchange: &Exchange) -> Way<'a> {
    if provider.kind == ProviderType::Simulator {
        return Way::Simulate(provider.simulator.as_ref().unwrap_or(&STAND_IN));
    }
    let Some(secret) = &provider.credential else { return Way::Ask(None) };
    match (exchange.state.credentials.get(secret), exchange.state.settings.missing_credentials) {
        (Some(credential), _) => Way::Ask(Some(credential)),
        (None, MissingCredentials::Simulate) => Way::Simulate(&STAND_IN),
        (None, MissingCredentials::Refuse) => Way::Missing,
    }
}

fn write(call: &Call, grant: &Grant, target: &Target<'_>, cap: Option<u32>) -> Result<Outgoing, Failure> {
    let provider = target.provider;
    let unsupported = || {
        let kind = provider.kind.name();
        Failure::new(
            Class::Unsupported,
            format!("upstream type not supported yet: `{kind}` of provider `{}`", provider.name),
        )
    };
    let written = Written {
        endpoint: &provider.endpoint,
        model: &target.upstream.model,
        api_version: &provider.azure_api_version,
        output_cap: cap,
        defaults: defaults(&grant.model),
    };
    let speaker = for_type(provider.kind).ok_or_else(unsupported)?;
    speaker.write(call, &written).ok_or_else(unsupported)
}

fn request_headers(client: &HeaderMap, provider: &Provider, reach: Reach, key_id: &str) -> HeaderMap {
    let mut headers = headers::upstream_request(client, reach, key_id);
    for (name, value) in &provider.headers {
        let name = http::HeaderName::try_from(name.as_str());
        let value = http::HeaderValue::try_from(value.as_str());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
    headers
}

/// Says whether a provider lies inside our own network, as far as its address tells.
fn reach(provider: &Provider) -> Reach {
    let host = provider.endpoint.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let inside = [".svc", ".cluster.local", ".local", ".internal", "localhost"].iter().any(|end| host.ends_with(end));
    let is_own = matches!(provider.kind, ProviderType::Kserve) || inside || host.starts_with("127.");
    if is_own { Reach::Inside } else { Reach::Outside }
}
