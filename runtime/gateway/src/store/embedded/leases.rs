//! Leases in an append-only log: a grant is written before it is used, so that it survives kill -9; no request waits for a
//! flush, because what the kernel has taken outlives the process. Loss of power may cost the grants of the last second.
#![expect(clippy::disallowed_methods, reason = "a store is an edge: it owns its file")]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use maas_quota::lease::{Grant, Shelf};
use maas_quota::limit::CounterId;
use maas_quota::window::Window;

use super::super::{BoxFuture, LeaseAsk, LeaseStore, StoreError};

mod record;
#[cfg(test)]
mod tests;

/// The log is written anew when it has grown to this size and most of it is out of date.
const COMPACT_BYTES: u64 = 4 << 20;

/// What the log says, by counter and start of the window.
type Shelves = BTreeMap<(CounterId, i64), (Window, Shelf)>;

/// Leases of one process, on disk or in memory.
#[derive(Debug)]
pub struct EmbeddedLeases {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    shelves: Shelves,
    log: Option<Log>,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
    length: u64,
    /// Length right after it was last written anew.
    compacted: u64,
    unflushed: bool,
}

impl EmbeddedLeases {
    /// Returns leases that end with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { state: Arc::new(Mutex::new(State { shelves: Shelves::new(), log: None })) }
    }

    /// Opens the log of an earlier process, or begins one. What that process had in hand stays granted until its windows
    /// end: the safe direction. A last line that was not written to its end is dropped.
    ///
    /// # Errors
    /// When the file cannot be used, or another process uses it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.try_lock().map_err(|error| StoreError::Unavailable(format!("`{}`: {error}", path.display())))?;
        let mut log = Log { path: path.to_owned(), file, length: 0, compacted: 0, unflushed: false };
        let mut bytes = Vec::new();
        log.file.read_to_end(&mut bytes)?;
        let (shelves, length) = record::read_all(&bytes);
        log.length = u64::try_from(length).unwrap_or(u64::MAX);
        log.file.set_len(log.length)?;
        log.file.seek(SeekFrom::End(0))?;
        Ok(Self { state: Arc::new(Mutex::new(State { shelves, log: Some(log) })) })
    }

    fn with_state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LeaseStore for EmbeddedLeases {
    fn take<'a>(&'a self, asks: &'a [LeaseAsk]) -> BoxFuture<'a, Result<Vec<Grant>, StoreError>> {
        Box::pin(async move { self.with_state(|state| state.take(asks)) })
    }

    fn granted<'a>(&'a self, counter: &'a CounterId, window: Window) -> BoxFuture<'a, Result<u64, StoreError>> {
        let key = (counter.clone(), window.start_ms);
        let granted = self.with_state(|state| state.shelves.get(&key).map_or(0, |(_, shelf)| shelf.granted));
        Box::pin(async move { Ok(granted) })
    }

    fn tend(&self, now_ms: i64) -> BoxFuture<'_, Result<(), StoreError>> {
        let state = Arc::clone(&self.state);
        Box::pin(async move {
            let flush = move || {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.tend(now_ms)
            };
            tokio::task::spawn_blocking(flush).await.map_err(|error| StoreError::Unavailable(error.to_string()))?
        })
    }
}

impl State {
    /// Writes first and changes memory afterwards: what cannot be written is not granted.
    fn take(&mut self, asks: &[LeaseAsk]) -> Result<Vec<Grant>, StoreError> {
        let mut changed = Shelves::new();
        let mut lines = Vec::new();
        let mut grants = Vec::with_capacity(asks.len());
        for ask in asks {
            let key = (ask.counter.clone(), ask.window.start_ms);
            let before = changed.get(&key).or_else(|| self.shelves.get(&key));
            let mut shelf = before.map_or_else(Shelf::default, |(_, shelf)| *shelf);
            grants.push(shelf.take(&ask.ask));
            if !ask.volatile {
                record::write(&mut lines, &ask.counter, ask.window, shelf);
            }
            changed.insert(key, (ask.window, shelf));
        }
        if let Some(log) = &mut self.log {
            log.append(&lines)?;
        }
        self.shelves.append(&mut changed);
        Ok(grants)
    }

    fn tend(&mut self, now_ms: i64) -> Result<(), StoreError> {
        self.shelves
            .retain(|_, (window, shelf)| window.end_ms > now_ms && (*window != Window::ALWAYS || shelf.granted > 0));
        let Some(log) = &mut self.log else { return Ok(()) };
        if log.length > COMPACT_BYTES.max(log.compacted.saturating_mul(4)) {
            log.compact(&self.shelves)?;
        }
        if log.unflushed {
            log.file.sync_data()?;
            log.unflushed = false;
        }
        Ok(())
    }
}

impl Log {
    fn append(&mut self, lines: &[u8]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.file.write_all(lines) {
            // Half a line would end the log for the next reader; what was granted before stays readable.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::End(0))?;
            return Err(error.into());
        }
        self.length = self.length.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        self.unflushed = true;
        Ok(())
    }

    /// Writes what is in force to a file beside, then takes its name.
    fn compact(&mut self, shelves: &Shelves) -> Result<(), StoreError> {
        let mut lines = Vec::new();
        for ((counter, _), (window, shelf)) in shelves {
            if *window != Window::ALWAYS {
                record::write(&mut lines, counter, *window, *shelf);
            }
        }
        let beside = self.path.with_extension("new");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&beside)?;
        file.try_lock().map_err(|error| StoreError::Unavailable(format!("`{}`: {error}", beside.display())))?;
        file.write_all(&lines)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        self.file = file;
        self.length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.compacted = self.length;
        self.unflushed = false;
        Ok(())
    }
}
