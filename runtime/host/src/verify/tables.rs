//! The directory of the tables: format, strides, and that every table lies inside the data segment.

use maas_schemas::abi::{TABLE_FORMAT, TABLE_STRIDES, TABLES_ADDRESS};

use super::refused;
use crate::LoadError;

/// Positions of two tables in the directory.
const PRINCIPALS: usize = 9;
const MODELS: usize = 10;

/// What the manifest must agree with.
pub(super) struct Counts {
    pub(super) n_principals: usize,
    pub(super) n_models: usize,
}

/// Checks the directory at the start of the data segment.
pub(super) fn check(data: &[u8]) -> Result<Counts, LoadError> {
    let (header, rest) = data.split_first_chunk::<16>().ok_or_else(|| refused("its tables are truncated"))?;
    let mut expected = [0; 16];
    let fields = b"MAAS".iter().copied().chain(TABLE_FORMAT.to_le_bytes());
    let n_tables = u16::try_from(TABLE_STRIDES.len()).unwrap_or(u16::MAX);
    for (to, from) in expected.iter_mut().zip(fields.chain(n_tables.to_le_bytes())) {
        *to = from;
    }
    if *header != expected {
        return Err(refused("its tables have another format"));
    }
    let (entries, _) = rest.as_chunks::<16>();
    let entries = entries.get(..TABLE_STRIDES.len()).ok_or_else(|| refused("its tables are truncated"))?;
    let start = u64::from(TABLES_ADDRESS) + 16 + 16 * u64::from(n_tables);
    let end = u64::from(TABLES_ADDRESS) + u64::try_from(data.len()).unwrap_or(u64::MAX);
    let mut counts = Vec::with_capacity(TABLE_STRIDES.len());
    for (index, (entry, stride)) in entries.iter().zip(TABLE_STRIDES).enumerate() {
        let (words, _) = entry.as_chunks::<4>();
        let [address, count, written, _] = words else { return Err(refused("its tables are truncated")) };
        let [address, count, written] = [*address, *count, *written].map(u32::from_le_bytes);
        let table_end = u64::from(address) + u64::from(count) * u64::from(stride);
        if written != u32::from(stride) || u64::from(address) < start || table_end > end {
            return Err(refused(format!("its table {index} does not lie where tables lie")));
        }
        counts.push(count as usize);
    }
    let count = |index: usize| counts.get(index).copied().unwrap_or(0);
    Ok(Counts { n_principals: count(PRINCIPALS), n_models: count(MODELS) })
}
