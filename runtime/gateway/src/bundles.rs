//! The policy in force: where it comes from, how it is swapped, and how the last good one survives.

use std::path::PathBuf;

use maas_schemas::provenance::Provenance;

pub(crate) mod bundle;
pub(crate) mod disk;
pub(crate) mod policy;
pub(crate) mod swap;
pub(crate) mod wasm;
pub(crate) mod watch;

/// Where a bundle comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleSource {
    /// Given by the caller, who swaps it when it changes.
    Bytes {
        /// `policy.wasm`.
        wasm: Vec<u8>,
        /// `provenance.json`; without it refusals name no lines of policy.
        provenance: Option<Provenance>,
    },
    /// `policy.wasm`, with `provenance.json` beside it; loaded again when the file changes.
    File(PathBuf),
}

/// Why a bundle was not taken into use. The running one goes on serving.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read or written.
    #[error("`{path}`: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The source map is not one.
    #[error("`provenance.json` cannot be read: {0}")]
    Provenance(String),
    /// The module did not pass a step of its examination.
    #[error("the bundle is refused: {0}")]
    Refused(String),
    /// Its time zone is unknown here.
    #[error("the bundle is refused: {0}")]
    Zone(#[from] maas_quota::window::UnknownZone),
    /// It failed in use.
    #[error("the bundle {0} failed several times in a row and stays out of use until it changes")]
    Quarantined(String),
}
