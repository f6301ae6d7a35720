//! Where counters, keys and the ledger live: the traits that every store fulfils and the values that cross them.
//!
//! * **Counters** are asynchronous where a store is asked and synchronous where memory is enough: a request is admitted from
//!   leases in memory ([`counters::Counters`]), and only a new slice of a limit costs a round trip ([`LeaseStore`]). Settling
//!   is synchronous, because it must work in a destructor.
//! * **Keys** are looked up asynchronously ([`KeyStore`]): a database may be behind them.
//! * **The ledger** is appended to synchronously ([`Ledger`]) for the same reason as settling: the local file is the outbox
//!   from which a shared database is filled.

use std::future::Future;
use std::pin::Pin;

use maas_quota::lease::{Ask, Grant};
use maas_quota::limit::CounterId;
use maas_quota::window::Window;
use maas_schemas::usage::UsageRecord;

use crate::keys::{KeyFilter, KeyRecord};

pub mod counters;
pub mod embedded;

/// A future behind a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// What it holds is not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The id is taken.
    #[error("the id exists already")]
    Exists,
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// One ask for a counter in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseAsk {
    /// The counter.
    pub counter: CounterId,
    /// The window; the store may forget the counter when it has ended.
    pub window: Window,
    /// How much.
    pub ask: Ask,
    /// Slots of a concurrency limit: lost with the replica, so never written down.
    pub volatile: bool,
}

/// Grants slices of limits. The sum of all grants of a counter in a window, less what was given back, never exceeds the
/// limit but for what was `forced`; a grant that was returned survives the death of this process.
pub trait LeaseStore: Send + Sync + std::fmt::Debug {
    /// Answers asks, one grant for each, in their order.
    fn take<'a>(&'a self, asks: &'a [LeaseAsk]) -> BoxFuture<'a, Result<Vec<Grant>, StoreError>>;

    /// Returns how much of a counter is granted in a window.
    fn granted<'a>(&'a self, counter: &'a CounterId, window: Window) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Forgets windows that ended before a time and makes what was written safe against loss of power.
    fn tend(&self, now_ms: i64) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Holds API keys by id. A change is seen by the next lookup on this replica, and by others within 100 ms.
pub trait KeyStore: Send + Sync + std::fmt::Debug {
    /// Returns a key, also an expired or revoked one.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<KeyRecord>, StoreError>>;

    /// Adds a key.
    fn insert<'a>(&'a self, record: &'a KeyRecord) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Replaces a key if it is still at the version that was read; `false` if it changed meanwhile or is gone.
    fn replace<'a>(&'a self, record: &'a KeyRecord, version: u64) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Returns the keys that a filter selects, by id.
    fn list<'a>(&'a self, filter: &'a KeyFilter) -> BoxFuture<'a, Result<Vec<KeyRecord>, StoreError>>;
}

/// What appending did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The record is new.
    New,
    /// A record with this request id is there already; nothing was written.
    Duplicate,
}

/// The append-only log of usage records.
pub trait Ledger: Send + Sync + std::fmt::Debug {
    /// Writes one record; it survives the death of this process. A request id is written once.
    ///
    /// # Errors
    /// When nothing was written.
    fn append(&self, record: &UsageRecord) -> Result<Appended, StoreError>;

    /// Calls `each` with the records of requests that started in `from_ms..until_ms`, in the order of the ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn read(&self, from_ms: i64, until_ms: i64, each: &mut dyn FnMut(UsageRecord)) -> Result<(), StoreError>;

    /// Makes what was written safe against loss of power.
    ///
    /// # Errors
    /// When the store does not answer.
    fn flush(&self) -> Result<(), StoreError>;
}
