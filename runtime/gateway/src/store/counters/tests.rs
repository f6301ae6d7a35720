//! Counters under concurrency, crashes, lost stores and clocks.

use std::sync::atomic::AtomicU64;

use maas_quota::bound::{Bound, OutputCap};
use maas_quota::cost::Priced;
use maas_quota::lease::Grant;
use maas_quota::limit::{Caller, order};
use maas_quota::settle::Truth;
use maas_schemas::abi::{Count, Measure, Over, Reason, Scope, WindowKind};
use proptest::prelude::*;

use super::*;
use crate::store::embedded::EmbeddedLeases;
use crate::store::{BoxFuture, LeaseAsk};

const HOUR_MS: i64 = 3_600_000;
const SHARE: OnStoreFailure = OnStoreFailure::Share;
static UTC: Zone = Zone::UTC;

fn limit(key: u64, measure: Measure, amount: u64) -> Limit {
    let is_slot = measure == Measure::Concurrency;
    Limit {
        key,
        amount,
        window_s: if is_slot { 0 } else { 3_600 },
        measure,
        count: if measure == Measure::Tokens { Count::Total } else { Count::None },
        scope: Scope::Team,
        over: Over::Model,
        window: if is_slot { WindowKind::None } else { WindowKind::Fixed },
        flags: 0,
        owner: None,
        name: u32::try_from(key).unwrap(),
        rule: 0,
    }
}

fn order_of(limits: &[Limit], input: u64, wanted: u32, least: u32) -> Order {
    let caller = Caller {
        key: None,
        user: None,
        service_account: None,
        team: "payments",
        organization: "acme",
        subscription: "standard",
        model: "gpt-4o",
    };
    let bound = Bound { input, output: OutputCap { wanted, least }, choices: 1 };
    order(limits, &caller, &bound, None, |_| None).unwrap()
}

fn truth(input: u64, output: u64) -> Truth {
    Truth { tokens: Priced { input, cached_input: 0, output }, requests: 1 }
}

fn counters(store: Arc<dyn LeaseStore>) -> Counters {
    Counters::new(store, &TaskTracker::new())
}

fn in_memory() -> Counters {
    counters(Arc::new(EmbeddedLeases::in_memory()))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap().block_on(future)
}

async fn remaining(counters: &Counters, order: &Order, now_ms: i64) -> Vec<u64> {
    let states = counters.states(&order.lines, &UTC, now_ms).await.unwrap();
    states.iter().map(|state| state.remaining).collect()
}

#[test]
fn four_hundred_at_once_and_never_over() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Tokens, 100_000)], 50, 1_000, 16);
        let tasks = TaskTracker::new();
        let handles: Vec<_> = (0..400)
            .map(|_| {
                let (counters, order) = (counters.clone(), order.clone());
                tasks.spawn(async move { counters.reserve(order, &UTC, SHARE, 5).await })
            })
            .collect();
        let mut held = Vec::new();
        for handle in handles {
            match handle.await.unwrap() {
                Ok(one) => held.push(one),
                Err(ReserveError::Refused(refused)) => {
                    assert_eq!(refused.refusal.reason, Reason::QuotaExhausted);
                    assert!(!refused.fragmented);
                }
                Err(error) => panic!("{error}"),
            }
        }
        let bounds: u64 = held.iter().map(|held| 50 + u64::from(held.output_cap())).sum();
        assert_eq!(bounds, 100_000);
        assert_eq!(held.iter().filter(|held| held.output_cap() == 1_000).count(), 95);
        assert_eq!(held.iter().filter(|held| held.is_shortened()).map(Held::output_cap).collect::<Vec<_>>(), [200]);
        for held in held {
            assert!(!held.settle(&truth(50, 100)).is_overcharged());
        }
        assert_eq!(remaining(&counters, &order, 5).await, [100_000 - 96 * 150]);
    });
}

#[test]
fn a_refusal_changes_no_counter() {
    run(async {
        let counters = in_memory();
        let limits =
            [limit(1, Measure::Requests, 10), limit(2, Measure::Tokens, 100), limit(3, Measure::Concurrency, 9)];
        let order = order_of(&limits, 90, 50, 50);
        let refused = counters.reserve(order.clone(), &UTC, SHARE, 5).await.unwrap_err();
        assert!(matches!(refused, ReserveError::Refused(refused) if refused.limit.key == 2));
        assert_eq!(remaining(&counters, &order, 5).await, [10, 100, 9]);
    });
}

#[test]
fn a_dropped_reservation_is_refunded_before_and_charged_after_it_was_sent() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Tokens, 1_000), limit(2, Measure::Concurrency, 1)], 50, 50, 50);
        let reserve = || counters.reserve(order.clone(), &UTC, SHARE, 5);
        drop(reserve().await.unwrap());
        assert_eq!(remaining(&counters, &order, 5).await, [1_000, 1]);
        let mut held = reserve().await.unwrap();
        held.mark_sent();
        assert_eq!(remaining(&counters, &order, 5).await, [900, 0]);
        drop(held);
        assert_eq!(remaining(&counters, &order, 5).await, [900, 1]);
        let mut held = reserve().await.unwrap();
        held.mark_sent();
        held.release();
        assert_eq!(remaining(&counters, &order, 5).await, [900, 1]);
    });
}

#[test]
fn a_panic_gives_the_slot_back() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Concurrency, 1)], 0, 0, 0);
        let (theirs, tasks) = ((counters.clone(), order.clone()), TaskTracker::new());
        let crashed = tasks.spawn(async move {
            let _held = theirs.0.reserve(theirs.1, &UTC, SHARE, 5).await.unwrap();
            panic!("in the middle of a request");
        });
        assert!(crashed.await.is_err());
        assert_eq!(remaining(&counters, &order, 5).await, [1]);
    });
}

#[test]
fn overcharge_is_flagged_and_carried() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Tokens, 10_000)], 0, 10_000, 10_000);
        let held = counters.reserve(order.clone(), &UTC, SHARE, 5).await.unwrap();
        let receipt = held.settle(&truth(0, 12_000));
        assert!(receipt.is_overcharged());
        assert_eq!(receipt.lines[0].settlement.overcharge(), 2_000);
        let states = counters.states(&order.lines, &UTC, 5).await.unwrap();
        assert_eq!((states[0].used, states[0].remaining), (12_000, 0));
        let small = order_of(&[limit(1, Measure::Tokens, 10_000)], 0, 16, 16);
        assert!(counters.reserve(small.clone(), &UTC, SHARE, HOUR_MS - 1).await.is_err());
        assert_eq!(remaining(&counters, &small, HOUR_MS).await, [8_000]);
        drop(counters.reserve(small.clone(), &UTC, SHARE, HOUR_MS).await.unwrap());
        assert_eq!(remaining(&counters, &small, HOUR_MS).await, [8_000]);
    });
}

#[test]
fn a_request_over_the_end_of_a_window_is_charged_where_it_was_reserved() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Tokens, 1_000)], 0, 600, 600);
        let late = counters.reserve(order.clone(), &UTC, SHARE, HOUR_MS - 1).await.unwrap();
        // The next window is whole, and a clock that lags does not go back.
        let next = counters.reserve(order.clone(), &UTC, SHARE, HOUR_MS).await.unwrap();
        assert!(counters.reserve(order.clone(), &UTC, SHARE, HOUR_MS - 1).await.is_err());
        late.settle(&truth(0, 500));
        assert_eq!(remaining(&counters, &order, HOUR_MS).await, [400]);
        next.settle(&truth(0, 100));
        assert_eq!(remaining(&counters, &order, HOUR_MS).await, [900]);
    });
}

#[test]
fn a_lowered_limit_is_debt_and_a_raised_one_room() {
    run(async {
        let counters = in_memory();
        let used = order_of(&[limit(1, Measure::Tokens, 10_000)], 0, 6_000, 6_000);
        counters.reserve(used, &UTC, SHARE, 5).await.unwrap().settle(&truth(0, 6_000));
        let lowered = order_of(&[limit(1, Measure::Tokens, 4_000)], 0, 16, 16);
        assert!(counters.reserve(lowered.clone(), &UTC, SHARE, 5).await.is_err());
        let raised = order_of(&[limit(1, Measure::Tokens, 12_000)], 0, 6_000, 6_000);
        counters.reserve(raised, &UTC, SHARE, 5).await.unwrap().settle(&truth(0, 100));
        assert_eq!(remaining(&counters, &lowered, HOUR_MS).await, [4_000]);
    });
}

#[test]
fn replicas_share_a_limit_and_give_back_what_they_do_not_use() {
    run(async {
        let store: Arc<dyn LeaseStore> = Arc::new(EmbeddedLeases::in_memory());
        let [first, second] = [counters(Arc::clone(&store)), counters(store)];
        let order = order_of(&[limit(1, Measure::Tokens, 1_000)], 0, 100, 100);
        let reserve_at = |counters: &Counters, now_ms| {
            let (counters, order) = (counters.clone(), order.clone());
            async move { counters.reserve(order, &UTC, SHARE, now_ms).await }
        };
        let reserve = |counters| reserve_at(counters, 5);
        let mut admitted = 0;
        loop {
            let (one, two) = (reserve(&first).await, reserve(&second).await);
            admitted += u64::from(one.is_ok()) + u64::from(two.is_ok());
            if one.is_err() && two.is_err() {
                break;
            }
            for held in [one, two].into_iter().flatten() {
                held.settle(&truth(0, 100));
            }
        }
        assert!((8..=10).contains(&admitted), "{admitted}");
        for counters in [&first, &second] {
            // Idle from the second look on.
            counters.tend(5).await.unwrap();
            counters.tend(5).await.unwrap();
        }
        while let Ok(held) = reserve_at(&first, 5 + HEARSAY_MS).await {
            held.settle(&truth(0, 100));
            admitted += 1;
        }
        assert_eq!(admitted, 10);
    });
}

#[test]
fn counters_survive_kill_nine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counters.log");
    let order = order_of(&[limit(1, Measure::Tokens, 10_000)], 0, 100, 100);
    let mut billed = 0;
    // Each round is one process that dies without any destructor, in the middle of a request.
    for _ in 0..200 {
        run(async {
            let tracker = TaskTracker::new();
            let counters = Counters::new(Arc::new(EmbeddedLeases::open(&path).unwrap()), &tracker);
            for _ in 0..3 {
                let Ok(mut held) = counters.reserve(order.clone(), &UTC, SHARE, 5).await else { break };
                held.mark_sent();
                billed += 100;
                std::mem::forget(held);
            }
            // Ends the task, and with it the file's lock, as the end of the process would.
            counters.desk.close().await;
            tracker.close();
            tracker.wait().await;
        });
        assert!(billed <= 10_000);
    }
    assert!(billed >= 2_000, "{billed}");
    run(async {
        let counters = counters(Arc::new(EmbeddedLeases::open(&path).unwrap()));
        assert!(counters.reserve(order.clone(), &UTC, SHARE, 5).await.is_err());
        assert!(counters.reserve(order.clone(), &UTC, SHARE, HOUR_MS).await.is_ok());
    });
}

#[test]
fn closing_returns_what_was_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counters.log");
    let order = order_of(&[limit(1, Measure::Tokens, 10_000)], 0, 100, 100);
    run(async {
        let tracker = TaskTracker::new();
        let counters = Counters::new(Arc::new(EmbeddedLeases::open(&path).unwrap()), &tracker);
        counters.reserve(order.clone(), &UTC, SHARE, 5).await.unwrap().settle(&truth(0, 70));
        counters.close(5).await.unwrap();
        tracker.close();
        tracker.wait().await;
        assert!(matches!(
            counters.reserve(order_of(&[limit(9, Measure::Requests, 1)], 0, 0, 0), &UTC, SHARE, 5).await,
            Err(ReserveError::StoreUnavailable)
        ));
    });
    run(async {
        let counters = counters(Arc::new(EmbeddedLeases::open(&path).unwrap()));
        assert_eq!(remaining(&counters, &order, 5).await, [9_930]);
    });
}

/// A store that can be lost.
#[derive(Debug)]
struct Flaky {
    inner: EmbeddedLeases,
    lost: AtomicBool,
    n_asks: AtomicU64,
}

impl Flaky {
    fn new() -> Arc<Self> {
        let inner = EmbeddedLeases::in_memory();
        Arc::new(Self { inner, lost: AtomicBool::new(false), n_asks: AtomicU64::new(0) })
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.lost.load(Ordering::Relaxed) { Err(StoreError::Unavailable("test".to_owned())) } else { Ok(()) }
    }
}

impl LeaseStore for Flaky {
    fn take<'a>(&'a self, asks: &'a [LeaseAsk]) -> BoxFuture<'a, Result<Vec<Grant>, StoreError>> {
        self.n_asks.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            self.check()?;
            self.inner.take(asks).await
        })
    }

    fn granted<'a>(&'a self, counter: &'a CounterId, window: Window) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            self.check()?;
            self.inner.granted(counter, window).await
        })
    }

    fn tend(&self, now_ms: i64) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.check()?;
            self.inner.tend(now_ms).await
        })
    }
}

#[test]
fn a_lost_store_is_survived_as_the_organization_says() {
    run(async {
        let order = order_of(&[limit(1, Measure::Tokens, 90_000)], 0, 1_000, 1_000);
        let check = async |mode: OnStoreFailure, before: bool| {
            let store = Flaky::new();
            let counters = counters(Arc::clone(&store) as Arc<dyn LeaseStore>);
            let first = counters.reserve(order.clone(), &UTC, mode, 5).await.unwrap();
            store.lost.store(true, Ordering::Relaxed);
            if before {
                assert!(counters.tend(5).await.is_err());
                assert!(counters.store_is_lost());
            }
            let (mut held, mut unverified) = (vec![first], 0);
            while held.len() < 200 {
                match counters.reserve(order.clone(), &UTC, mode, 5).await {
                    Ok(one) => {
                        unverified += u64::from(one.is_unverified());
                        held.push(one);
                    }
                    Err(_) if mode == OnStoreFailure::Allow => break,
                    Err(error) => {
                        assert!(matches!(error, ReserveError::StoreUnavailable));
                        break;
                    }
                }
            }
            let n_held = held.len() - 1;
            for one in held {
                one.settle(&truth(0, 1_000));
            }
            store.lost.store(false, Ordering::Relaxed);
            counters.tend(5).await.unwrap();
            assert!(!counters.store_is_lost());
            let used =
                store.granted(&order.lines[0].counter, maas_quota::window::window(order.lines[0].period, &UTC, 5));
            (n_held, unverified, used.await.unwrap() >= 1_000 * u64::try_from(n_held).unwrap())
        };
        // The first slice holds 1,000 and a sixteenth of what is left: five more requests.
        assert_eq!(check(OnStoreFailure::Share, false).await, (5, 0, true));
        assert_eq!(check(OnStoreFailure::Deny, true).await, (0, 0, true));
        assert_eq!(check(OnStoreFailure::Allow, false).await, (89, 84, true));
    });
}

#[test]
fn most_requests_do_not_ask_the_store() {
    run(async {
        let store = Flaky::new();
        let counters = counters(Arc::clone(&store) as Arc<dyn LeaseStore>);
        let order = order_of(&[limit(1, Measure::Tokens, 1_000_000), limit(2, Measure::Concurrency, 4)], 0, 100, 100);
        for _ in 0..5_000 {
            counters.reserve(order.clone(), &UTC, SHARE, 5).await.unwrap().settle(&truth(0, 100));
        }
        let n_asks = store.n_asks.load(Ordering::Relaxed);
        assert!(n_asks < 100, "{n_asks}");
    });
}

#[test]
fn a_request_that_is_dropped_while_it_waits_strands_nothing() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Tokens, 1_000)], 0, 500, 500);
        for _ in 0..50 {
            tokio::select! {
                biased;
                held = counters.reserve(order.clone(), &UTC, SHARE, 5) => drop(held),
                () = std::future::ready(()) => {}
            }
        }
        let [one, two] = [
            counters.reserve(order.clone(), &UTC, SHARE, 5).await,
            counters.reserve(order.clone(), &UTC, SHARE, 5).await,
        ];
        assert!(one.is_ok() && two.is_ok());
    });
}

#[test]
fn ended_windows_are_forgotten() {
    run(async {
        let counters = in_memory();
        let order = order_of(&[limit(1, Measure::Tokens, 1_000), limit(2, Measure::Concurrency, 4)], 0, 500, 500);
        let held = counters.reserve(order.clone(), &UTC, SHARE, 5).await.unwrap();
        let n_entries = || counters.shelves.shards.iter().map(|shard| lock(shard).len()).sum::<usize>();
        assert_eq!(n_entries(), 2);
        counters.tend(HOUR_MS).await.unwrap();
        assert_eq!(n_entries(), 2);
        held.settle(&truth(0, 400));
        for _ in 0..3 {
            counters.tend(HOUR_MS).await.unwrap();
        }
        assert_eq!(n_entries(), 0);
    });
}

#[derive(Clone, Debug)]
enum Step {
    Reserve { input: u64, wanted: u32, shrink: bool },
    Settle { which: usize, part: u64 },
    Drop { which: usize, sent: bool },
    Tend,
    Crash,
    Clock(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..60_u64, 0..80_u32, any::<bool>())
            .prop_map(|(input, wanted, shrink)| Step::Reserve { input, wanted, shrink }),
        5 => (any::<usize>(), 0..=100_u64).prop_map(|(which, part)| Step::Settle { which, part }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, sent)| Step::Drop { which, sent }),
        1 => Just(Step::Tend),
        1 => Just(Step::Crash),
        1 => (0..HOUR_MS * 2).prop_map(Step::Clock),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Bills never exceed the limit in any window, whatever happens; with one replica and no crash a refusal is true.
    #[test]
    fn random_histories(amounts in prop::collection::vec(50..400_u64, 1..4), steps in prop::collection::vec(step(), 1..120)) {
        let limits: Vec<Limit> = (1..).zip(&amounts).map(|(key, amount)| limit(key, Measure::Tokens, *amount)).collect();
        let tightest = *amounts.iter().min().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store: Arc<dyn LeaseStore> = Arc::new(EmbeddedLeases::in_memory());
            let mut counters = counters(Arc::clone(&store));
            let mut now_ms = 0;
            let mut held: Vec<(i64, u64, Held)> = Vec::new();
            let mut billed: BTreeMap<i64, u64> = BTreeMap::new();
            let mut crashed_in = None;
            for step in steps {
                let hour = now_ms / HOUR_MS;
                match step {
                    Step::Reserve { input, wanted, shrink } => {
                        let order = order_of(&limits, input, wanted, if shrink { wanted.min(16) } else { wanted });
                        match counters.reserve(order, &UTC, SHARE, now_ms).await {
                            Ok(one) => {
                                let bound = input + u64::from(one.output_cap());
                                held.push((hour, bound, one));
                            }
                            Err(ReserveError::Refused(refused)) => {
                                let here = held.iter().filter(|(at, ..)| *at == hour).map(|(_, bound, _)| bound).sum::<u64>();
                                let used = billed.get(&hour).copied().unwrap_or(0) + here;
                                if crashed_in != Some(hour) {
                                    prop_assert!(used + refused.refusal.needed > tightest);
                                }
                            }
                            Err(error) => panic!("{error}"),
                        }
                    }
                    Step::Settle { which, part } if !held.is_empty() => {
                        let (at, bound, one) = held.swap_remove(which % held.len());
                        *billed.entry(at).or_default() += bound * part / 100;
                        one.settle(&truth(0, bound * part / 100));
                    }
                    Step::Drop { which, sent } if !held.is_empty() => {
                        let (at, bound, mut one) = held.swap_remove(which % held.len());
                        if sent {
                            one.mark_sent();
                            *billed.entry(at).or_default() += bound;
                        }
                    }
                    Step::Tend => counters.tend(now_ms).await.unwrap(),
                    Step::Crash => {
                        // What was in flight may be billed in full.
                        for (at, bound, one) in held.drain(..) {
                            *billed.entry(at).or_default() += bound;
                            std::mem::forget(one);
                        }
                        counters = self::counters(Arc::clone(&store));
                        crashed_in = Some(hour);
                    }
                    Step::Clock(more) => now_ms += more,
                    Step::Settle { .. } | Step::Drop { .. } => {}
                }
                for (at, sum) in &billed {
                    let in_flight: u64 = held.iter().filter(|(hour, ..)| hour == at).map(|(_, bound, _)| bound).sum();
                    prop_assert!(sum + in_flight <= tightest);
                }
            }
            Ok(())
        })?;
    }
}
