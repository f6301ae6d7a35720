//! Grants as limits of Limitador.

use std::collections::BTreeMap;

use maas_schemas::abi::{Measure, Scope};
use maasc_ir::ir::Window;

use super::{Rates, UNLIMITED, duration};
use crate::facts::Facts;
use crate::fixture::{Fixture, small};

/// Returns the quotas of the first route in words.
fn check(fixture: Fixture, expect: &str) {
    let built = fixture.build();
    let facts = Facts::new(&built);
    let quotas = &facts.routes[0].quotas;
    let rates = |rates: &Rates| {
        rates.iter().map(|(seconds, amount)| format!("{amount}/{}", duration(*seconds))).collect::<Vec<_>>().join("+")
    };
    let found: Vec<_> = quotas
        .vectors
        .iter()
        .map(|(name, vector)| {
            let requests: BTreeMap<_, _> =
                vector.requests.iter().map(|(scope, windows)| (scope.name(), rates(windows))).collect();
            format!("{name}: {} {} {requests:?}", vector.token_scope, rates(&vector.tokens))
        })
        .collect();
    assert_eq!(found.join("\n"), expect);
}

#[test]
fn windows_of_one_scope_are_rates_of_one_limit() {
    let mut fixture = small();
    let more = [
        fixture.limit("Subscription/x", Measure::Tokens, 9, Window::Fixed(60), Scope::Team),
        fixture.limit("Subscription/x", Measure::Tokens, 5_000_000, Window::Month, Scope::Team),
        fixture.limit("Subscription/x", Measure::Requests, 7, Window::Fixed(90), Scope::Key),
        fixture.limit("Subscription/x", Measure::Requests, 8, Window::Fixed(90), Scope::User),
        fixture.limit("Subscription/x", Measure::Concurrency, 8, Window::None, Scope::User),
    ];
    fixture.subscription("more", &[0], &[0], &more);
    check(
        fixture,
        "subscription-everyday: team 250000/1h {}\n\
         subscription-more: team 9/1m+5000000/720h {\"user\": \"7/90s\"}",
    );
}

#[test]
fn equal_lengths_keep_the_tighter_amount() {
    let mut fixture = small();
    let day = fixture.limit("Subscription/x", Measure::Tokens, 10, Window::Day, Scope::User);
    let hours = fixture.limit("Subscription/x", Measure::Tokens, 9, Window::Fixed(86_400), Scope::User);
    fixture.subscription("more", &[0], &[0], &[day, hours]);
    check(fixture, "subscription-everyday: team 250000/1h {}\nsubscription-more: user 9/24h {}");
}

#[test]
fn of_several_scopes_the_widest_is_counted() {
    let mut fixture = small();
    let user = fixture.limit("Subscription/x", Measure::Tokens, 10, Window::Day, Scope::User);
    let all = fixture.limit("Subscription/x", Measure::Tokens, 100, Window::Day, Scope::Organization);
    fixture.subscription("more", &[0], &[0], &[user, all]);
    check(fixture, "subscription-everyday: team 250000/1h {}\nsubscription-more: organization 100/24h {}");
}

#[test]
fn money_buys_tokens_at_the_dearest_price() {
    let mut fixture = small();
    let cost = fixture.limit("Subscription/x", Measure::Cost, 50_000_000_000, Window::Month, Scope::Team);
    fixture.subscription("more", &[0], &[0], &[cost]);
    check(fixture, "subscription-everyday: team 250000/1h {}\nsubscription-more: team 5000000/720h {}");
}

#[test]
fn subscriptions_share_a_quota_that_wrote_all_their_limits() {
    let mut fixture = small();
    let hour = fixture.limit("Quota/standard", Measure::Tokens, 10, Window::Fixed(3_600), Scope::Team);
    let day = fixture.limit("Subscription/c", Measure::Tokens, 20, Window::Day, Scope::Team);
    for (name, limits) in [("a", vec![hour]), ("b", vec![hour]), ("c", vec![hour, day])] {
        let subscription = fixture.subscription(name, &[0], &[0], &limits);
        fixture.built.ir.subscriptions[subscription as usize].quota = "standard".to_owned();
    }
    check(
        fixture,
        "quota-standard: team 10/1h {}\n\
         subscription-c: team 10/1h+20/24h {}\n\
         subscription-everyday: team 250000/1h {}",
    );
}

#[test]
fn one_quota_with_two_meanings_is_not_shared() {
    let mut fixture = small();
    let hour = fixture.limit("Quota/standard", Measure::Tokens, 10, Window::Fixed(3_600), Scope::Team);
    let day = fixture.limit("Quota/standard", Measure::Tokens, 20, Window::Day, Scope::Team);
    for (name, limits) in [("a", vec![hour]), ("b", vec![hour, day])] {
        let subscription = fixture.subscription(name, &[0], &[0], &limits);
        fixture.built.ir.subscriptions[subscription as usize].quota = "standard".to_owned();
    }
    check(
        fixture,
        "subscription-a: team 10/1h {}\n\
         subscription-b: team 10/1h+20/24h {}\n\
         subscription-everyday: team 250000/1h {}",
    );
}

#[test]
fn unlimited_is_counted_and_never_reached() {
    let mut fixture = small();
    fixture.subscription("free", &[0], &[0], &[]);
    check(
        fixture,
        &format!("subscription-everyday: team 250000/1h {{}}\nsubscription-free: team {UNLIMITED}/720h {{}}"),
    );
}

#[test]
fn durations_fit_the_pattern_of_the_target() {
    let cases: [(u64, &str); 9] = [
        (1, "1s"),
        (90, "90s"),
        (60, "1m"),
        (3_600, "1h"),
        (5_400, "90m"),
        (86_400, "24h"),
        (604_800, "168h"),
        (100_001, "27h46m41s"),
        (359_996_400, "99999h"),
    ];
    for (seconds, expect) in cases {
        assert_eq!(duration(seconds), expect);
    }
}
