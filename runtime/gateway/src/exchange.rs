//! Everything known about one request, filled in phase by phase; whatever ends it, it is settled exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::{HeaderMap, HeaderValue, Response};
use maas_quota::limit::CounterId;
use maas_schemas::abi::{Endpoint, OBLIGATION_DEPRECATED, Reason};
use maas_schemas::usage::UsageRecord;
use tokio::time::Instant;

use crate::body::Body;
use crate::bundles::bundle::Bundle;
use crate::clock::now_ms;
use crate::headers;
use crate::phases::settle;
use crate::state::State;
use crate::store::counters::Held;
use crate::telemetry::rate_limits::{self, Standing};

/// One request and what became of it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) state: Arc<State>,
    /// The policy that decides it, whatever is swapped meanwhile.
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) endpoint: Endpoint,
    pub(crate) started: Instant,
    /// The line of the ledger, filled in phase by phase.
    pub(crate) record: UsageRecord,
    /// The policy was asked: from then on there is a line in the ledger.
    pub(crate) decided: bool,
    pub(crate) reservation: Option<Reservation>,
    /// Where the limit stands that refused.
    pub(crate) refused: Option<Standing>,
    /// For the whole answer, as the model says.
    pub(crate) total_timeout_ms: u64,
    /// What the policy asks for beside allowing: bits of the ABI.
    pub(crate) obligations: u32,
    pub(crate) progress: Progress,
    pub(crate) closed: bool,
}

/// What is held of all limits, and the most that one attempt can use.
#[derive(Debug)]
pub(crate) struct Reservation {
    pub(crate) held: Held,
    pub(crate) input: u64,
    /// All answers together.
    pub(crate) output: u64,
    pub(crate) choices: u32,
    /// Attempts that failed and may be billed all the same.
    pub(crate) doubtful: u64,
}

/// What the owner of the connection must know while the pipeline runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// The request is on its way to a provider.
    pub(crate) sent: Arc<AtomicBool>,
    /// When the client leaves, the answer is read to its end all the same.
    pub(crate) drain: Arc<AtomicBool>,
}

impl Progress {
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn outlives_client(&self) -> bool {
        self.is_sent() && self.drain.load(Ordering::Relaxed)
    }
}

impl Exchange {
    pub(crate) fn begin(state: &Arc<State>, bundle: Arc<Bundle>, endpoint: Endpoint, request_id: &str) -> Self {
        let mut record = UsageRecord::new(request_id, now_ms(), bundle.manifest.gateway.as_str(), Reason::ClientGone);
        record.endpoint = Some(endpoint);
        record.bundle.clone_from(&bundle.digest);
        record.commit = bundle.provenance.commit.clone().unwrap_or_default();
        record.currency.clone_from(&bundle.manifest.currency);
        state.metrics.in_flight.inc();
        Self {
            state: Arc::clone(state),
            bundle,
            endpoint,
            started: Instant::now(),
            record,
            decided: false,
            reservation: None,
            refused: None,
            total_timeout_ms: u64::MAX,
            obligations: 0,
            progress: Progress::default(),
            closed: false,
        }
    }

    /// Adds the headers that every answer of this exchange carries.
    pub(crate) fn decorate(&self, response: &mut Response<Body>) {
        let headers = response.headers_mut();
        identify(headers, &self.record.request_id);
        headers.insert(headers::X_MAAS_POLICY, self.bundle.short.clone());
        if let Some(reservation) = &self.reservation {
            headers.insert(headers::X_MAAS_SUBSCRIPTION, headers::value(&self.record.subscription));
            rate_limits::write(headers, &reservation.held.states(), now_ms());
            if reservation.output > 0 {
                headers.insert(headers::X_MAAS_OUTPUT_CAP, HeaderValue::from(reservation.held.output_cap()));
            }
        }
        if self.obligations & OBLIGATION_DEPRECATED != 0 {
            headers.insert("deprecation", HeaderValue::from_static("true"));
        }
    }

    /// Returns milliseconds since the request came in.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.closed {
            settle::abandon(self);
        }
        self.state.metrics.in_flight.dec();
    }
}

/// Writes the id of a request under the names that SDKs read.
pub(crate) fn identify(headers: &mut HeaderMap, request_id: &str) {
    let id = headers::value(request_id);
    headers.insert(headers::REQUEST_ID, id.clone());
    headers.insert(headers::X_REQUEST_ID, id);
}

/// Makes ids that no other process and no other request has.
#[derive(Debug)]
pub(crate) struct RequestIds {
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self { prefix: getrandom::u64()?, next: AtomicU64::new(0) })
    }

    pub(crate) fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("req_{:016x}{number:08x}", self.prefix)
    }

    /// Returns a number for draws that need not be secret.
    pub(crate) fn seed(&self) -> u64 {
        self.prefix ^ self.next.load(Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Returns the name of a counter for messages: whose it is, without the hash.
pub(crate) fn whose(counter: &CounterId) -> &str {
    counter.scope.split_once(':').map_or("", |(_, name)| name)
}
