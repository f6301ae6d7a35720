//! The ledger on disk: days, duplicates, torn ends, tampering.

use maas_schemas::abi::Reason;

use super::*;

const DAY_MS: i64 = 86_400_000;

fn record(id: &str, time_ms: i64) -> UsageRecord {
    UsageRecord::new(id, time_ms, "prod", Reason::Allow)
}

fn ids(ledger: &EmbeddedLedger, from_ms: i64, until_ms: i64) -> Vec<String> {
    let mut ids = Vec::new();
    ledger.read(from_ms, until_ms, &mut |record| ids.push(record.request_id)).unwrap();
    ids
}

#[test]
fn days_are_files_and_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let ledger = EmbeddedLedger::open(&path).unwrap();
    // `c` began before midnight and ended after `b` was written.
    for (id, time_ms) in [("a", 5), ("b", DAY_MS + 1), ("c", DAY_MS - 1), ("d", 3 * DAY_MS)] {
        assert_eq!(ledger.append(&record(id, time_ms)).unwrap(), Appended::New);
    }
    assert_eq!(ledger.append(&record("b", DAY_MS + 1)).unwrap(), Appended::Duplicate);
    ledger.flush().unwrap();
    assert_eq!(days(&path).unwrap(), ["1970-01-01", "1970-01-02", "1970-01-04"]);
    assert_eq!(ids(&ledger, 0, DAY_MS), ["a", "c"]);
    assert_eq!(ids(&ledger, DAY_MS, 4 * DAY_MS), ["b", "d"]);
    assert_eq!(ledger.verify().unwrap(), 4);
    assert!(matches!(EmbeddedLedger::open(&path), Err(StoreError::Unavailable(_))));
    drop(ledger);
    let ledger = EmbeddedLedger::open(&path).unwrap();
    assert_eq!(ledger.append(&record("d", 3 * DAY_MS)).unwrap(), Appended::Duplicate);
    ledger.append(&record("e", 3 * DAY_MS)).unwrap();
    assert_eq!(ledger.verify().unwrap(), 5);
}

#[test]
fn a_torn_line_is_cut_off_wherever_it_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = EmbeddedLedger::open(folder.path()).unwrap();
    ledger.append(&record("a", 5)).unwrap();
    let path = file_of(folder.path(), "1970-01-01");
    let whole = std::fs::read(&path).unwrap().len();
    ledger.append(&record("b", 6)).unwrap();
    drop(ledger);
    let bytes = std::fs::read(&path).unwrap();
    for length in whole..bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let ledger = EmbeddedLedger::open(folder.path()).unwrap();
        assert_eq!(ledger.append(&record("b", 6)).unwrap(), Appended::New);
        assert_eq!((ledger.verify().unwrap(), ids(&ledger, 0, 10)), (2, vec!["a".to_owned(), "b".to_owned()]));
    }
}

#[test]
fn a_file_with_a_torn_first_line_goes_on_from_the_day_before() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = EmbeddedLedger::open(folder.path()).unwrap();
    ledger.append(&record("a", 5)).unwrap();
    drop(ledger);
    std::fs::write(file_of(folder.path(), "1970-01-02"), "{\"hash\":\"12").unwrap();
    let ledger = EmbeddedLedger::open(folder.path()).unwrap();
    ledger.append(&record("b", DAY_MS)).unwrap();
    assert_eq!(ledger.verify().unwrap(), 2);
}

#[test]
fn a_changed_line_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = EmbeddedLedger::open(folder.path()).unwrap();
    for id in ["a", "b", "c"] {
        ledger.append(&record(id, 5)).unwrap();
    }
    let path = file_of(folder.path(), "1970-01-01");
    let text = std::fs::read_to_string(&path).unwrap().replace("\"requestId\":\"b\"", "\"requestId\":\"x\"");
    std::fs::write(&path, text).unwrap();
    let error = ledger.verify().unwrap_err().to_string();
    assert!(error.contains("1970-01-01.jsonl, line 2"), "{error}");
    drop(ledger);
    assert!(matches!(EmbeddedLedger::open(folder.path()), Err(StoreError::Damaged(_))));
}
