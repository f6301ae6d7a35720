//! API keys: made, checked, listed, rotated and revoked. A secret is shown once and never stored.

use std::sync::Arc;

use maas_schemas::keys::FORMAT;
pub use maas_schemas::keys::{KeyRecord, PreviousSecret};
use secrecy::SecretString;

use crate::store::{KeyStore, StoreError};

pub mod format;
#[cfg(test)]
mod tests;

use format::{KeyText, NewSecret};

/// How often a change is tried again when another one came first.
const ATTEMPTS: usize = 8;

/// What a new key shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    /// The one subscription that it may use.
    pub subscription: String,
    /// The team that is charged.
    pub team: String,
    /// `provider:subject` of the person whose key it is; empty for a key of the whole team.
    pub user: String,
    /// For people.
    pub name: String,
    /// For people and scripts.
    pub labels: std::collections::BTreeMap<String, String>,
    /// `provider:subject` of who makes it.
    pub created_by: String,
    /// How long it lives; `None`: as long as the subscription allows.
    pub lifetime_s: Option<u64>,
}

/// What a subscription says about its keys; 0 for no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyRules {
    /// Longest life in seconds.
    pub max_lifetime_s: u64,
    /// Most keys in force that one user may hold in one subscription.
    pub max_per_user: u32,
}

/// Which keys to list; empty texts select all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Of this team.
    pub team: String,
    /// Of this user.
    pub user: String,
    /// Of this subscription.
    pub subscription: String,
}

impl KeyFilter {
    /// Says whether the filter selects a key.
    #[must_use]
    pub fn selects(&self, record: &KeyRecord) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        fits(&self.team, &record.team)
            && fits(&self.user, &record.user)
            && fits(&self.subscription, &record.subscription)
    }
}

/// A key with its secret, which nobody will see again.
#[derive(Debug)]
pub struct IssuedKey {
    /// What the store holds.
    pub record: KeyRecord,
    /// `maas_<id>_<secret>_<crc>`.
    pub text: SecretString,
}

/// Why a presented key is not accepted. Clients learn `malformed`, `expired` and `revoked` only with a right secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// It is no key of ours, or was copied wrongly; no store was asked.
    #[error("this is not an API key: {0}")]
    Malformed(#[from] format::FormatError),
    /// No such key, or another secret.
    #[error("unknown API key")]
    Unknown,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
    /// It was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a key was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The subscription allows a shorter life only.
    #[error("keys of this subscription live for at most {max_s} seconds")]
    LifetimeTooLong {
        /// Longest life in seconds.
        max_s: u64,
    },
    /// The user holds as many keys as the subscription allows.
    #[error("a user may hold at most {max} keys of this subscription")]
    TooMany {
        /// How many.
        max: u32,
    },
    /// There is no such key.
    #[error("there is no such key")]
    NotFound,
    /// A revoked or expired key stays so.
    #[error("the key is not in force any more")]
    NotInForce,
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    NoEntropy,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All operations on keys over one store.
#[derive(Clone, Debug)]
pub struct Keys {
    store: Arc<dyn KeyStore>,
    /// Keeps two creations of one process from both taking the last free place of a user.
    creating: Arc<tokio::sync::Mutex<()>>,
}

impl Keys {
    /// Returns the operations over a store.
    #[must_use]
    pub fn new(store: Arc<dyn KeyStore>) -> Self {
        Self { store, creating: Arc::default() }
    }

    /// Checks a presented key: check digits first, then one lookup by id, then a comparison in constant time.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn verify(&self, presented: &str, now_ms: i64) -> Result<KeyRecord, KeyRefusal> {
        let key = KeyText::parse(presented)?;
        let record = self.store.find(key.id()).await?.ok_or(KeyRefusal::Unknown)?;
        let is_previous =
            record.previous.as_ref().is_some_and(|previous| now_ms < previous.until_ms && key.matches(&previous.hash));
        if !key.matches(&record.hash) && !is_previous {
            return Err(KeyRefusal::Unknown);
        }
        if record.revoked_ms.is_some() {
            return Err(KeyRefusal::Revoked);
        }
        if record.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
            return Err(KeyRefusal::Expired);
        }
        Ok(record)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// When the subscription's rules forbid it or the store fails.
    pub async fn create(&self, new: NewKey, rules: KeyRules, now_ms: i64) -> Result<IssuedKey, KeyError> {
        let max_s = rules.max_lifetime_s;
        let lifetime_s = match (new.lifetime_s, max_s) {
            (Some(asked), max) if max > 0 && asked > max => return Err(KeyError::LifetimeTooLong { max_s }),
            (None, max) => Some(max).filter(|max| *max > 0),
            (asked, _) => asked,
        };
        let secret = NewSecret::random().map_err(|_| KeyError::NoEntropy)?;
        let record = KeyRecord {
            format: FORMAT.to_owned(),
            id: secret.id().to_owned(),
            hash: secret.hash(),
            previous: None,
            subscription: new.subscription,
            team: new.team,
            user: new.user,
            name: new.name,
            labels: new.labels,
            created_by: new.created_by,
            created_ms: now_ms,
            expires_ms: lifetime_s.map(|seconds| after(now_ms, seconds)),
            revoked_ms: None,
            version: 1,
        };
        let creating = self.creating.lock().await;
        if rules.max_per_user > 0 && !record.user.is_empty() {
            let filter =
                KeyFilter { team: String::new(), user: record.user.clone(), subscription: record.subscription.clone() };
            let held = self.store.list(&filter).await?;
            let n_in_force = held.iter().filter(|key| is_in_force(key, now_ms)).count();
            if u32::try_from(n_in_force).is_ok_and(|n_in_force| n_in_force >= rules.max_per_user) {
                return Err(KeyError::TooMany { max: rules.max_per_user });
            }
        }
        self.store.insert(&record).await?;
        drop(creating);
        Ok(IssuedKey { record, text: secret.text() })
    }

    /// Returns a key by id.
    ///
    /// # Errors
    /// When there is none or the store fails.
    pub async fn get(&self, id: &str) -> Result<KeyRecord, KeyError> {
        self.store.find(id).await?.ok_or(KeyError::NotFound)
    }

    /// Returns keys by id, those that are not in force any more included.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, filter: &KeyFilter) -> Result<Vec<KeyRecord>, KeyError> {
        Ok(self.store.list(filter).await?)
    }

    /// Gives a key a new secret; the old one stays good for `grace_s` seconds. Id, owner and expiry stay.
    ///
    /// # Errors
    /// When there is no such key in force or the store fails.
    pub async fn rotate(&self, id: &str, grace_s: u64, now_ms: i64) -> Result<IssuedKey, KeyError> {
        let secret = NewSecret::for_id(id).map_err(|_| KeyError::NoEntropy)?;
        let record = self
            .change(id, |record| {
                if !is_in_force(record, now_ms) {
                    return Err(KeyError::NotInForce);
                }
                let hash = std::mem::replace(&mut record.hash, secret.hash());
                let until_ms = after(now_ms, grace_s);
                record.previous = (grace_s > 0).then_some(PreviousSecret { hash, until_ms });
                Ok(())
            })
            .await?;
        Ok(IssuedKey { record, text: secret.text() })
    }

    /// Revokes a key for good; once revoked it keeps the time of the first call.
    ///
    /// # Errors
    /// When there is no such key or the store fails.
    pub async fn revoke(&self, id: &str, now_ms: i64) -> Result<KeyRecord, KeyError> {
        self.change(id, |record| {
            record.revoked_ms.get_or_insert(now_ms);
            record.previous = None;
            Ok(())
        })
        .await
    }

    async fn change(
        &self,
        id: &str,
        edit: impl Fn(&mut KeyRecord) -> Result<(), KeyError>,
    ) -> Result<KeyRecord, KeyError> {
        for _ in 0..ATTEMPTS {
            let mut record = self.get(id).await?;
            let version = record.version;
            edit(&mut record)?;
            record.version = version.saturating_add(1);
            if self.store.replace(&record, version).await? {
                return Ok(record);
            }
        }
        Err(KeyError::Store(StoreError::Unavailable(format!("key `{id}` changes all the time"))))
    }
}

/// Says whether a key is neither revoked nor expired.
#[must_use]
pub fn is_in_force(record: &KeyRecord, now_ms: i64) -> bool {
    record.revoked_ms.is_none() && record.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms)
}

fn after(now_ms: i64, seconds: u64) -> i64 {
    now_ms.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
}
