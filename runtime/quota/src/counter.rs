//! One counter in one window, and the admission of an order over several of them: all or nothing.
//!
//! A counter knows its lease: how much of the limit this replica may use without asking. With one replica and a store that
//! grants all, the lease is the limit and nothing else changes.

use maas_schemas::abi::{Measure, Reason};

use crate::limit::Order;
use crate::window::Window;

#[cfg(test)]
mod tests;

/// What one replica knows of a counter in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The window.
    pub window: Window,
    /// The largest amount that was in force at an admission; debt is what goes beyond it.
    pub limit: u64,
    /// Billed beyond the limit in earlier windows.
    pub carried: u64,
    /// Settled.
    pub charged: u64,
    /// Held by requests in flight.
    pub reserved: u64,
    /// Sum of what was charged beyond reservations.
    pub overcharged: u64,
    /// How much this replica may use.
    pub lease: u64,
    /// How much others hold or have used, as last heard.
    pub elsewhere: u64,
}

impl Counter {
    /// Returns an unused counter without a lease.
    #[must_use]
    pub const fn new(window: Window) -> Self {
        Self { window, limit: 0, carried: 0, charged: 0, reserved: 0, overcharged: 0, lease: 0, elsewhere: 0 }
    }

    /// Returns what this replica has used and holds.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.carried.saturating_add(self.charged).saturating_add(self.reserved)
    }

    /// Returns what this replica has used for good.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.carried.saturating_add(self.charged)
    }

    /// Returns what a limit of this amount leaves; 0 while there is debt.
    #[must_use]
    pub const fn left(&self, amount: u64) -> u64 {
        amount.saturating_sub(self.elsewhere).saturating_sub(self.total())
    }

    /// Holds an amount for a request that was admitted under a limit.
    pub const fn hold(&mut self, amount: u64, limit: u64) {
        self.reserved = self.reserved.saturating_add(amount);
        if limit > self.limit {
            self.limit = limit;
        }
    }

    /// Turns a reservation into a charge; what is left of it is free again.
    pub const fn settle(&mut self, reserved: u64, charge: u64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        self.charged = self.charged.saturating_add(charge);
        self.overcharged = self.overcharged.saturating_add(charge.saturating_sub(reserved));
    }

    /// Returns the debt that the next window starts with: what was billed beyond the limit in force at admission. A limit
    /// lowered below what was used leaves none.
    #[must_use]
    pub fn debt(&self) -> u64 {
        let beyond = self.total().saturating_sub(self.limit);
        beyond.min(self.carried.saturating_add(self.overcharged))
    }

    /// Returns the counter of a later window. A whole window that nobody used in between pays its share of the debt.
    #[must_use]
    pub fn next(&self, window: Window) -> Self {
        let paid = if window.start_ms > self.window.end_ms { self.limit } else { 0 };
        Self { limit: self.limit, carried: self.debt().saturating_sub(paid), ..Self::new(window) }
    }

    /// Returns how much of what was used no lease covers: a provider billed more than its bound.
    #[must_use]
    pub const fn beyond_lease(&self) -> u64 {
        self.total().saturating_sub(self.lease)
    }
}

/// Whether an order fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It fits the limits and the leases with this output cap; hold [`amounts`](crate::limit::Demand::at) of each line.
    Fits {
        /// Output tokens of each answer.
        cap: u32,
    },
    /// It fits the limits as far as this replica knows; these lines need a larger lease first.
    Short {
        /// Index of the line and how much its lease lacks.
        lines: Vec<(usize, u64)>,
    },
    /// It does not fit.
    Refused(Refusal),
}

/// Which limit refused, with what people need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `request-exceeds-limit`, `rate-limit-exceeded`, `insufficient-quota` or `concurrency-limit`.
    pub reason: Reason,
    /// Index of the line in the order.
    pub line: usize,
    /// The amount of the limit.
    pub limit: u64,
    /// Used for good, by everyone as far as known.
    pub used: u64,
    /// Held by requests in flight.
    pub reserved: u64,
    /// What is left.
    pub remaining: u64,
    /// What the request needs at least.
    pub needed: u64,
    /// When the window ends, Unix milliseconds; `None` for concurrency and for what can never fit.
    pub reset_ms: Option<i64>,
}

/// Says whether an order fits its counters, which stand in the order of its lines.
///
/// Of several limits that refuse, the one that can never be met is named, else the one whose window ends last: waiting for
/// another would not help.
#[must_use]
pub fn admit(order: &Order, counters: &[Counter]) -> Admission {
    let mut cap = Some(order.output.wanted);
    for (line, counter) in order.lines.iter().zip(counters) {
        let largest = line.demand.largest_cap(counter.left(line.limit.amount));
        cap = cap.and_then(|cap| largest.map(|largest| cap.min(largest)));
    }
    let Some(cap) = cap.filter(|cap| *cap >= order.output.least) else {
        return refuse(order, counters);
    };
    let lines: Vec<(usize, u64)> = order
        .lines
        .iter()
        .zip(counters)
        .map(|(line, counter)| counter.total().saturating_add(line.demand.at(cap)).saturating_sub(counter.lease))
        .enumerate()
        .filter(|(_, lacks)| *lacks > 0)
        .collect();
    if lines.is_empty() { Admission::Fits { cap } } else { Admission::Short { lines } }
}

/// Says whether an order fits what the leases in hand still hold, as when the store does not answer.
#[must_use]
pub fn admit_from_leases(order: &Order, counters: &[Counter]) -> Option<u32> {
    let mut cap = order.output.wanted;
    for (line, counter) in order.lines.iter().zip(counters) {
        let in_hand = counter.lease.saturating_sub(counter.total()).min(counter.left(line.limit.amount));
        cap = cap.min(line.demand.largest_cap(in_hand)?);
    }
    (cap >= order.output.least).then_some(cap)
}

fn refuse(order: &Order, counters: &[Counter]) -> Admission {
    let mut worst: Option<(u8, i64, Refusal)> = None;
    for (index, (line, counter)) in order.lines.iter().zip(counters).enumerate() {
        let needed = line.demand.at(order.output.least);
        let remaining = counter.left(line.limit.amount);
        if needed <= remaining {
            continue;
        }
        let (rank, reason) = if needed > line.limit.amount {
            (2, Reason::RequestTooLarge)
        } else if line.limit.measure == Measure::Concurrency {
            (0, Reason::ConcurrencyLimited)
        } else if line.period.is_short() {
            (1, Reason::RateLimited)
        } else {
            (1, Reason::QuotaExhausted)
        };
        let end_ms = counter.window.end_ms;
        if worst.as_ref().is_none_or(|(rank_before, end_before, _)| (rank, end_ms) > (*rank_before, *end_before)) {
            let refusal = Refusal {
                reason,
                line: index,
                limit: line.limit.amount,
                used: counter.used().saturating_add(counter.elsewhere),
                reserved: counter.reserved,
                remaining,
                needed,
                reset_ms: (rank == 1).then_some(end_ms),
            };
            worst = Some((rank, end_ms, refusal));
        }
    }
    // INVARIANT: the caller found a line that does not fit, so there is a worst one; an order without lines always fits.
    worst.map_or(Admission::Fits { cap: order.output.least }, |(_, _, refusal)| Admission::Refused(refusal))
}
