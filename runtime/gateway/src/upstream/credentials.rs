//! Credentials of providers: `<folder>/<secret>/<key>`, else `MAAS_CREDENTIAL_<SECRET>_<KEY>`; read again while running.
#![expect(clippy::disallowed_methods, reason = "credentials are read here and nowhere else")]

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use maas_schemas::bundle::SecretRef;
use secrecy::SecretString;
use tokio::time::Instant;

/// A value is read again after this time, so that a rotated one is used without a restart.
const FRESH: Duration = Duration::from_secs(1);

/// Finds credentials. Nothing of them is ever printed.
#[derive(Debug)]
pub(crate) struct Credentials {
    folder: Option<PathBuf>,
    known: Mutex<BTreeMap<SecretRef, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    read: Instant,
    value: Option<SecretString>,
}

impl Credentials {
    pub(crate) const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, known: Mutex::new(BTreeMap::new()) }
    }

    /// Returns a credential, `None` when it is nowhere or empty.
    pub(crate) fn get(&self, secret: &SecretRef) -> Option<SecretString> {
        self.get_at(secret, Instant::now())
    }

    fn get_at(&self, secret: &SecretRef, now: Instant) -> Option<SecretString> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(secret).filter(|known| now < known.read + FRESH) {
            return known.value.clone();
        }
        let value = self.read(secret);
        known.insert(secret.clone(), Known { read: now, value: value.clone() });
        value
    }

    fn read(&self, secret: &SecretRef) -> Option<SecretString> {
        let text = self.file(secret).or_else(|| std::env::var(variable(secret)).ok())?;
        let text = text.trim();
        (!text.is_empty()).then(|| SecretString::from(text))
    }

    fn file(&self, secret: &SecretRef) -> Option<String> {
        let folder = self.folder.as_ref()?;
        // A name with a path in it would read something else.
        let is_name = |text: &str| {
            let mut parts = Path::new(text).components();
            matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
        };
        if !is_name(&secret.secret) || !is_name(&secret.key) {
            return None;
        }
        std::fs::read_to_string(folder.join(&secret.secret).join(&secret.key)).ok()
    }
}

/// Returns the name of the variable for a credential.
pub(crate) fn variable(secret: &SecretRef) -> String {
    let upper = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
    };
    format!("MAAS_CREDENTIAL_{}_{}", upper(&secret.secret), upper(&secret.key))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn secret(secret: &str, key: &str) -> SecretRef {
        SecretRef { secret: secret.into(), key: key.into() }
    }

    #[test]
    fn files_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("openai")).unwrap();
        let path = folder.path().join("openai/api-key");
        std::fs::write(&path, "one\n").unwrap();
        let credentials = Credentials::new(Some(folder.path().to_owned()));
        let start = Instant::now();
        let get = |age| {
            let value = credentials.get_at(&secret("openai", "api-key"), start + FRESH * age);
            value.map(|value| value.expose_secret().to_owned())
        };
        assert_eq!(get(0).as_deref(), Some("one"));
        std::fs::write(&path, "two").unwrap();
        assert_eq!(get(0).as_deref(), Some("one"));
        assert_eq!(get(1).as_deref(), Some("two"));
        std::fs::write(&path, " \n").unwrap();
        assert_eq!(get(2), None);
        assert!(!format!("{credentials:?}").contains("two"));
    }

    #[test]
    fn a_name_is_no_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("outside"), "x").unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        let credentials = Credentials::new(Some(folder.path().join("in")));
        for (name, key) in [("..", "outside"), ("", "outside"), ("a/../..", "outside"), ("/", "x")] {
            assert!(credentials.get(&secret(name, key)).is_none(), "{name} {key}");
        }
    }

    #[test]
    fn variables_are_named_after_the_reference() {
        assert_eq!(variable(&secret("azure-openai.eastus", "api-key")), "MAAS_CREDENTIAL_AZURE_OPENAI_EASTUS_API_KEY");
    }
}
