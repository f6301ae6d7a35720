//! Changes that tests notice, and those that none does.

use super::mutants;
use crate::testing::{AT, POLICY, World};

#[test]
fn changes_that_no_test_notices_are_named() {
    let world = World::clean(POLICY);
    let before = world.built.clone();
    let result = mutants(&world.hir, &world.tables(), &world.sources, AT);
    let survivors: Vec<String> = result
        .survivors
        .iter()
        .map(|mutant| format!("{} ({}, line {})", mutant.change, mutant.gateway, mutant.source.line))
        .collect();
    insta::assert_debug_snapshot!((result.n_made, result.n_noticed, survivors));
    assert!(before.iter().zip(&world.built).all(|(before, after)| before.ir == after.ir));
}
