//! Parts that can be tested without running the module; what it answers is tested in `tests/all/differential.rs`.

use std::collections::BTreeSet;

use maas_schemas::abi::TABLE_STRIDES;

use super::keys::{self, Key};
use super::layout::{DIRECTORY_ENTRY, DIRECTORY_HEADER, LINEAR_KEYS, Table, row};
use super::tables::encode_row;
use super::{Exports, code_digest};

fn place(n: u32) -> keys::Placement {
    let names: Vec<String> = (0..n).map(|index| format!("team-{index}")).collect();
    let keys: Vec<Key<'_>> = names.iter().zip(0..).map(|(text, value)| Key { kind: 0, text, value, n: 0 }).collect();
    keys::place(&keys).unwrap()
}

#[test]
fn every_key_has_a_slot_of_its_own() {
    for n in [0, 1, 16, 17, 18, 100, 5_000] {
        let placement = place(n);
        let placed: BTreeSet<usize> = placement.slots.iter().flatten().copied().collect();
        assert_eq!(placed, (0..n as usize).collect(), "{n} keys");
        assert_eq!(placement.displacements.is_empty(), n as usize <= LINEAR_KEYS, "{n} keys");
        assert!(placement.slots.len() <= n as usize * 10 / 9 + 1);
    }
}

#[test]
fn keys_are_placed_the_same_way_each_time() {
    assert_eq!(place(1_000), place(1_000));
}

#[test]
fn strides_are_those_that_hosts_check() {
    assert_eq!(Table::ALL.map(Table::stride), TABLE_STRIDES);
    for (index, table) in (0..).zip(Table::ALL) {
        assert_eq!(table.entry(), 0x1_0000 + DIRECTORY_HEADER + DIRECTORY_ENTRY * index);
    }
}

#[test]
fn rows_take_the_smallest_form() {
    let form = |row: &[(u32, u32)], n_columns| {
        let encoded = encode_row(row, n_columns).unwrap();
        (encoded.kind, encoded.width, encoded.bytes.len())
    };
    assert_eq!(form(&[], 0), (row::SORTED, 1, 0));
    assert_eq!(form(&[], 100), (row::SORTED, 1, 0));
    assert_eq!(form(&[(7, 1)], 100), (row::SORTED, 1, 3));
    // Half full and different cells.
    let mixed: Vec<(u32, u32)> = (0..50).map(|column| (2 * column, column + 1)).collect();
    assert_eq!(form(&mixed, 100), (row::DIRECT, 1, 100));
    // One cell everywhere.
    let same: Vec<(u32, u32)> = (0..50).map(|column| (2 * column, 5)).collect();
    assert_eq!(form(&same, 100), (row::BITS, 4, 17));
    // Wider numbers.
    assert_eq!(form(&[(0, 0x100), (9, 1)], 10), (row::SORTED, 2, 8));
    assert_eq!(form(&[(0, 0x1_0000), (9, 1)], 100), (row::SORTED, 4, 12));
    // Equal sizes: the lower number. Three bytes either way.
    assert_eq!(form(&[(2, 1)], 3), (row::SORTED, 1, 3));
}

#[test]
fn the_program_has_a_digest() {
    assert_eq!(code_digest(Exports::Maas).len(), "sha256:".len() + 64);
}
