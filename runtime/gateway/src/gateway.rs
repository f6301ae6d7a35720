//! Starts a gateway from its configuration, and holds it while it runs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use maas_schemas::bundle::ProviderType;
use maas_schemas::provenance::Provenance;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bundles::bundle::Bundle;
use crate::bundles::disk::{self, Files};
use crate::bundles::swap::{Bundles as Swap, Loader};
use crate::bundles::wasm::WasmLoader;
use crate::bundles::watch::watch;
use crate::bundles::{BundleSource, LoadError};
use crate::clock::now_ms;
use crate::config::{MissingCredentials, RunConfig};
use crate::exchange::RequestIds;
use crate::keys::{IssuedKey, KeyError, KeyRules, Keys, NewKey};
use crate::server::{listen, serve};
use crate::state::{Settings, State};
use crate::store::counters::Counters;
use crate::store::embedded::{EmbeddedKeys, EmbeddedLeases, EmbeddedLedger};
use crate::store::{Ledger, StoreError};
use crate::telemetry::metrics::Metrics;
use crate::upstream::balance::Health;
use crate::upstream::credentials::Credentials;
use crate::upstream::simulator::Simulator;
use crate::{admin, server};

/// Counters give back what they do not need, and write what must survive a loss of power, this often.
const TEND: Duration = Duration::from_secs(1);
/// Between two pieces of a request body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// A key of the quick start lives this long where the subscription allows it.
const DEMONSTRATION_S: u64 = 30 * 86_400;

/// The entry of this crate.
#[derive(Clone, Copy, Debug)]
pub struct Gateway;

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is taken or forbidden.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The state folder cannot be used.
    #[error("the state folder cannot be used; does another gateway run on it?")]
    State(#[from] StoreError),
    /// The policy engine does not start.
    #[error("the policy engine does not start: {0}")]
    Engine(String),
    /// The given bundle is refused, and there is no earlier one.
    #[error(transparent)]
    Bundle(#[from] LoadError),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    NoEntropy,
}

/// A gateway that listens.
#[derive(Debug)]
pub struct RunningGateway {
    state: Arc<State>,
    local_address: SocketAddr,
    admin_address: Option<SocketAddr>,
    /// Servers and background work; `state.tracker` has the connections.
    work: TaskTracker,
}

/// Swaps the policy of a running gateway.
#[derive(Clone, Debug)]
pub struct Bundles {
    swap: Arc<Swap>,
}

impl Gateway {
    /// Opens the ports and serves until [`RunningGateway::shutdown`]. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a port or the state folder cannot be used, or there is no bundle that can be.
    pub async fn start(config: RunConfig) -> Result<RunningGateway, StartError> {
        let loader = WasmLoader::start().map_err(StartError::Engine)?;
        Self::start_with(config, Box::new(loader)).await
    }

    pub(crate) async fn start_with(config: RunConfig, loader: Box<dyn Loader>) -> Result<RunningGateway, StartError> {
        let listener = bind(config.listen).await?;
        let admin = match config.admin {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let lost = |address| move |source| StartError::Listen { address, source };
        let local_address = listener.local_addr().map_err(lost(config.listen))?;
        let admin_address = admin.as_ref().and_then(|admin| admin.local_addr().ok());

        let credentials = Arc::new(Credentials::new(config.credentials.clone()));
        let bundles = Arc::new(Swap::new(loader, Arc::clone(&credentials), config.state.join("bundles")));
        let (work, connections) = (TaskTracker::new(), TaskTracker::new());
        let stores = Stores::open(&config.state)?;
        let state = Arc::new(State {
            settings: Settings {
                max_request_bytes: usize::try_from(config.max_request_bytes).unwrap_or(usize::MAX),
                body_timeout: BODY_TIMEOUT,
                missing_credentials: config.missing_credentials,
            },
            bundles: Arc::clone(&bundles),
            keys: Keys::new(Arc::new(stores.keys)),
            counters: Counters::new(Arc::new(stores.leases), &work),
            ledger: Arc::new(stores.ledger),
            credentials,
            health: Health::default(),
            simulator: Simulator::default(),
            metrics: Metrics::default(),
            request_ids: RequestIds::new().map_err(|_| StartError::NoEntropy)?,
            tracker: connections,
            stop: CancellationToken::new(),
        });
        begin(&state, &config.bundle).await?;
        if let BundleSource::File(path) = config.bundle {
            work.spawn(watch(bundles, path, state.stop.clone()));
        }
        work.spawn(tend(Arc::clone(&state)));
        work.spawn(serve(Arc::clone(&state), listener, server::respond));
        if let Some(admin) = admin {
            work.spawn(serve(Arc::clone(&state), admin, admin::respond));
        }
        tracing::info!(%local_address, admin = ?admin_address, "listening");
        Ok(RunningGateway { state, local_address, admin_address, work })
    }
}

impl RunningGateway {
    /// Returns the address for clients, with the port that was really taken.
    #[must_use]
    pub const fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Returns the address for administrators.
    #[must_use]
    pub const fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Returns what swaps the policy.
    #[must_use]
    pub fn bundles(&self) -> Bundles {
        Bundles { swap: Arc::clone(&self.state.bundles) }
    }

    /// Returns what makes and revokes keys.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.state.keys.clone()
    }

    /// Returns the log of usage records.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.state.ledger)
    }

    /// Makes a key of a team for a subscription, for trying things out; within the rules of the subscription.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn demonstration_key(&self, team: &str, subscription: &str) -> Result<IssuedKey, KeyError> {
        let rules = self.key_rules(subscription);
        let most = Some(rules.max_lifetime_s).filter(|most| *most > 0).unwrap_or(u64::MAX);
        let new = NewKey {
            subscription: subscription.to_owned(),
            team: team.to_owned(),
            name: "demonstration".to_owned(),
            created_by: "maasc up".to_owned(),
            lifetime_s: Some(DEMONSTRATION_S.min(most)),
            ..NewKey::default()
        };
        self.state.keys.create(new, rules, now_ms()).await
    }

    /// Returns, for each provider that nobody will ask, why: `anthropic: upstream type not supported yet`.
    #[must_use]
    pub fn stand_ins(&self) -> Vec<String> {
        self.state.bundles.current().map_or_else(Vec::new, |bundle| stand_ins(&self.state, &bundle))
    }

    /// Stops listening, waits for requests in flight, gives back what the counters hold, and writes everything down.
    pub async fn shutdown(self) {
        self.state.stop.cancel();
        self.state.tracker.close();
        if tokio::time::timeout(server::GRACE, self.state.tracker.wait()).await.is_err() {
            tracing::warn!("requests were still in flight at the end of the grace period");
        }
        if let Err(error) = self.state.counters.close(now_ms()).await {
            tracing::warn!(%error, "unused leases were not given back");
        }
        self.work.close();
        self.work.wait().await;
        if let Err(error) = self.state.ledger.flush() {
            tracing::warn!(%error, "the ledger was not flushed");
        }
    }

    fn key_rules(&self, subscription: &str) -> KeyRules {
        let bundle = self.state.bundles.current();
        let found = bundle
            .as_ref()
            .and_then(|bundle| bundle.manifest.subscriptions.iter().find(|candidate| candidate.name == subscription));
        found.map_or_else(KeyRules::default, |found| KeyRules {
            max_lifetime_s: found.max_key_lifetime_s,
            max_per_user: found.max_keys_per_user,
        })
    }
}

impl Bundles {
    /// Examines a bundle and takes it into use; requests in flight finish on the old one. Returns its digest.
    ///
    /// # Errors
    /// When it fails a step of its examination: the running one goes on.
    pub async fn swap(&self, wasm: Vec<u8>, provenance: Option<Provenance>) -> Result<String, LoadError> {
        load(&self.swap, Files { wasm, provenance }).await
    }

    /// Returns the digest of the running bundle, `sha256:` and 64 hex digits.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        self.swap.current().map(|bundle| bundle.digest.clone())
    }
}

struct Stores {
    keys: EmbeddedKeys,
    leases: EmbeddedLeases,
    ledger: EmbeddedLedger,
}

impl Stores {
    #[expect(clippy::disallowed_methods, reason = "the state folder is made once, before anything is stored")]
    fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Unavailable(format!("`{}`: {error}", folder.display())))?;
        Ok(Self {
            keys: EmbeddedKeys::open(&folder.join("keys.redb"))?,
            leases: EmbeddedLeases::open(&folder.join("leases.log"))?,
            ledger: EmbeddedLedger::open(&folder.join("ledger"))?,
        })
    }
}

async fn bind(address: SocketAddr) -> Result<tokio::net::TcpListener, StartError> {
    listen(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Takes the first bundle into use: the given one, else the last good one of an earlier process.
async fn begin(state: &Arc<State>, source: &BundleSource) -> Result<(), StartError> {
    let files = match source {
        BundleSource::Bytes { wasm, provenance } => Ok(Files { wasm: wasm.clone(), provenance: provenance.clone() }),
        BundleSource::File(path) => disk::read(path),
    };
    let outcome = match files {
        Ok(files) => load(&state.bundles, files).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        // A caller with bytes in hand wants to know; a service goes on with what served before.
        if matches!(source, BundleSource::Bytes { .. }) || !state.bundles.restore().unwrap_or(false) {
            return Err(error.into());
        }
        tracing::error!(%error, "going on with the last good bundle");
    }
    if let Some(bundle) = state.bundles.current() {
        for line in stand_ins(state, &bundle) {
            tracing::warn!("{line}");
        }
    }
    Ok(())
}

async fn load(swap: &Arc<Swap>, files: Files) -> Result<String, LoadError> {
    let swap = Arc::clone(swap);
    let loaded = tokio::task::spawn_blocking(move || swap.load(&files)).await;
    loaded.unwrap_or_else(|error| Err(LoadError::Refused(error.to_string())))
}

fn stand_ins(state: &State, bundle: &Bundle) -> Vec<String> {
    let mut lines = Vec::new();
    for provider in &bundle.manifest.providers {
        let missing = provider.credential.as_ref().filter(|secret| state.credentials.get(secret).is_none());
        let name = &provider.name;
        match (missing, state.settings.missing_credentials) {
            (Some(secret), MissingCredentials::Simulate) => lines.push(format!(
                "{name}: no credential `{}/{}`, the simulator answers in its place",
                secret.secret, secret.key
            )),
            (Some(secret), MissingCredentials::Refuse) => {
                lines.push(format!("{name}: no credential `{}/{}`, its requests fail", secret.secret, secret.key));
            }
            (None, _) if matches!(provider.kind, ProviderType::Anthropic | ProviderType::Bedrock) => {
                lines.push(format!("{name}: upstream type not supported yet: `{}`", provider.kind.name()));
            }
            (None, _) => {}
        }
    }
    lines
}

async fn tend(state: Arc<State>) {
    loop {
        tokio::select! {
            () = state.stop.cancelled() => return,
            () = tokio::time::sleep(TEND) => {}
        }
        if let Err(error) = state.counters.tend(now_ms()).await {
            tracing::warn!(%error, "the counters cannot reach their store");
        }
        let ledger = Arc::clone(&state.ledger);
        let flushed = tokio::task::spawn_blocking(move || ledger.flush()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "the ledger was not flushed");
        }
    }
}
