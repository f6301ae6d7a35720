//! A reservation that gives itself back: on every path, whatever ends the request.

use std::sync::Arc;

use maas_quota::counter::Counter;
use maas_quota::limit::Order;
use maas_quota::settle::{Settlement, Truth, charge};
use maas_quota::window::Window;
use maas_schemas::abi::Measure;

use super::{LimitState, Shelves};

/// What is held of one counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldLine {
    window: Window,
    reserved: u64,
    state: Counter,
}

impl HeldLine {
    pub(super) const fn new(reserved: u64, counter: &Counter) -> Self {
        Self { window: counter.window, reserved, state: *counter }
    }
}

/// A reservation over all limits of one request.
///
/// Dropped without [`Held::settle`], it charges the whole reservation if the request was [sent](Held::mark_sent) and
/// nothing if it was not. Slots of concurrency limits come back in any case.
#[must_use = "dropping a reservation settles it"]
#[derive(Debug)]
pub struct Held {
    shelves: Arc<Shelves>,
    order: Order,
    lines: Vec<HeldLine>,
    cap: u32,
    unverified: bool,
    sent: bool,
    settled: bool,
}

/// What a settlement did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// In the order of the decision's limits, each counter once.
    pub lines: Vec<ReceiptLine>,
}

/// What a settlement did to one counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptLine {
    /// Index of the limit's name in the bundle.
    pub name: u32,
    /// Held and charged.
    pub settlement: Settlement,
}

impl Receipt {
    /// Says whether some counter was charged more than was reserved.
    #[must_use]
    pub fn is_overcharged(&self) -> bool {
        self.lines.iter().any(|line| line.settlement.overcharge() > 0)
    }
}

impl Held {
    pub(super) const fn new(
        shelves: Arc<Shelves>,
        order: Order,
        lines: Vec<HeldLine>,
        cap: u32,
        unverified: bool,
    ) -> Self {
        Self { shelves, order, lines, cap, unverified, sent: false, settled: false }
    }

    /// Returns the output cap that was reserved for each answer: it must be written into the upstream request.
    #[must_use]
    pub const fn output_cap(&self) -> u32 {
        self.cap
    }

    /// Says whether the cap is smaller than what was wanted.
    #[must_use]
    pub const fn is_shortened(&self) -> bool {
        self.cap < self.order.output.wanted
    }

    /// Says whether it was admitted without the store, so that other replicas do not know of it.
    #[must_use]
    pub const fn is_unverified(&self) -> bool {
        self.unverified
    }

    /// Returns the order that was reserved.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Returns where each limit stood right after this reservation, for response headers.
    #[must_use]
    pub fn states(&self) -> Vec<LimitState> {
        self.order.lines.iter().zip(&self.lines).map(|(line, held)| LimitState::new(line, &held.state)).collect()
    }

    /// Notes that the request is on its way: from here on only the truth frees what was reserved.
    pub const fn mark_sent(&mut self) {
        self.sent = true;
    }

    /// Charges the truth and frees the rest, against the counters and windows in which it was reserved.
    pub fn settle(mut self, truth: &Truth) -> Receipt {
        self.finish(Some(truth))
    }

    /// Frees everything: no provider has seen the request.
    pub fn release(self) {
        self.settle(&Truth::NOTHING);
    }

    fn finish(&mut self, truth: Option<&Truth>) -> Receipt {
        let mut receipt = Receipt::default();
        if std::mem::replace(&mut self.settled, true) {
            return receipt;
        }
        for (line, held) in self.order.lines.iter().zip(&self.lines) {
            let charged = match truth {
                Some(truth) => charge(&line.limit, truth, self.order.price.as_ref()),
                None if line.limit.measure == Measure::Concurrency => 0,
                None => held.reserved,
            };
            self.shelves.with_entry(&line.counter, held.window, |entry| {
                entry.settle(held.window, held.reserved, charged);
            });
            let settlement = Settlement { reserved: held.reserved, charged };
            receipt.lines.push(ReceiptLine { name: line.limit.name, settlement });
        }
        receipt
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let truth = if self.sent { None } else { Some(&Truth::NOTHING) };
        self.finish(truth);
    }
}
