//! Counters in memory: a request is admitted from leases in hand, all its limits together or none; only a new slice of a
//! limit asks the store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use maas_quota::counter::{Admission, Counter, Refusal, admit, admit_from_leases};
use maas_quota::limit::{CounterId, Line, Order};
use maas_quota::window::{Window, Zone, window};
use maas_schemas::bundle::OnStoreFailure;
use maas_schemas::decision::Limit;
use tokio_util::task::TaskTracker;

use super::{LeaseStore, StoreError};

mod desk;
mod entry;
mod held;
#[cfg(test)]
mod tests;

use desk::{Desk, Return, Want};
use entry::Entry;
pub use held::{Held, Receipt, ReceiptLine};

const N_SHARDS: usize = 64;
/// How often a request asks for a larger lease before it takes what is in hand: others may use up what it was granted.
const ATTEMPTS: usize = 64;
/// What others hold is asked for again before a refusal, but not more often than this: they may have given back.
const HEARSAY_MS: i64 = 50;

/// All counters of one gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Counters {
    shelves: Arc<Shelves>,
    desk: Desk,
}

/// Why nothing was reserved. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// A limit refuses.
    #[error("limit {} refuses: {} of {} left, {} needed", .0.counter, .0.refusal.remaining, .0.refusal.limit, .0.refusal.needed)]
    Refused(Box<Refused>),
    /// The store does not answer and the policy does not allow to go on.
    #[error("the store of counters does not answer")]
    StoreUnavailable,
}

/// A refusal with the limit that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Numbers.
    pub refusal: Refusal,
    /// The limit; its `name` and `rule` lead to the text and the line of the policy.
    pub limit: Limit,
    /// Its counter.
    pub counter: CounterId,
    /// There would have been room, but it lies in leases that other replicas hold.
    pub fragmented: bool,
}

/// Where a limit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitState {
    /// The limit.
    pub limit: Limit,
    /// Its counter.
    pub counter: CounterId,
    /// The window.
    pub window: Window,
    /// Used for good, by everyone as far as known. May exceed the limit.
    pub used: u64,
    /// Held by requests in flight here.
    pub reserved: u64,
    /// What is left, never negative.
    pub remaining: u64,
}

impl Counters {
    /// Returns counters over a store. A task on `tracker` talks to the store; [`Self::close`] ends it.
    #[must_use]
    pub fn new(store: Arc<dyn LeaseStore>, tracker: &TaskTracker) -> Self {
        let shelves = Arc::new(Shelves {
            shards: (0..N_SHARDS).map(|_| Mutex::default()).collect(),
            store_is_lost: AtomicBool::new(false),
        });
        let desk = Desk::open(Arc::clone(&shelves), store, tracker);
        Self { shelves, desk }
    }

    /// Reserves everything of an order or nothing. Dropping the future at any point holds nothing.
    ///
    /// # Errors
    /// When a limit refuses, or the store is lost and `on_store_failure` forbids to go on.
    pub async fn reserve(
        &self,
        order: Order,
        zone: &Zone,
        on_store_failure: OnStoreFailure,
        now_ms: i64,
    ) -> Result<Held, ReserveError> {
        let windows: Vec<Window> = order.lines.iter().map(|line| window(line.period, zone, now_ms)).collect();
        if on_store_failure == OnStoreFailure::Deny && self.shelves.store_is_lost() && !order.lines.is_empty() {
            return Err(ReserveError::StoreUnavailable);
        }
        for _ in 0..ATTEMPTS {
            let wants = match self.shelves.try_hold(&order, &windows, Leases::Required) {
                Attempt::Held(cap, held) => return Ok(Held::new(Arc::clone(&self.shelves), order, held, cap, false)),
                Attempt::Short(wants) => wants,
                Attempt::Refused(refusal) => {
                    let wants = self.shelves.hearsay(&order, &windows, now_ms);
                    if wants.is_empty() {
                        return Err(refused(&order, refusal, false));
                    }
                    wants
                }
            };
            if self.desk.fetch(wants).await.is_err() {
                return self.without_store(order, &windows, on_store_failure);
            }
        }
        match self.shelves.try_hold(&order, &windows, Leases::InHand) {
            Attempt::Held(cap, held) => Ok(Held::new(Arc::clone(&self.shelves), order, held, cap, false)),
            Attempt::Refused(refusal) => Err(refused(&order, refusal, true)),
            Attempt::Short(_) => Err(ReserveError::StoreUnavailable),
        }
    }

    fn without_store(
        &self,
        order: Order,
        windows: &[Window],
        on_store_failure: OnStoreFailure,
    ) -> Result<Held, ReserveError> {
        let leases = match on_store_failure {
            OnStoreFailure::Deny => return Err(ReserveError::StoreUnavailable),
            OnStoreFailure::Share => Leases::InHand,
            OnStoreFailure::Allow => Leases::Ignored,
        };
        match self.shelves.try_hold(&order, windows, leases) {
            Attempt::Held(cap, held) => {
                let unverified = leases == Leases::Ignored;
                Ok(Held::new(Arc::clone(&self.shelves), order, held, cap, unverified))
            }
            Attempt::Refused(_) | Attempt::Short(_) => Err(ReserveError::StoreUnavailable),
        }
    }

    /// Returns where limits stand, for usage pages. Nothing is reserved; counters not used here are asked of the store.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn states(&self, lines: &[Line], zone: &Zone, now_ms: i64) -> Result<Vec<LimitState>, StoreError> {
        let mut states = Vec::with_capacity(lines.len());
        for line in lines {
            let window = window(line.period, zone, now_ms);
            let counter = match self.shelves.peek(&line.counter, window) {
                Some(counter) => counter,
                None => Counter { elsewhere: self.desk.granted(&line.counter, window).await?, ..Counter::new(window) },
            };
            states.push(LimitState::new(line, &counter));
        }
        Ok(states)
    }

    /// Returns idle leases to the store and forgets ended windows. To be called about once a second.
    ///
    /// # Errors
    /// When the store does not answer; [`Self::store_is_lost`] then says so.
    pub async fn tend(&self, now_ms: i64) -> Result<(), StoreError> {
        self.desk.tend(now_ms, Return::Idle).await
    }

    /// Returns all unused leases and ends the task that talks to the store. What is reserved afterwards is refused.
    ///
    /// # Errors
    /// When the store does not answer; unused leases are then forfeited until their windows end.
    pub async fn close(&self, now_ms: i64) -> Result<(), StoreError> {
        let result = self.desk.tend(now_ms, Return::All).await;
        self.desk.close().await;
        result
    }

    /// Says whether the store did not answer when it was last asked.
    #[must_use]
    pub fn store_is_lost(&self) -> bool {
        self.shelves.store_is_lost()
    }
}

impl LimitState {
    fn new(line: &Line, counter: &Counter) -> Self {
        Self {
            limit: line.limit,
            counter: line.counter.clone(),
            window: counter.window,
            used: counter.used().saturating_add(counter.elsewhere),
            reserved: counter.reserved,
            remaining: counter.left(line.limit.amount),
        }
    }
}

fn refused(order: &Order, refusal: Refusal, fragmented: bool) -> ReserveError {
    // INVARIANT: a refusal names a line of its order.
    order.lines.get(refusal.line).map_or(ReserveError::StoreUnavailable, |line| {
        ReserveError::Refused(Box::new(Refused {
            refusal,
            limit: line.limit,
            counter: line.counter.clone(),
            fragmented,
        }))
    })
}

/// Which leases an admission needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leases {
    /// Enough; else say what lacks.
    Required,
    /// Those in hand: shorten to them or refuse.
    InHand,
    /// None: the limits alone, as far as this replica knows them.
    Ignored,
}

enum Attempt {
    Held(u32, Vec<held::HeldLine>),
    Short(Vec<Want>),
    Refused(Refusal),
}

/// The counters of this replica, in shards that are locked in ascending order.
#[derive(Debug)]
struct Shelves {
    shards: Vec<Mutex<BTreeMap<CounterId, Entry>>>,
    store_is_lost: AtomicBool,
}

type Shard<'a> = MutexGuard<'a, BTreeMap<CounterId, Entry>>;

impl Shelves {
    fn store_is_lost(&self) -> bool {
        self.store_is_lost.load(Ordering::Relaxed)
    }

    /// Runs `act` on one counter under its lock; a counter that is not there is made.
    fn with_entry<T>(&self, id: &CounterId, window: Window, act: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let mut shard = lock(self.shards.get(shard_of(id))?);
        Some(act(shard.entry(id.clone()).or_insert_with(|| Entry::new(window))))
    }

    fn peek(&self, id: &CounterId, window: Window) -> Option<Counter> {
        let shard = lock(self.shards.get(shard_of(id))?);
        shard.get(id)?.in_window(window)
    }

    /// Returns what to ask for before a refusal that rests on what others were last heard to hold.
    fn hearsay(&self, order: &Order, windows: &[Window], now_ms: i64) -> Vec<Want> {
        let stale = order.lines.iter().zip(windows).filter_map(|(line, window)| {
            let needed = line.demand.at(order.output.least);
            let lacks = self.with_entry(&line.counter, *window, |entry| {
                let counter = entry.current();
                let may_fit = counter.elsewhere > 0 && needed <= line.limit.amount.saturating_sub(counter.total());
                let does_not_fit = needed > counter.left(line.limit.amount);
                let lacks = counter.total().saturating_add(needed).saturating_sub(counter.lease);
                let window = counter.window;
                (may_fit && does_not_fit && entry.may_ask(now_ms, HEARSAY_MS)).then_some((window, lacks))
            });
            lacks.flatten().map(|(window, lacks)| Want::new(line, window, lacks))
        });
        stale.collect()
    }

    /// Admits and holds under the locks of all counters of an order: nobody sees a part of it.
    fn try_hold(&self, order: &Order, windows: &[Window], leases: Leases) -> Attempt {
        let mut numbers: Vec<usize> = order.lines.iter().map(|line| shard_of(&line.counter)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut shards: Vec<(usize, Shard<'_>)> =
            numbers.iter().filter_map(|number| Some((*number, lock(self.shards.get(*number)?)))).collect();
        let counters: Vec<Counter> = order
            .lines
            .iter()
            .zip(windows)
            .filter_map(|(line, window)| {
                let entry = entry_of(&mut shards, &line.counter, *window)?;
                entry.roll(*window);
                Some(*entry.current())
            })
            .collect();
        let admission = match leases {
            Leases::Required => admit(order, &counters),
            Leases::InHand => match admit_from_leases(order, &counters) {
                Some(cap) => Admission::Fits { cap },
                None => Admission::Refused(from_leases(order, &counters)),
            },
            Leases::Ignored => match admit(order, &counters) {
                Admission::Short { .. } => Admission::Fits { cap: largest_cap(order, &counters) },
                admission @ (Admission::Fits { .. } | Admission::Refused(_)) => admission,
            },
        };
        let cap = match admission {
            Admission::Fits { cap } => cap,
            Admission::Short { lines } => {
                let wants = lines.into_iter().filter_map(|(index, need)| {
                    let (line, counter) = (order.lines.get(index)?, counters.get(index)?);
                    Some(Want::new(line, counter.window, need))
                });
                return Attempt::Short(wants.collect());
            }
            Admission::Refused(refusal) => return Attempt::Refused(refusal),
        };
        let mut held = Vec::with_capacity(order.lines.len());
        for (line, counter) in order.lines.iter().zip(&counters) {
            let reserved = line.demand.at(cap);
            if let Some(entry) = entry_of(&mut shards, &line.counter, counter.window) {
                entry.hold(reserved, line.limit.amount);
                held.push(held::HeldLine::new(reserved, entry.current()));
            }
        }
        Attempt::Held(cap, held)
    }
}

/// Returns the refusal when the leases in hand are not enough: that of the limits if one refuses, else of the first line
/// whose lease lacks something.
fn from_leases(order: &Order, counters: &[Counter]) -> Refusal {
    let capped: Vec<Counter> = counters
        .iter()
        .zip(&order.lines)
        .map(|(counter, line)| {
            let unleased = line.limit.amount.saturating_sub(counter.elsewhere).saturating_sub(counter.lease);
            Counter { elsewhere: counter.elsewhere.saturating_add(unleased), ..*counter }
        })
        .collect();
    match admit(order, &capped) {
        Admission::Refused(refusal) => refusal,
        // INVARIANT: with nothing outside the leases, what the leases refuse the limits refuse.
        Admission::Fits { .. } | Admission::Short { .. } => Refusal {
            reason: maas_schemas::abi::Reason::StoreUnavailable,
            line: 0,
            limit: 0,
            used: 0,
            reserved: 0,
            remaining: 0,
            needed: 0,
            reset_ms: None,
        },
    }
}

fn largest_cap(order: &Order, counters: &[Counter]) -> u32 {
    let caps = order
        .lines
        .iter()
        .zip(counters)
        .filter_map(|(line, counter)| line.demand.largest_cap(counter.left(line.limit.amount)));
    caps.fold(order.output.wanted, u32::min)
}

fn entry_of<'a>(shards: &'a mut [(usize, Shard<'_>)], id: &CounterId, window: Window) -> Option<&'a mut Entry> {
    let number = shard_of(id);
    let place = shards.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    let (_, shard) = shards.get_mut(place)?;
    if !shard.contains_key(id) {
        shard.insert(id.clone(), Entry::new(window));
    }
    shard.get_mut(id)
}

/// A panic while a lock is held cannot leave a counter half written: every change under it is plain arithmetic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the shard of a counter: FNV-1a over its name, the same in every process.
fn shard_of(id: &CounterId) -> usize {
    let bytes = id.scope.bytes().chain(id.over.bytes());
    let hash = bytes.fold(id.key ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // INVARIANT: `N_SHARDS` is a small power of two, so the remainder fits.
    usize::try_from(hash >> 32).unwrap_or(0) % N_SHARDS
}
