//! A file that was verified: nothing of it has been run or compiled.

use std::sync::Arc;

use maas_schemas::abi::ABI_VERSION;
use maas_schemas::bundle::{FORMAT, Manifest};
use sha2::{Digest, Sha256};

use crate::LoadError;
use crate::verify::{self, Structure};

/// Features that a bundle may require of this host.
const FEATURES: &[&str] = &[];

/// A verified bundle. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bundle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    bytes: Vec<u8>,
    digest: String,
    manifest: Manifest,
    structure: Structure,
}

impl Bundle {
    /// Verifies the bytes of a `policy.wasm`.
    ///
    /// # Errors
    /// When the module is not exactly what the ABI says, or is for another host.
    pub fn read(bytes: impl Into<Vec<u8>>) -> Result<Self, LoadError> {
        let bytes = bytes.into();
        let structure = verify::structure(&bytes)?;
        let json = bytes.get(structure.manifest.clone()).unwrap_or_default();
        let manifest = manifest(json, &structure)?;
        let digest = sha256(&bytes);
        Ok(Self { inner: Arc::new(Inner { bytes, digest, manifest, structure }) })
    }

    /// Returns the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.inner.bytes
    }

    /// Returns `sha256:` and the hex digest of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// Returns the content of the section with the self-test.
    pub(crate) fn vectors(&self) -> &[u8] {
        self.inner.bytes.get(self.inner.structure.vectors.clone()).unwrap_or_default()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.inner.structure.memory_bytes
    }
}

/// Enough of a manifest to know whether the rest can be read.
#[derive(serde::Deserialize)]
struct Envelope {
    format: String,
    abi: u32,
    requires: Vec<String>,
}

fn manifest(json: &[u8], structure: &Structure) -> Result<Manifest, LoadError> {
    let malformed = |error: serde_json::Error| LoadError::Manifest(error.to_string());
    let envelope: Envelope = serde_json::from_slice(json).map_err(malformed)?;
    if envelope.format != FORMAT {
        return Err(LoadError::Manifest(format!("format `{}`, expected `{FORMAT}`", envelope.format)));
    }
    let (major, supported) = (envelope.abi >> 16, ABI_VERSION >> 16);
    if major != supported {
        return Err(LoadError::Abi { major, minor: envelope.abi & 0xFFFF, supported });
    }
    if let Some(unknown) = envelope.requires.iter().find(|name| !FEATURES.contains(&name.as_str())) {
        return Err(LoadError::Requires(unknown.clone()));
    }
    let manifest: Manifest = serde_json::from_slice(json).map_err(malformed)?;
    check_counts(&manifest, structure)?;
    Ok(manifest)
}

/// The lists of the manifest are addressed by the tables: they have to be as long.
fn check_counts(manifest: &Manifest, structure: &Structure) -> Result<(), LoadError> {
    if manifest.code_digest != structure.code_digest {
        return Err(LoadError::Manifest("`codeDigest` is not that of the module".to_owned()));
    }
    for (name, n, expected) in
        [("teams", manifest.teams.len(), structure.n_principals), ("models", manifest.models.len(), structure.n_models)]
    {
        if n != expected {
            return Err(LoadError::Manifest(format!("`{name}` has {n} entries, the tables {expected}")));
        }
    }
    for model in &manifest.models {
        let price = model.price.map_or(0, |price| price as usize + 1);
        if price > manifest.prices.len() {
            return Err(LoadError::Manifest(format!("model `{}` has no price list {}", model.name, price - 1)));
        }
    }
    let n_providers = manifest.providers.len();
    match manifest.upstreams.iter().find(|upstream| upstream.provider as usize >= n_providers) {
        Some(upstream) => Err(LoadError::Manifest(format!("upstream `{}` has no provider", upstream.model))),
        None => Ok(()),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
