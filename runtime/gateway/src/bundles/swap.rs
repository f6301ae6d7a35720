//! The running bundle: examined beside the old one, swapped with one store, the last good one kept.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use maas_schemas::bundle::Manifest;
use maas_schemas::provenance::Provenance;
use serde::Serialize;

use super::LoadError;
use super::bundle::{Bundle, short};
use super::disk::{self, Files};
use super::policy::Policy;
use crate::clock::now_ms;
use crate::upstream::credentials::Credentials;
use crate::upstream::pool::Pool;

/// Turns bytes into a policy and its manifest, or says which step they failed.
pub(crate) trait Loader: std::fmt::Debug + Send + Sync {
    /// Examines and compiles a module; takes milliseconds of computing.
    fn load(&self, wasm: &[u8]) -> Result<(Box<dyn Policy>, Manifest), String>;
}

/// All bundles of this process.
#[derive(Debug)]
pub(crate) struct Bundles {
    current: ArcSwapOption<Bundle>,
    loader: Box<dyn Loader>,
    pool: Pool,
    credentials: Arc<Credentials>,
    folder: PathBuf,
    history: Mutex<History>,
}

#[derive(Debug, Default)]
struct History {
    /// The one that served before, to fall back to.
    previous: Option<Arc<Bundle>>,
    /// Digests that failed in use.
    quarantined: BTreeSet<String>,
    status: Status,
}

/// What administrators see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Of the running bundle; empty when there is none.
    pub(crate) digest: String,
    pub(crate) gateway: String,
    pub(crate) organization: String,
    pub(crate) compiler: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    pub(crate) loaded_ms: i64,
    pub(crate) loads: u64,
    pub(crate) failures: u64,
    /// Why the last attempt failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
    pub(crate) quarantined: Vec<String>,
}

impl Bundles {
    pub(crate) fn new(loader: Box<dyn Loader>, credentials: Arc<Credentials>, folder: PathBuf) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            loader,
            pool: Pool::default(),
            credentials,
            folder,
            history: Mutex::default(),
        }
    }

    /// Returns the running bundle.
    pub(crate) fn current(&self) -> Option<Arc<Bundle>> {
        self.current.load_full()
    }

    /// Examines a bundle and takes it into use; requests in flight finish on the old one. Blocks for some milliseconds.
    pub(crate) fn load(&self, files: &Files) -> Result<String, LoadError> {
        let result = self.examine(files).and_then(|bundle| {
            let digest = bundle.digest.clone();
            self.install(bundle);
            disk::keep(&self.folder, &digest, files)?;
            Ok(digest)
        });
        if let Err(error) = &result {
            tracing::error!(%error, "the bundle was not taken into use");
            let mut history = self.history();
            history.status.failures += 1;
            history.status.last_error = Some(error.to_string());
        }
        result
    }

    /// Takes the last good bundle of an earlier process into use; `false` when there is none.
    pub(crate) fn restore(&self) -> Result<bool, LoadError> {
        let Some(files) = disk::read_current(&self.folder)? else { return Ok(false) };
        let bundle = self.examine(&files)?;
        self.install(bundle);
        Ok(true)
    }

    /// Notes that a bundle failed; one that keeps failing is replaced by the one before.
    pub(crate) fn failed(&self, bundle: &Arc<Bundle>) {
        if !bundle.is_broken() {
            return;
        }
        let mut history = self.history();
        if !history.quarantined.insert(bundle.digest.clone()) {
            return;
        }
        history.status.quarantined = history.quarantined.iter().cloned().collect();
        let is_current = self.current.load().as_ref().is_some_and(|current| Arc::ptr_eq(current, bundle));
        if !is_current {
            return;
        }
        let previous = history.previous.take().filter(|previous| !previous.is_broken());
        let to = previous.as_ref().map_or("nothing", |previous| short(&previous.digest)).to_owned();
        tracing::error!(from = short(&bundle.digest), to, "the bundle failed several times in a row");
        history.status.describe(previous.as_deref());
        history.status.last_error = Some(LoadError::Quarantined(bundle.digest.clone()).to_string());
        self.current.store(previous);
    }

    pub(crate) fn status(&self) -> Status {
        self.history().status.clone()
    }

    fn examine(&self, files: &Files) -> Result<Bundle, LoadError> {
        let digest = digest(&files.wasm);
        if self.history().quarantined.contains(&digest) {
            return Err(LoadError::Quarantined(digest));
        }
        let (policy, manifest) = self.loader.load(&files.wasm).map_err(LoadError::Refused)?;
        let provenance = match &files.provenance {
            Some(map) if map.bundle == digest => map.clone(),
            Some(_) => {
                tracing::warn!("`provenance.json` belongs to another bundle: refusals name no lines of policy");
                Provenance::default()
            }
            None => Provenance::default(),
        };
        Ok(Bundle::new(policy, manifest, provenance, digest, &self.pool, &self.credentials)?)
    }

    fn install(&self, bundle: Bundle) {
        let bundle = Arc::new(bundle);
        let mut history = self.history();
        let same = self.current.load().as_ref().is_some_and(|current| current.digest == bundle.digest);
        let before = self.current.swap(Some(Arc::clone(&bundle)));
        // A bundle that is loaded again does not push out the one before it.
        if !same {
            history.previous = before;
        }
        history.status.describe(Some(&bundle));
        history.status.loads += 1;
        history.status.last_error = None;
        drop(history);
        tracing::info!(digest = short(&bundle.digest), gateway = bundle.manifest.gateway, "policy in force");
    }

    fn history(&self) -> std::sync::MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Status {
    fn describe(&mut self, bundle: Option<&Bundle>) {
        self.loaded_ms = now_ms();
        let Some(bundle) = bundle else {
            self.digest.clear();
            return;
        };
        self.digest.clone_from(&bundle.digest);
        self.gateway.clone_from(&bundle.manifest.gateway);
        self.organization.clone_from(&bundle.manifest.organization);
        self.compiler.clone_from(&bundle.manifest.compiler);
        self.commit.clone_from(&bundle.provenance.commit);
    }
}

/// Returns `sha256:` and the digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    format!("sha256:{}", crate::headers::hex(&Sha256::digest(bytes)))
}
