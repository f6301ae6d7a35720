//! The log of leases: torn ends, compaction, other processes.

use maas_quota::lease::Ask;

use super::*;

const WINDOW: Window = Window { start_ms: 0, end_ms: 1_000 };

fn ask(key: u64, need: u64) -> LeaseAsk {
    let counter = CounterId { key, scope: "team:ü".to_owned(), over: "model:m".to_owned() };
    LeaseAsk { counter, window: WINDOW, ask: Ask { limit: 1_000, need, ..Ask::default() }, volatile: false }
}

fn take(store: &EmbeddedLeases, ask: &LeaseAsk) -> u64 {
    store.with_state(|state| state.take(std::slice::from_ref(ask))).unwrap()[0].granted
}

fn granted(store: &EmbeddedLeases, ask: &LeaseAsk) -> u64 {
    store.with_state(|state| {
        state.shelves.get(&(ask.counter.clone(), ask.window.start_ms)).map_or(0, |(_, shelf)| shelf.granted)
    })
}

#[test]
fn grants_are_there_after_the_process_and_a_torn_end_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let store = EmbeddedLeases::open(&path).unwrap();
    let first = take(&store, &ask(1, 100));
    let whole = std::fs::read(&path).unwrap().len();
    take(&store, &ask(1, 100));
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    for length in whole..bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let store = EmbeddedLeases::open(&path).unwrap();
        assert_eq!(granted(&store, &ask(1, 0)), first);
        // What comes next is readable.
        let second = take(&store, &ask(2, 10));
        drop(store);
        assert_eq!(granted(&EmbeddedLeases::open(&path).unwrap(), &ask(2, 0)), second);
    }
}

#[test]
fn one_batch_sees_its_own_grants() {
    let store = EmbeddedLeases::in_memory();
    let grants = store.with_state(|state| state.take(&[ask(1, 900), ask(1, 900)])).unwrap();
    assert_eq!(grants.iter().map(|grant| grant.granted).sum::<u64>(), 1_000);
    assert_eq!(grants[1].total, 1_000);
}

#[test]
fn slots_are_not_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let store = EmbeddedLeases::open(&path).unwrap();
    let slot = LeaseAsk { volatile: true, window: Window::ALWAYS, ..ask(1, 1) };
    assert!(take(&store, &slot) > 0);
    drop(store);
    assert_eq!(granted(&EmbeddedLeases::open(&path).unwrap(), &slot), 0);
}

#[test]
fn compaction_keeps_what_is_in_force_and_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let store = EmbeddedLeases::open(&path).unwrap();
    let kept = take(&store, &ask(1, 100));
    for _ in 0..50 {
        take(&store, &LeaseAsk { window: Window { start_ms: -10, end_ms: 0 }, ..ask(2, 1) });
    }
    let before = std::fs::metadata(&path).unwrap().len();
    store.with_state(|state| {
        state.tend(1).unwrap();
        let State { shelves, log } = state;
        log.as_mut().unwrap().compact(shelves).unwrap();
    });
    assert!(std::fs::metadata(&path).unwrap().len() < before / 10);
    assert!(matches!(EmbeddedLeases::open(&path), Err(StoreError::Unavailable(_))));
    let more = take(&store, &ask(3, 5));
    drop(store);
    let store = EmbeddedLeases::open(&path).unwrap();
    assert_eq!(
        (granted(&store, &ask(1, 0)), granted(&store, &ask(2, 0)), granted(&store, &ask(3, 0))),
        (kept, 0, more)
    );
}
