//! Admission, refusals and debt.

use maas_schemas::abi::{Count, Over, Scope, WindowKind};
use maas_schemas::decision::Limit;

use super::*;
use crate::bound::{Bound, OutputCap};
use crate::limit::{Caller, order};

const HOUR: Window = Window { start_ms: 0, end_ms: 3_600_000 };

fn limit(key: u64, measure: Measure, amount: u64, window_s: u32) -> Limit {
    let window = if measure == Measure::Concurrency { WindowKind::None } else { WindowKind::Fixed };
    Limit {
        key,
        amount,
        window_s,
        measure,
        count: if measure == Measure::Tokens { Count::Total } else { Count::None },
        scope: Scope::Team,
        over: Over::Model,
        window,
        flags: 0,
        owner: None,
        name: 0,
        rule: 0,
    }
}

fn order_of(limits: &[Limit], input: u64, wanted: u32, least: u32) -> Order {
    let caller = Caller {
        key: None,
        user: None,
        service_account: None,
        team: "t",
        organization: "o",
        subscription: "s",
        model: "m",
    };
    let bound = Bound { input, output: OutputCap { wanted, least }, choices: 1 };
    order(limits, &caller, &bound, None, |_| None).unwrap()
}

fn leased(lease: u64) -> Counter {
    Counter { lease, ..Counter::new(HOUR) }
}

fn refusal(admission: Admission) -> Refusal {
    match admission {
        Admission::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ninety_five_fit_and_the_next_is_shortened() {
    let order = order_of(&[limit(1, Measure::Tokens, 100_000, 3_600)], 50, 1_000, 16);
    let mut counter = leased(100_000);
    let mut caps = Vec::new();
    while let Admission::Fits { cap } = admit(&order, &[counter]) {
        counter.hold(order.lines[0].demand.at(cap), 100_000);
        caps.push(cap);
    }
    assert_eq!(caps.len(), 96);
    assert_eq!((caps[94], caps[95]), (1_000, 200));
    assert_eq!(counter.total(), 100_000);
    let refusal = refusal(admit(&order, &[counter]));
    assert_eq!((refusal.reason, refusal.used, refusal.reserved), (Reason::QuotaExhausted, 0, 100_000));
    assert_eq!((refusal.remaining, refusal.needed, refusal.reset_ms), (0, 66, Some(HOUR.end_ms)));
}

#[test]
fn a_cap_that_may_not_shrink_is_refused() {
    let order = order_of(&[limit(1, Measure::Tokens, 1_000, 60)], 50, 1_000, 1_000);
    assert_eq!(refusal(admit(&order, &[leased(1_000)])).reason, Reason::RequestTooLarge);
    let order = order_of(&[limit(1, Measure::Tokens, 1_050, 60)], 50, 1_000, 1_000);
    assert_eq!(admit(&order, &[leased(1_050)]), Admission::Fits { cap: 1_000 });
    let used = Counter { charged: 1, ..leased(1_050) };
    assert_eq!(refusal(admit(&order, &[used])).reason, Reason::RateLimited);
}

#[test]
fn the_limit_with_the_latest_reset_is_named_unless_one_can_never_fit() {
    let minute = limit(1, Measure::Requests, 1, 60);
    let hour = limit(2, Measure::Tokens, 1_000, 3_600);
    let slots = limit(3, Measure::Concurrency, 1, 0);
    let order = order_of(&[slots, minute, hour], 100, 100, 16);
    let full = |window: Window, amount| Counter { charged: amount, lease: amount, ..Counter::new(window) };
    let first_minute = Window { start_ms: 0, end_ms: 60_000 };
    let [no_slot, no_request, no_token] = [full(Window::ALWAYS, 1), full(first_minute, 1), full(HOUR, 1_000)];
    let [slot, request, token] = [leased(1), leased(1), leased(1_000)];
    let named = |counters: [Counter; 3]| {
        let refusal = refusal(admit(&order, &counters));
        (refusal.line, refusal.reason, refusal.reset_ms)
    };
    assert_eq!(named([no_slot, request, token]), (0, Reason::ConcurrencyLimited, None));
    assert_eq!(named([no_slot, no_request, token]), (1, Reason::RateLimited, Some(60_000)));
    assert_eq!(named([slot, no_request, no_token]), (2, Reason::QuotaExhausted, Some(HOUR.end_ms)));
    let huge = order_of(&[slots, minute, hour], 5_000, 100, 16);
    assert_eq!(refusal(admit(&huge, &[no_slot, no_request, token])).reason, Reason::RequestTooLarge);
}

#[test]
fn a_lease_is_asked_for_only_where_it_lacks() {
    let order = order_of(&[limit(1, Measure::Tokens, 1_000, 60), limit(2, Measure::Requests, 9, 60)], 50, 100, 16);
    assert_eq!(admit(&order, &[leased(100), leased(1)]), Admission::Short { lines: vec![(0, 50)] });
    assert_eq!(admit_from_leases(&order, &[leased(100), leased(1)]), Some(50));
    assert_eq!(admit_from_leases(&order, &[leased(60), leased(1)]), None);
    assert_eq!(admit_from_leases(&order, &[leased(1_000), leased(0)]), None);
}

#[test]
fn what_others_hold_is_not_left() {
    let order = order_of(&[limit(1, Measure::Tokens, 1_000, 60)], 50, 100, 16);
    let counter = Counter { elsewhere: 900, lease: 100, ..Counter::new(HOUR) };
    assert_eq!(admit(&order, &[counter]), Admission::Fits { cap: 50 });
}

#[test]
fn an_order_without_limits_fits() {
    assert_eq!(admit(&order_of(&[], 1, 10, 1), &[]), Admission::Fits { cap: 10 });
}

#[test]
fn debt_is_what_was_billed_beyond_the_limit_and_ends() {
    let next = Window { start_ms: HOUR.end_ms, end_ms: HOUR.end_ms * 2 };
    let mut counter = leased(10_000);
    counter.hold(10_000, 10_000);
    counter.settle(10_000, 12_000);
    assert_eq!((counter.left(10_000), counter.total(), counter.debt()), (0, 12_000, 2_000));
    let second = counter.next(next);
    assert_eq!((second.used(), second.left(10_000)), (2_000, 8_000));
    let third = second.next(Window { start_ms: next.end_ms, end_ms: next.end_ms * 2 });
    assert_eq!(third.used(), 0);
}

#[test]
fn a_whole_window_in_between_pays_debt() {
    let mut counter = leased(10);
    counter.hold(10, 10);
    counter.settle(10, 35);
    let later = Window { start_ms: HOUR.end_ms * 2, end_ms: HOUR.end_ms * 3 };
    assert_eq!(counter.next(later).used(), 15);
}

#[test]
fn an_overcharge_that_others_left_room_for_is_no_debt() {
    let mut counter = leased(10_000);
    counter.hold(1_000, 10_000);
    counter.settle(1_000, 3_000);
    assert_eq!(counter.debt(), 0);
}

#[test]
fn a_lowered_limit_leaves_no_debt_for_the_next_window() {
    let mut counter = leased(10_000);
    counter.hold(6_000, 10_000);
    counter.settle(6_000, 6_000);
    assert_eq!((counter.left(4_000), counter.debt()), (0, 0));
}
