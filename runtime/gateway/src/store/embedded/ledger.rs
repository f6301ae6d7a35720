//! The ledger as files of one folder, one for each UTC day, chained across all of them.
//!
//! A record is handed to the kernel before it is acknowledged, so that it survives kill -9. A line that a crash tore is cut
//! off when the ledger is opened again.
#![expect(clippy::disallowed_methods, reason = "a store is an edge: it owns its files")]

use std::collections::{BTreeSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use maas_ledger::chain::{self, Chain, LineHash};
use maas_schemas::usage::UsageRecord;

use super::super::{Appended, Ledger, StoreError};

#[cfg(test)]
mod tests;

/// How much of the last file is read at the start: its chain is checked and its request ids are known again.
const TAIL_BYTES: u64 = 8 << 20;
/// How many request ids are remembered.
const N_REMEMBERED: usize = 1 << 16;
const EXTENSION: &str = "jsonl";

/// The ledger of one process.
#[derive(Debug)]
pub struct EmbeddedLedger {
    folder: PathBuf,
    end: Mutex<End>,
    /// Keeps another process out.
    _lock: File,
}

#[derive(Debug)]
struct End {
    /// `2026-11-25`; empty before the first record.
    day: String,
    file: Option<File>,
    length: u64,
    chain: Chain,
    remembered: BTreeSet<String>,
    in_order: VecDeque<String>,
    unflushed: bool,
}

impl EmbeddedLedger {
    /// Opens the ledger in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be used, another process uses it, or the end of the ledger is not what was written.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let lock_path = folder.join("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path)?;
        lock.try_lock().map_err(|error| StoreError::Unavailable(format!("`{}`: {error}", lock_path.display())))?;
        let mut end = End {
            day: String::new(),
            file: None,
            length: 0,
            chain: Chain::at(LineHash::FIRST),
            remembered: BTreeSet::new(),
            in_order: VecDeque::new(),
            unflushed: false,
        };
        // A file may hold nothing but a torn first line: then the chain goes on from the file before.
        for day in days(folder)?.into_iter().rev() {
            let found = end.resume(&file_of(folder, &day))?;
            if end.day.is_empty() {
                end.day = day;
            } else {
                end.file = None;
            }
            if found {
                break;
            }
        }
        if !end.day.is_empty() {
            let path = file_of(folder, &end.day);
            let file = OpenOptions::new().append(true).open(&path)?;
            end.length = file.metadata()?.len();
            end.file = Some(file);
        }
        Ok(Self { folder: folder.to_owned(), end: Mutex::new(end), _lock: lock })
    }

    /// Checks the whole chain, file by file.
    ///
    /// # Errors
    /// At the first line that is not what was written, named by file and line.
    pub fn verify(&self) -> Result<u64, StoreError> {
        let mut before = LineHash::FIRST;
        let mut n_lines: u64 = 0;
        for day in days(&self.folder)? {
            let bytes = std::fs::read(file_of(&self.folder, &day))?;
            let verified = chain::verify(&bytes, before)
                .map_err(|broken| StoreError::Damaged(format!("{day}.{EXTENSION}, {broken}")))?;
            before = verified.chain.last();
            n_lines = n_lines.saturating_add(verified.n_lines);
        }
        Ok(n_lines)
    }
}

impl Ledger for EmbeddedLedger {
    fn append(&self, record: &UsageRecord) -> Result<Appended, StoreError> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.append(&self.folder, record)
    }

    fn read(&self, from_ms: i64, until_ms: i64, each: &mut dyn FnMut(UsageRecord)) -> Result<(), StoreError> {
        let first = day_of(from_ms);
        // A record is written when its request ends, so it may stand in a later file than its time says, never in an earlier.
        for day in days(&self.folder)?.into_iter().filter(|day| *day >= first) {
            let mut reader = BufReader::new(File::open(file_of(&self.folder, &day))?);
            let mut line = Vec::new();
            let mut number: u64 = 0;
            while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
                number = number.saturating_add(1);
                let record = chain::parse(&line).and_then(|(_, record)| maas_ledger::record::decode(record).ok());
                let damaged = || StoreError::Damaged(format!("{day}.{EXTENSION}, line {number}"));
                let record = record.ok_or_else(damaged)?;
                if (from_ms..until_ms).contains(&record.time_ms) {
                    each(record);
                }
                line.clear();
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        let file = {
            let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::replace(&mut end.unflushed, false) {
                return Ok(());
            }
            end.file.as_ref().map(File::try_clone).transpose()?
        };
        // Outside the lock: a slow disk must not hold up requests.
        file.map_or(Ok(()), |file| Ok(file.sync_data()?))
    }
}

impl End {
    fn append(&mut self, folder: &Path, record: &UsageRecord) -> Result<Appended, StoreError> {
        if self.remembered.contains(&record.request_id) {
            return Ok(Appended::Duplicate);
        }
        let day = day_of(record.time_ms);
        if day > self.day || self.file.is_none() {
            let day = day.max(std::mem::take(&mut self.day));
            let path = file_of(folder, &day);
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            if let Some(ended) = self.file.take() {
                ended.sync_data()?;
            }
            self.length = file.metadata()?.len();
            self.file = Some(file);
            self.day = day;
        }
        let (line, chain) = self.chain.append(record).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let Some(file) = &mut self.file else { return Err(StoreError::Unavailable("no file".to_owned())) };
        if let Err(error) = file.write_all(line.as_bytes()) {
            file.set_len(self.length)?;
            return Err(error.into());
        }
        self.length = self.length.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        self.chain = chain;
        self.unflushed = true;
        self.remember(record.request_id.clone());
        Ok(Appended::New)
    }

    fn remember(&mut self, request_id: String) {
        if self.remembered.insert(request_id.clone()) {
            self.in_order.push_back(request_id);
        }
        if self.in_order.len() > N_REMEMBERED
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.remembered.remove(&oldest);
        }
    }

    /// Cuts a torn line off the end of a file and takes up the chain after its last line; `false` if it has none.
    fn resume(&mut self, path: &Path) -> Result<bool, StoreError> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        if from > 0 {
            // Probably not the start of a line.
            lines.next();
        }
        let whole: Vec<&[u8]> = lines.filter(|line| line.ends_with(b"\n")).collect();
        let torn = bytes.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
        if torn > 0 {
            let kept = length.saturating_sub(u64::try_from(torn).unwrap_or(u64::MAX));
            file.set_len(kept)?;
        }
        let damaged = |why: &str| StoreError::Damaged(format!("`{}`: {why}", path.display()));
        let Some((first, rest)) = whole.split_first() else { return Ok(false) };
        // The first line that was read is the anchor: what it follows from was not read.
        let (anchor, _) = chain::parse(first).ok_or_else(|| damaged("not a ledger"))?;
        let verified = chain::verify(&rest.concat(), anchor).map_err(|broken| damaged(&broken.to_string()))?;
        self.chain = verified.chain;
        for line in whole {
            if let Some(Ok(record)) = chain::records(line).next() {
                self.remember(record.request_id);
            }
        }
        Ok(true)
    }
}

/// Returns the days for which there are files, ascending.
fn days(folder: &Path) -> Result<Vec<String>, StoreError> {
    let mut days = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ledger = path.extension().is_some_and(|extension| extension == EXTENSION);
        days.extend(path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_ledger).map(str::to_owned));
    }
    days.sort();
    Ok(days)
}

fn file_of(folder: &Path, day: &str) -> PathBuf {
    folder.join(format!("{day}.{EXTENSION}"))
}

/// Returns the UTC day of a time; days sort as text.
fn day_of(time_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(time_ms).unwrap_or_default().strftime("%Y-%m-%d").to_string()
}
