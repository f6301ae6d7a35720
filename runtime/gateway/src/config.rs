//! What a gateway is started with: values from its caller, or from `gateway.json`.
#![expect(clippy::disallowed_methods, reason = "the configuration file is read here")]

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use maas_schemas::gateway::{FORMAT, GatewayConfig};

use crate::bundles::BundleSource;

/// The largest request body where nothing is said.
pub const MAX_REQUEST_BYTES: u64 = 10 << 20;

/// What a gateway is started with.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// For clients; port 0 takes a free one.
    pub listen: SocketAddr,
    /// For health, metrics and bundle status; `None` for no such port.
    pub admin: Option<SocketAddr>,
    /// Folder for keys, counters, the ledger and the last good bundle; made if it is not there.
    pub state: PathBuf,
    /// Folder of credentials, `<folder>/<secret>/<key>`; variables stand in for what is not there.
    pub credentials: Option<PathBuf>,
    /// The policy.
    pub bundle: BundleSource,
    /// Largest request body.
    pub max_request_bytes: u64,
    /// What becomes of providers whose credential is nowhere.
    pub missing_credentials: MissingCredentials,
}

/// What becomes of providers whose credential is nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingCredentials {
    /// Their requests fail.
    Refuse,
    /// The simulator answers in their place, and says so.
    Simulate,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("`{path}`: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not what `maasc build` writes.
    #[error("`{path}`: {message}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl RunConfig {
    /// Reads `gateway.json`; relative paths are taken from its folder. An unknown field is an error.
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
            .map_err(|message| ConfigError::Content { path: path.to_owned(), message })
    }

    fn parse(text: &[u8], folder: &Path) -> Result<Self, String> {
        let config: GatewayConfig = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if config.format != FORMAT {
            return Err(format!("`format` is `{}`, not `{FORMAT}`", config.format));
        }
        for (name, store) in [("valkey", &config.stores.valkey), ("postgres", &config.stores.postgres)] {
            if store.is_some() {
                return Err(format!("`stores.{name}`: shared stores are not supported yet, leave it out"));
            }
        }
        let address = |name: &str, text: &str| {
            let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
            found.ok_or_else(|| format!("`{name}`: `{text}` is no address and port"))
        };
        Ok(Self {
            listen: address("listen", &config.listen)?,
            admin: Some(address("admin", &config.admin)?),
            state: folder.join(config.state),
            credentials: Some(folder.join(config.credentials)),
            bundle: BundleSource::File(folder.join(config.bundle)),
            max_request_bytes: config.max_request_bytes,
            missing_credentials: MissingCredentials::Refuse,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"format":"maas.gateway/v1","gateway":"dev","listen":"127.0.0.1:8080","admin":"127.0.0.1:9090",
        "bundle":"policy.wasm","state":"state","credentials":"/etc/maas/credentials","maxRequestBytes":1000}"#;

    #[test]
    fn paths_are_taken_from_the_folder_of_the_file() {
        let config = RunConfig::parse(TEXT.as_bytes(), Path::new("/etc/maas")).unwrap();
        assert_eq!(config.bundle, BundleSource::File("/etc/maas/policy.wasm".into()));
        assert_eq!(config.state, Path::new("/etc/maas/state"));
        assert_eq!((config.listen.port(), config.max_request_bytes), (8080, 1000));
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for (from, to, says) in [
            ("maxRequestBytes", "maxRequestByte", "unknown field `maxRequestByte`"),
            ("maas.gateway/v1", "maas.gateway/v2", "`format` is `maas.gateway/v2`"),
            ("127.0.0.1:8080", "nowhere", "`listen`: `nowhere` is no address"),
            (
                "\"maxRequestBytes\"",
                r#""stores":{"valkey":{"secret":"a","key":"b"}},"maxRequestBytes""#,
                "stores.valkey",
            ),
        ] {
            let error = RunConfig::parse(TEXT.replace(from, to).as_bytes(), Path::new("")).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
