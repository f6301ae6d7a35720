//! How large a slice of a limit a replica may take: Σ leases ≤ limit, always.

/// Of what is left beyond a need, one part in this many goes into the slice: slices shrink as the limit nears, down to
/// single requests, and a crash forfeits at most one of them.
pub const PART: u64 = 16;

#[cfg(test)]
mod tests;

/// What a store remembers of a counter in one window: the sum of all leases, those of dead replicas included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// Granted and not given back.
    pub granted: u64,
}

/// What a replica asks of a shelf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The limit in force.
    pub limit: u64,
    /// Used already without a lease, because a provider billed more than its bound: recorded even beyond the limit.
    pub forced: u64,
    /// Needed for a request.
    pub need: u64,
    /// Not needed any more.
    pub give_back: u64,
}

/// What a replica gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Added to its lease, `forced` included, `give_back` taken off already; less than needed when the limit is used up.
    pub granted: u64,
    /// All that is granted now, to it and to others.
    pub total: u64,
}

impl Shelf {
    /// Answers one ask.
    pub fn take(&mut self, ask: &Ask) -> Grant {
        self.granted = self.granted.saturating_sub(ask.give_back).saturating_add(ask.forced);
        let slice = if ask.need == 0 { 0 } else { slice(ask.limit.saturating_sub(self.granted), ask.need) };
        self.granted = self.granted.saturating_add(slice);
        Grant { granted: ask.forced.saturating_add(slice), total: self.granted }
    }
}

/// Returns the slice for a need out of what is left: never more than that.
#[must_use]
pub fn slice(left: u64, need: u64) -> u64 {
    let spare = left.saturating_sub(need);
    need.min(left).saturating_add(spare / PART)
}
