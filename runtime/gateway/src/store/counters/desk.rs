//! The one task that talks to the store of leases: it gathers what requests want, asks once for all of it and notes the
//! grants, whether or not those who asked are still there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use maas_quota::lease::{Ask, Grant};
use maas_quota::limit::{CounterId, Line};
use maas_quota::window::Window;
use maas_schemas::abi::Measure;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::super::{LeaseAsk, LeaseStore, StoreError};
use super::{Shelves, lock};

/// How many messages are gathered into one ask.
const BATCH: usize = 256;
/// How many may wait.
const QUEUE: usize = 4_096;

/// What a request lacks of one lease.
#[derive(Debug)]
pub(super) struct Want {
    counter: CounterId,
    window: Window,
    limit: u64,
    need: u64,
    volatile: bool,
}

impl Want {
    pub(super) fn new(line: &Line, window: Window, need: u64) -> Self {
        let volatile = line.limit.measure == Measure::Concurrency;
        Self { counter: line.counter.clone(), window, limit: line.limit.amount, need, volatile }
    }
}

/// Which unused leases to give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// Those that were not used for a while.
    Idle,
    /// All: this replica ends.
    All,
}

enum Message {
    Fetch(Vec<Want>, oneshot::Sender<Result<(), Lost>>),
    Granted(CounterId, Window, oneshot::Sender<Result<u64, StoreError>>),
    Tend(i64, Return, oneshot::Sender<Result<(), StoreError>>),
    Close,
}

/// The store did not answer.
#[derive(Clone, Debug)]
pub(super) struct Lost;

/// The way to the task.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    queue: mpsc::Sender<Message>,
}

impl Desk {
    pub(super) fn open(shelves: Arc<Shelves>, store: Arc<dyn LeaseStore>, tracker: &TaskTracker) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE);
        tracker.spawn(serve(shelves, store, messages));
        Self { queue }
    }

    pub(super) async fn fetch(&self, wants: Vec<Want>) -> Result<(), Lost> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Message::Fetch(wants, done)).await.map_err(|_| Lost)?;
        answer.await.map_err(|_| Lost)?
    }

    pub(super) async fn granted(&self, counter: &CounterId, window: Window) -> Result<u64, StoreError> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Message::Granted(counter.clone(), window, done)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn tend(&self, now_ms: i64, leases: Return) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Message::Tend(now_ms, leases, done)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn close(&self) {
        // The task may have ended already.
        drop(self.queue.send(Message::Close).await);
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the counters are closed".to_owned())
}

async fn serve(shelves: Arc<Shelves>, store: Arc<dyn LeaseStore>, mut messages: mpsc::Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH);
    while messages.recv_many(&mut batch, BATCH).await > 0 {
        let mut wants = Vec::new();
        let mut waiting = Vec::new();
        for message in batch.drain(..) {
            match message {
                Message::Fetch(more, done) => {
                    wants.extend(more);
                    waiting.push(done);
                }
                // Whoever asked may be gone: then nobody misses the answer, here and below.
                Message::Granted(counter, window, done) => {
                    drop(done.send(store.granted(&counter, window).await));
                }
                Message::Tend(now_ms, leases, done) => {
                    drop(done.send(tend(&shelves, store.as_ref(), now_ms, leases).await));
                }
                Message::Close => messages.close(),
            }
        }
        if waiting.is_empty() {
            continue;
        }
        let result = fetch(&shelves, store.as_ref(), wants).await.map_err(|_| Lost);
        for done in waiting {
            drop(done.send(result.clone()));
        }
    }
}

async fn fetch(shelves: &Shelves, store: &dyn LeaseStore, wants: Vec<Want>) -> Result<(), StoreError> {
    let mut asks: BTreeMap<(CounterId, Window), LeaseAsk> = BTreeMap::new();
    for want in wants {
        let Want { counter, window, limit, need, volatile } = want;
        let ask = asks.entry((counter.clone(), window)).or_insert_with(|| {
            let beyond = shelves.with_entry(&counter, window, |entry| entry.current().beyond_lease());
            let ask = Ask { limit, forced: beyond.unwrap_or(0), need: 0, give_back: 0 };
            LeaseAsk { counter, window, ask, volatile }
        });
        // Two bundles may have two amounts in force for a moment: the tighter one holds.
        ask.ask.limit = ask.ask.limit.min(limit);
        // What a request lacks includes what was used beyond the lease, which is forced already.
        ask.ask.need = ask.ask.need.saturating_add(need.saturating_sub(ask.ask.forced));
    }
    let asks: Vec<LeaseAsk> = asks.into_values().collect();
    take(shelves, store, &asks).await
}

async fn take(shelves: &Shelves, store: &dyn LeaseStore, asks: &[LeaseAsk]) -> Result<(), StoreError> {
    if asks.is_empty() {
        return Ok(());
    }
    let result = store.take(asks).await;
    shelves.store_is_lost.store(result.is_err(), Ordering::Relaxed);
    for (ask, Grant { granted, total }) in asks.iter().zip(result?) {
        shelves.with_entry(&ask.counter, ask.window, |entry| entry.grant(ask.window, granted, total));
    }
    Ok(())
}

async fn tend(shelves: &Shelves, store: &dyn LeaseStore, now_ms: i64, leases: Return) -> Result<(), StoreError> {
    let mut asks = Vec::new();
    for shard in &shelves.shards {
        lock(shard).retain(|id, entry| {
            let give_back = match leases {
                Return::Idle => entry.take_idle(),
                Return::All => entry.take_unused(),
            };
            let counter = entry.current();
            let forced = counter.beyond_lease();
            if (give_back > 0 || forced > 0) && counter.window.end_ms > now_ms {
                let ask = Ask { limit: counter.limit, forced, need: 0, give_back };
                let volatile = counter.window == Window::ALWAYS;
                asks.push(LeaseAsk { counter: id.clone(), window: counter.window, ask, volatile });
            }
            !entry.is_forgettable(now_ms)
        });
    }
    let returned = take(shelves, store, &asks).await;
    if returned.is_err() {
        // Not returned, so it is still ours to use.
        for ask in &asks {
            shelves.with_entry(&ask.counter, ask.window, |entry| entry.keep(ask.window, ask.ask.give_back));
        }
    }
    let tended = store.tend(now_ms).await;
    shelves.store_is_lost.store(returned.is_err() || tended.is_err(), Ordering::Relaxed);
    returned.and(tended)
}
