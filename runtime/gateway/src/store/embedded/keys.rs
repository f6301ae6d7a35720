//! Keys in redb, mirrored in memory: a lookup never touches the disk, a change is on disk before it is answered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::super::{BoxFuture, KeyStore, StoreError};
use crate::keys::{KeyFilter, KeyRecord};

#[cfg(test)]
mod tests;

const KEYS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");

type Records = BTreeMap<String, Arc<KeyRecord>>;

/// Keys of one process.
#[derive(Clone, Debug)]
pub struct EmbeddedKeys {
    records: Arc<RwLock<Records>>,
    /// Locked for the whole of a change, so that disk and memory change in the same order.
    database: Arc<Mutex<Database>>,
}

impl EmbeddedKeys {
    /// Opens the keys of an earlier process, or begins an empty store.
    ///
    /// # Errors
    /// When the file cannot be used, another process uses it, or a record cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::create(path).map_err(lost)?;
        let write = database.begin_write().map_err(lost)?;
        write.open_table(KEYS).map_err(lost)?;
        write.commit().map_err(lost)?;
        let mut records = Records::new();
        let read = database.begin_read().map_err(lost)?;
        for entry in read.open_table(KEYS).map_err(lost)?.iter().map_err(lost)? {
            let (id, bytes) = entry.map_err(lost)?;
            let record = serde_json::from_slice(bytes.value())
                .map_err(|error| StoreError::Damaged(format!("key `{}`: {error}", id.value())))?;
            records.insert(id.value().to_owned(), Arc::new(record));
        }
        drop(read);
        Ok(Self { records: Arc::new(RwLock::new(records)), database: Arc::new(Mutex::new(database)) })
    }

    fn find_now(&self, id: &str) -> Option<KeyRecord> {
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        records.get(id).map(|record| KeyRecord::clone(record))
    }

    /// Writes a record if `may` agrees with what is there; says whether it did.
    fn write(&self, record: KeyRecord, may: impl Fn(Option<&KeyRecord>) -> bool) -> Result<bool, StoreError> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        if !may(self.find_now(&record.id).as_ref()) {
            return Ok(false);
        }
        let bytes = serde_json::to_vec(&record).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let write = database.begin_write().map_err(lost)?;
        write.open_table(KEYS).map_err(lost)?.insert(record.id.as_str(), bytes.as_slice()).map_err(lost)?;
        write.commit().map_err(lost)?;
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        records.insert(record.id.clone(), Arc::new(record));
        Ok(true)
    }
}

impl KeyStore for EmbeddedKeys {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<KeyRecord>, StoreError>> {
        let found = self.find_now(id);
        Box::pin(async move { Ok(found) })
    }

    fn insert<'a>(&'a self, record: &'a KeyRecord) -> BoxFuture<'a, Result<(), StoreError>> {
        let (store, record) = (self.clone(), record.clone());
        Box::pin(async move {
            let inserted = blocking(move || store.write(record, |before| before.is_none())).await?;
            if inserted { Ok(()) } else { Err(StoreError::Exists) }
        })
    }

    fn replace<'a>(&'a self, record: &'a KeyRecord, version: u64) -> BoxFuture<'a, Result<bool, StoreError>> {
        let (store, record) = (self.clone(), record.clone());
        let is_current = move |before: Option<&KeyRecord>| before.is_some_and(|before| before.version == version);
        Box::pin(async move { blocking(move || store.write(record, is_current)).await })
    }

    fn list<'a>(&'a self, filter: &'a KeyFilter) -> BoxFuture<'a, Result<Vec<KeyRecord>, StoreError>> {
        Box::pin(async move {
            let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
            Ok(records
                .values()
                .filter(|record| filter.selects(record))
                .map(|record| KeyRecord::clone(record))
                .collect())
        })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Unavailable(error.to_string()))?
}

fn lost(error: impl Into<redb::Error>) -> StoreError {
    StoreError::Unavailable(error.into().to_string())
}
