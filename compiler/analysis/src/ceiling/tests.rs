//! What can be spent, by a small policy.

use maasc_ir::ceiling::Period;

use super::{Ceilings, Spend, ceilings, summed};
use crate::testing::{POLICY, World};

/// Money without the 10⁻⁹, and whether it is exact.
fn amounts(ceilings: &Ceilings) -> Vec<(String, Option<u128>, bool)> {
    let shown = |name: &str, spend: &Spend| {
        (name.to_owned(), spend.amount.map(|amount| amount / 1_000_000_000), spend.is_exact)
    };
    let teams = ceilings.teams.iter().map(|(name, spend)| shown(name, spend));
    std::iter::once(shown("organization", &ceilings.organization)).chain(teams).collect()
}

#[test]
fn a_tree_of_minima_and_sums() {
    let world = World::clean(POLICY);
    insta::assert_debug_snapshot!(amounts(&ceilings(&world.built[0], Period::Month)));
}

#[test]
fn without_ceilings_grants_add_up() {
    let text = POLICY
        .replace("    - {cost: 4_000, per: month, scope: team}\n", "")
        .replace("  limits:\n    - {cost: 9_000, per: month, scope: organization}\n", "")
        .replace("  limits:\n---", "---")
        .replace("limits: [{cost: 4_000, per: month, scope: team}]", "")
        .replace(", {cost: 4_000, per: month, scope: team}", "");
    let world = World::clean(&text);
    insta::assert_debug_snapshot!(amounts(&ceilings(&world.built[0], Period::Month)));
}

#[test]
fn environments_add_up_unless_they_share_counters() {
    let world = World::clean(POLICY);
    let one = ceilings(&world.built[0], Period::Month).organization.amount.unwrap();
    let both = summed(&world.tables(), Period::Month).organization;
    assert_eq!(both.amount, Some(2 * one));
    let store = "spec: {target: standalone, stores: {counters: {valkey: {secret: valkey, key: url}}}}";
    let world = World::clean(&POLICY.replace("spec: {target: standalone}", store));
    let both = summed(&world.tables(), Period::Month).organization;
    assert_eq!(both.amount, Some(one), "{both:?}");
}

#[test]
fn nothing_bounds_what_is_unlimited() {
    let text = POLICY
        .replace("limits: [{cost: 200, per: day, scope: team}]", "unlimited: {reason: a test}")
        .replace("    - {cost: 4_000, per: month, scope: team}\n", "    - {requests: 1, per: month, scope: team}\n")
        .replace(
            "    - {cost: 9_000, per: month, scope: organization}\n",
            "    - {requests: 9, per: month, scope: organization}\n",
        )
        .replace(", {cost: 4_000, per: month, scope: team}", "");
    let world = World::clean(&text);
    let ceilings = ceilings(&world.built[0], Period::Month);
    assert_eq!(ceilings.organization.amount, None);
    assert_eq!(ceilings.teams["payments"].amount, None);
    assert_ne!(ceilings.teams["support"].amount, None);
}

#[test]
fn ceilings_that_count_twice_are_one_note() {
    let world = World::clean(POLICY);
    let notes: Vec<_> = world.findings.iter().filter(|finding| finding.rule.name == "ceilings-summed").collect();
    let [note] = notes[..] else { panic!("{}", notes.len()) };
    assert_eq!(note.message, "this ceiling counts 2 times, so that 18000 EUR can be spent");
    assert_eq!(note.notes[1], "so do the ceilings of `retail`");
    let store = "spec: {target: standalone, stores: {counters: {valkey: {secret: valkey, key: url}}}}";
    let world = World::clean(&POLICY.replace("spec: {target: standalone}", store));
    assert!(!world.findings.iter().any(|finding| finding.rule.name == "ceilings-summed"));
}
