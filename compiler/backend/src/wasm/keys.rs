//! Tables of names: searched one by one while few, else a perfect hash (compress, hash and displace).

use super::layout::{LINEAR_KEYS, key};

/// `2^64 / φ`: the multiplier of the hash.
pub(super) const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
/// The last multiplier of the hash.
pub(super) const FINISH: u64 = 0xD6E8_FEB8_6659_FD93;
/// Multiplies the displacement of a bucket.
pub(super) const DISPLACE: u32 = 0x9E37_79B1;
/// Multipliers of the finaliser of 32 bits (Murmur 3).
pub(super) const MIX: [u32; 2] = [0x85EB_CA6B, 0xC2B2_AE35];
/// Seeds to try before giving up.
const SEEDS: u32 = 64;
/// Displacements to try for one bucket before the next seed.
const DISPLACEMENTS: u32 = 1 << 20;

/// One name and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    /// Attribute key of a member, else 0.
    pub(super) kind: u16,
    pub(super) text: &'a str,
    pub(super) value: u32,
    pub(super) n: u16,
}

/// Where each key goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) seed: u32,
    /// One per bucket; none when the keys are searched one by one.
    pub(super) displacements: Vec<u32>,
    /// Indices of keys, or a free slot.
    pub(super) slots: Vec<Option<usize>>,
}

/// The search found no seed under which every key has a slot of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoSeed;

/// Returns where each key goes; a function of the keys alone.
pub(super) fn place(keys: &[Key<'_>]) -> Result<Placement, NoSeed> {
    if keys.len() <= LINEAR_KEYS {
        let slots = (0..keys.len()).map(Some).collect();
        return Ok(Placement { slots, ..Placement::default() });
    }
    (0..SEEDS).find_map(|seed| place_with(keys, seed)).ok_or(NoSeed)
}

fn place_with(keys: &[Key<'_>], seed: u32) -> Option<Placement> {
    let n_buckets = (keys.len() / 4).max(1);
    let n_slots = keys.len() * 10 / 9 + 1;
    let hashes: Vec<u64> = keys.iter().map(|key| hash(seed, key.kind, key.text.as_bytes())).collect();
    let mut buckets: Vec<(usize, Vec<usize>)> = (0..n_buckets).map(|number| (number, Vec::new())).collect();
    for (index, hash) in hashes.iter().enumerate() {
        buckets.get_mut(scale(high(*hash), n_buckets))?.1.push(index);
    }
    // Large buckets first, while there is room; the sort is stable, so ties go by number.
    buckets.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let mut displacements = vec![0; n_buckets];
    let mut slots: Vec<Option<usize>> = vec![None; n_slots];
    for (number, members) in &buckets {
        let members: Vec<(usize, u32)> =
            members.iter().map(|index| Some((*index, low(*hashes.get(*index)?)))).collect::<Option<_>>()?;
        let displacement = (0..DISPLACEMENTS).find(|displacement| fits(&members, *displacement, &slots))?;
        *displacements.get_mut(*number)? = displacement;
        for (index, hash) in members {
            *slots.get_mut(slot(hash, displacement, n_slots))? = Some(index);
        }
    }
    Some(Placement { seed, displacements, slots })
}

fn fits(members: &[(usize, u32)], displacement: u32, slots: &[Option<usize>]) -> bool {
    let mut taken: Vec<usize> = Vec::with_capacity(members.len());
    members.iter().all(|(_, hash)| {
        let slot = slot(*hash, displacement, slots.len());
        let free = slots.get(slot).is_some_and(Option::is_none) && !taken.contains(&slot);
        taken.push(slot);
        free
    })
}

fn slot(hash: u32, displacement: u32, n_slots: usize) -> usize {
    let mut mixed = hash.wrapping_add(displacement.wrapping_mul(DISPLACE));
    mixed ^= mixed >> 16;
    mixed = mixed.wrapping_mul(MIX[0]);
    mixed ^= mixed >> 13;
    mixed = mixed.wrapping_mul(MIX[1]);
    mixed ^= mixed >> 16;
    scale(mixed, n_slots)
}

/// Maps a hash of 32 bits to `0..n` without a division.
fn scale(hash: u32, n: usize) -> usize {
    let n = u64::try_from(n).unwrap_or(u64::MAX);
    usize::try_from((u64::from(hash).wrapping_mul(n)) >> 32).unwrap_or(usize::MAX)
}

/// Returns the hash that the module computes as well.
fn hash(seed: u32, kind: u16, text: &[u8]) -> u64 {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let mut hash = GOLDEN ^ u64::from(seed) ^ (u64::from(kind) << 32) ^ length.wrapping_mul(GOLDEN);
    for chunk in text.chunks(8) {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(chunk) {
            *to = *from;
        }
        hash = (hash ^ u64::from_le_bytes(bytes)).wrapping_mul(GOLDEN);
        hash ^= hash >> 29;
    }
    hash = hash.wrapping_mul(FINISH);
    hash ^ (hash >> 32)
}

fn high(hash: u64) -> u32 {
    low(hash >> 32)
}

fn low(hash: u64) -> u32 {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Returns the record of a key, or of a free slot.
pub(super) fn record(key: Option<(&Key<'_>, u32)>) -> [u8; key::SIZE as usize] {
    let mut record = [0; key::SIZE as usize];
    let fields = match key {
        Some((key, address)) => {
            let length = u32::try_from(key.text.len()).unwrap_or(key::EMPTY);
            [address, length, key.value, u32::from(key.kind) | (u32::from(key.n) << 16)]
        }
        None => [0, key::EMPTY, 0, 0],
    };
    for (to, from) in record.chunks_mut(4).zip(fields) {
        to.copy_from_slice(&from.to_le_bytes());
    }
    record
}
