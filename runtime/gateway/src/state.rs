//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bundles::swap::Bundles;
use crate::exchange::RequestIds;
use crate::keys::Keys;
use crate::store::Ledger;
use crate::store::counters::Counters;
use crate::telemetry::metrics::Metrics;
use crate::upstream::balance::Health;
use crate::upstream::credentials::Credentials;
use crate::upstream::simulator::Simulator;

/// One gateway.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) bundles: Arc<Bundles>,
    pub(crate) keys: Keys,
    pub(crate) counters: Counters,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) health: Health,
    pub(crate) simulator: Simulator,
    pub(crate) metrics: Metrics,
    pub(crate) request_ids: RequestIds,
    /// Requests whose client has left but whose answer is read to its end.
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// What an administrator chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) max_request_bytes: usize,
    /// Between two pieces of a request body.
    pub(crate) body_timeout: Duration,
    pub(crate) missing_credentials: crate::config::MissingCredentials,
}
