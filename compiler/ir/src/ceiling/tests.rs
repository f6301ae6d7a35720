//! Tests of ceilings: sums that can be checked by hand.

use maas_schemas::abi::{Count, Measure, Over, Scope};
use maasc_hir::units::Window;

use super::{Amount, Period, grant_ceiling};
use crate::testing::{HOUR, Line, Policy, acme, cost, strings, tokens};

const UNIT: u128 = 1_000_000_000;

/// Returns the ceilings of the first principal of `standard` for `gpt-4o`: input 2, cached 1, output 10 per million.
fn ceilings(policy: &Policy) -> [Amount; 3] {
    let ir = policy.build().ir;
    let principal = ir.subscriptions[0].principals[0];
    let model = ir.subscriptions[0].models[0];
    let grant = ir.candidates(principal, model).next().unwrap();
    Period::ALL.map(|period| grant_ceiling(&ir, principal, model, grant, period))
}

fn with(lines: Vec<Line>) -> Policy {
    let mut policy = acme();
    policy.subscriptions[0].limits = lines;
    policy
}

#[test]
fn tokens_cost_the_dearest_kind_that_fits() {
    // A million tokens, all of them output.
    assert_eq!(
        ceilings(&with(vec![tokens(1_000_000, HOUR, Scope::Team)])),
        [Some(10 * UNIT), Some(240 * UNIT), Some(7_440 * UNIT)]
    );
    // Of these at most 100,000 output: the rest is input.
    let output = tokens(100_000, HOUR, Scope::Team).count(Count::Output);
    let [hour, ..] = ceilings(&with(vec![tokens(1_000_000, HOUR, Scope::Team), output]));
    assert_eq!(hour, Some(UNIT + 9 * UNIT / 5));
    // Output alone does not bound input.
    assert_eq!(ceilings(&with(vec![output])), [None; 3]);
    let input = tokens(1_000_000, HOUR, Scope::Team).count(Count::Input);
    assert_eq!(ceilings(&with(vec![output, input]))[0], Some(3 * UNIT));
}

#[test]
fn the_least_of_all_windows_counts() {
    let day = cost(3, Window::Day, Scope::Team);
    assert_eq!(ceilings(&with(vec![day])), [Some(3 * UNIT), Some(3 * UNIT), Some(93 * UNIT)]);
    let month = cost(50, Window::Month, Scope::Team).over(Over::Subscription);
    assert_eq!(ceilings(&with(vec![day, month])), [Some(3 * UNIT), Some(3 * UNIT), Some(50 * UNIT)]);
    let week = cost(1, Window::Week, Scope::Team);
    assert_eq!(ceilings(&with(vec![week])), [Some(UNIT), Some(UNIT), Some(5 * UNIT)]);
    // Seven hours do not divide a day: four windows count.
    let odd = cost(1, Window::Fixed(7 * 3_600), Scope::Team);
    assert_eq!(ceilings(&with(vec![odd]))[1], Some(4 * UNIT));
}

#[test]
fn ceilings_of_team_parents_and_organization_bound_it() {
    let mut policy = with(vec![cost(100, HOUR, Scope::Team)]);
    policy.teams[0].limits = vec![cost(1_000, Window::Day, Scope::Team).ceiling()];
    policy.ceilings = vec![cost(20_000, Window::Month, Scope::Organization).ceiling()];
    assert_eq!(ceilings(&policy), [Some(100 * UNIT), Some(1_000 * UNIT), Some(20_000 * UNIT)]);
}

#[test]
fn limits_of_users_and_keys_do_not_bound_a_team() {
    let lines = vec![cost(1, HOUR, Scope::User), cost(1, HOUR, Scope::Key)];
    assert_eq!(ceilings(&with(lines.clone())), [None; 3]);
    let mut policy = with(lines);
    policy.subscriptions[0].teams.clear();
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    assert_eq!(ceilings(&policy)[0], Some(UNIT));
}

#[test]
fn requests_bound_no_money_and_no_price_costs_nothing() {
    let requests = Line { measure: Measure::Requests, count: Count::None, ..tokens(1, HOUR, Scope::Team) };
    assert_eq!(ceilings(&with(vec![requests])), [None; 3]);
    let mut policy = with(vec![requests]);
    policy.models[0].price = None;
    assert_eq!(ceilings(&policy), [Some(0); 3]);
    policy.models[0].price = Some((0, 0, 0));
    assert_eq!(ceilings(&policy), [Some(0); 3]);
}
