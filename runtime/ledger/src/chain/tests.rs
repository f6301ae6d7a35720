//! The chain sees every change, and forgives only a torn end.

use maas_schemas::abi::Reason;
use proptest::prelude::*;

use super::*;

fn ledger(n_records: usize) -> Vec<u8> {
    let mut chain = Chain::at(LineHash::FIRST);
    let mut bytes = Vec::new();
    for number in 0..n_records {
        let mut record = UsageRecord::new(format!("r{number}"), 1_000, "prod", Reason::Allow);
        record.team = "a \"team\"\nwith breaks".to_owned();
        let (line, next) = chain.append(&record).unwrap();
        bytes.extend_from_slice(line.as_bytes());
        chain = next;
    }
    bytes
}

#[test]
fn a_line_is_json_with_hash_and_record() {
    let line = String::from_utf8(ledger(1)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["record"]["requestId"], "r0");
    assert_eq!(value["hash"].as_str().unwrap().len(), 64);
    assert_eq!(line.matches('\n').count(), 1);
}

#[test]
fn whole_ledger() {
    let bytes = ledger(5);
    let verified = verify(&bytes, LineHash::FIRST).unwrap();
    assert_eq!((verified.n_lines, verified.n_bytes), (5, bytes.len()));
    let ids: Vec<_> = records(&bytes).map(|record| record.unwrap().request_id).collect();
    assert_eq!(ids, ["r0", "r1", "r2", "r3", "r4"]);
}

#[test]
fn a_torn_end_is_not_part_of_it() {
    let bytes = ledger(3);
    let two = ledger(2).len();
    for length in two..bytes.len() {
        let verified = verify(&bytes[..length], LineHash::FIRST).unwrap();
        assert_eq!((verified.n_lines, verified.n_bytes), (2, two));
        assert_eq!(records(&bytes[..length]).count(), 2);
    }
}

#[test]
fn removed_moved_and_added_lines_show() {
    let bytes = ledger(3);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let broken_at = |order: &[usize]| {
        let bytes: Vec<u8> = order.iter().flat_map(|place| lines[*place].iter().copied()).collect();
        verify(&bytes, LineHash::FIRST).map(|verified| verified.n_lines).map_err(|broken| broken.line)
    };
    assert_eq!(broken_at(&[0, 1, 2]), Ok(3));
    assert_eq!(broken_at(&[1, 2]), Err(1));
    assert_eq!(broken_at(&[0, 2]), Err(2));
    assert_eq!(broken_at(&[0, 2, 1]), Err(2));
    assert_eq!(broken_at(&[0, 1, 1, 2]), Err(3));
}

#[test]
fn hashes_have_one_form() {
    let hash = LineHash::FIRST.after("x");
    assert_eq!(LineHash::parse(&hash.to_string()), Some(hash));
    assert_eq!(LineHash::parse(&hash.to_string().to_uppercase()), None);
    assert_eq!(LineHash::parse("00"), None);
    assert_eq!(LineHash::parse(&"é".repeat(32)), None);
}

#[test]
fn other_formats_and_unknown_fields_are_refused() {
    let text = record::encode(&UsageRecord::new("r", 0, "g", Reason::Allow)).unwrap();
    assert!(record::decode(&text).is_ok());
    assert!(record::decode(&text.replace("usage/v1", "usage/v2")).is_err());
    assert!(record::decode(&text.replace("\"status\"", "\"state\"")).is_err());
}

proptest! {
    #[test]
    fn every_changed_byte_shows(place in 0..10_000_usize, flip in 1..=255_u8) {
        let mut bytes = ledger(4);
        let place = place % (bytes.len() - 1);
        bytes[place] ^= flip;
        let n_lines = verify(&bytes, LineHash::FIRST).map(|verified| verified.n_lines);
        prop_assert_ne!(n_lines, Ok(4));
    }
}
