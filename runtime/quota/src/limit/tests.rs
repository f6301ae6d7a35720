//! Names of counters, and needs as functions of the output cap.

use maas_schemas::abi::WindowKind;
use proptest::prelude::*;

use super::*;

const PRICE: Price = Price { from_ms: 0, input: 2_500_000_000, cached_input: 1_250_000_000, output: 10_000_000_000 };
const BOUND: Bound = Bound { input: 100, output: OutputCap { wanted: 1_000, least: 16 }, choices: 2 };

fn limit(measure: Measure, count: Count, scope: Scope, over: Over) -> Limit {
    Limit {
        key: 0xab,
        amount: 10_000,
        window_s: 3_600,
        measure,
        count,
        scope,
        over,
        window: WindowKind::Fixed,
        flags: 0,
        owner: None,
        name: 0,
        rule: 0,
    }
}

fn tokens(scope: Scope, over: Over) -> Limit {
    limit(Measure::Tokens, Count::Total, scope, over)
}

fn caller() -> Caller<'static> {
    Caller {
        key: Some("k1"),
        user: Some("corp:ann"),
        service_account: None,
        team: "payments",
        organization: "acme",
        subscription: "standard",
        model: "gpt-4o",
    }
}

#[test]
fn a_counter_is_named_by_key_scope_and_what_it_adds_up() {
    let check = |limit: &Limit, caller: &Caller<'_>, owner, expect: &str| {
        assert_eq!(counter_id(limit, caller, owner).to_string(), expect);
    };
    let ann = caller();
    check(&tokens(Scope::Key, Over::Model), &ann, None, "00000000000000ab/key:k1/model:gpt-4o");
    check(&tokens(Scope::User, Over::Subscription), &ann, None, "00000000000000ab/user:corp:ann/subscription:standard");
    check(&tokens(Scope::Team, Over::Model), &ann, None, "00000000000000ab/team:payments/model:gpt-4o");
    check(&tokens(Scope::Team, Over::Everything), &ann, Some("retail"), "00000000000000ab/team:retail/");
    check(&tokens(Scope::User, Over::Everything), &ann, Some("retail"), "00000000000000ab/user:corp:ann/");
    check(&tokens(Scope::Organization, Over::Everything), &ann, None, "00000000000000ab/organization:acme/");
    let no_key = Caller { key: None, ..ann };
    check(&tokens(Scope::Key, Over::Everything), &no_key, None, "00000000000000ab/user:corp:ann/");
    let robot = Caller { key: None, user: None, service_account: Some("ns/bot"), ..ann };
    check(&tokens(Scope::Key, Over::Everything), &robot, None, "00000000000000ab/service-account:ns/bot/");
    check(&tokens(Scope::User, Over::Everything), &robot, None, "00000000000000ab/service-account:ns/bot/");
    let team_key = Caller { user: None, ..ann };
    check(&tokens(Scope::User, Over::Everything), &team_key, None, "00000000000000ab/key:k1/");
}

#[test]
fn demand_of_each_measure() {
    let check = |measure, count, at_1000: u64| {
        let limit = limit(measure, count, Scope::Team, Over::Model);
        let order = order(&[limit], &caller(), &BOUND, Some(&PRICE), |_| None).unwrap();
        assert_eq!(order.lines[0].demand.at(1_000), at_1000);
    };
    check(Measure::Tokens, Count::Total, 100 + 2 * 1_000);
    check(Measure::Tokens, Count::Input, 100);
    check(Measure::Tokens, Count::Output, 2 * 1_000);
    check(Measure::Requests, Count::None, 1);
    check(Measure::Concurrency, Count::None, 1);
    check(Measure::Cost, Count::None, 100 * 2_500 + 2 * 1_000 * 10_000);
}

#[test]
fn a_bound_assumes_the_dearest_input() {
    let odd = Price { cached_input: 9_000_000_000, ..PRICE };
    let limit = limit(Measure::Cost, Count::None, Scope::Team, Over::Model);
    let order = order(&[limit], &caller(), &BOUND, Some(&odd), |_| None).unwrap();
    assert_eq!(order.lines[0].demand.at(0), 100 * 9_000);
}

#[test]
fn what_is_unclear_is_an_error() {
    let error = |limit: Limit, price| order(&[limit], &caller(), &BOUND, price, |_| None).unwrap_err();
    let cost = limit(Measure::Cost, Count::None, Scope::Team, Over::Model);
    assert_eq!(error(cost, None), OrderError::NoPrice(0xab));
    assert_eq!(error(Limit { owner: Some(7), ..cost }, Some(&PRICE)), OrderError::UnknownOwner(7));
    assert_eq!(error(Limit { window_s: 0, ..cost }, Some(&PRICE)), OrderError::NoWindow(0xab));
}

#[test]
fn one_counter_is_one_line_and_the_tighter_amount_holds() {
    let wide = tokens(Scope::Team, Over::Model);
    let tight = Limit { amount: 5, ..wide };
    for limits in [[wide, tight], [tight, wide]] {
        let order = order(&limits, &caller(), &BOUND, None, |_| None).unwrap();
        assert_eq!(order.lines.iter().map(|line| line.limit.amount).collect::<Vec<_>>(), [5]);
    }
}

proptest! {
    #[test]
    fn the_largest_cap_fits_and_the_next_does_not(
        fixed in 0_u128..1_000_000_000,
        per_output in 0_u128..100_000_000,
        per in prop_oneof![Just(1), Just(cost::PER)],
        amount in 0_u64..1_000_000_000,
    ) {
        let demand = Demand { fixed, per_output, per };
        match demand.largest_cap(amount) {
            None => prop_assert!(demand.at(0) > amount),
            Some(cap) => {
                prop_assert!(demand.at(cap) <= amount);
                prop_assert!(cap == u32::MAX || demand.at(cap + 1) > amount);
            }
        }
    }
}
