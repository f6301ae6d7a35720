//! The chain of hashes over the lines of a ledger, and what is left of it after a crash.
//!
//! A line is `{"hash":"<64 hex digits>","record":<record>}` and a line break. The hash covers the hash of the line before
//! and the bytes of the record, so that no line can be changed, removed, added or moved without all later ones changing.
//! A line without its line break was torn by a crash: it was never acknowledged and is not part of the ledger.

use maas_schemas::usage::UsageRecord;
use sha2::{Digest, Sha256};

use crate::record::{self, RecordError};

#[cfg(test)]
mod tests;

const HEAD: &str = "{\"hash\":\"";
const MIDDLE: &str = "\",\"record\":";
const TAIL: &str = "}";
const HASH_DIGITS: usize = 64;

/// The hash of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// What stands before the first line.
    pub const FIRST: Self = Self([0; 32]);

    /// Reads 64 hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        let bytes: Vec<u8> =
            digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        let is_canonical = text.len() == HASH_DIGITS && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        bytes.try_into().ok().filter(|_| is_canonical).map(Self)
    }

    fn after(self, record: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.to_string());
        hasher.update(record);
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Display for LineHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for LineHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The end of a ledger, to which lines are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    last: LineHash,
}

impl Chain {
    /// Returns the end of a ledger whose last line has this hash.
    #[must_use]
    pub const fn at(last: LineHash) -> Self {
        Self { last }
    }

    /// Returns the hash of the last line.
    #[must_use]
    pub const fn last(&self) -> LineHash {
        self.last
    }

    /// Returns the next line with its line break, and the chain after it.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn append(&self, record: &UsageRecord) -> Result<(String, Self), RecordError> {
        let record = record::encode(record)?;
        let hash = self.last.after(&record);
        Ok((format!("{HEAD}{hash}{MIDDLE}{record}{TAIL}\n"), Self { last: hash }))
    }
}

/// A ledger, or a part of it, that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of lines.
    pub n_lines: u64,
    /// The end.
    pub chain: Chain,
    /// How many bytes are lines; what follows was torn by a crash.
    pub n_bytes: usize,
}

/// Where a ledger is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// From 1.
    pub line: u64,
    /// What is wrong there.
    pub why: &'static str,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for Broken {}

/// Checks lines that follow `before`.
///
/// # Errors
/// At the first line that was changed, or before which one is missing.
pub fn verify(bytes: &[u8], before: LineHash) -> Result<Verified, Broken> {
    let mut verified = Verified { n_lines: 0, chain: Chain::at(before), n_bytes: 0 };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !line.ends_with(b"\n") {
            break;
        }
        let number = verified.n_lines.saturating_add(1);
        let broken = |why| Broken { line: number, why };
        let (hash, record) = parse(line).ok_or_else(|| broken("not a line of a ledger"))?;
        if verified.chain.last.after(record) != hash {
            return Err(broken("the hash does not follow from the line before and this record"));
        }
        let n_bytes = verified.n_bytes.saturating_add(line.len());
        verified = Verified { n_lines: number, chain: Chain::at(hash), n_bytes };
    }
    Ok(verified)
}

/// Returns the hash and the record of one line.
#[must_use]
pub fn parse(line: &[u8]) -> Option<(LineHash, &str)> {
    let line = std::str::from_utf8(line).ok()?;
    let rest = line.strip_suffix('\n').unwrap_or(line).strip_prefix(HEAD)?;
    let (hash, rest) = rest.split_at_checked(HASH_DIGITS)?;
    let record = rest.strip_prefix(MIDDLE)?.strip_suffix(TAIL)?;
    Some((LineHash::parse(hash)?, record))
}

/// Returns the records of whole lines, without checking the chain. A torn last line is left out.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Result<UsageRecord, Broken>> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    (1..).zip(lines).map(|(number, line)| {
        let record = parse(line).and_then(|(_, record)| record::decode(record).ok());
        record.ok_or(Broken { line: number, why: "not a usage record of this version" })
    })
}
