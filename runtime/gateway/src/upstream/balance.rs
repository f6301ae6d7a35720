//! Which upstream is tried first: weights inside a tier, and those that keep failing last.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use maas_schemas::decision::UpstreamChoice;
use tokio::time::Instant;

/// So many failures in a row put an upstream last.
const STRIKES: u32 = 3;
/// For how long, the first time; doubled each time up to the longest.
const FIRST_BREAK: Duration = Duration::from_secs(5);
const LONGEST_BREAK: Duration = Duration::from_secs(60);

/// What is known of upstreams by name, across bundles.
#[derive(Debug, Default)]
pub(crate) struct Health {
    by_name: Mutex<BTreeMap<String, Condition>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Condition {
    failures: u32,
    breaks: u32,
    until: Option<Instant>,
}

impl Health {
    /// Notes that an upstream answered.
    pub(crate) fn succeeded(&self, name: &str) {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(condition) = by_name.get_mut(name) {
            *condition = Condition::default();
        }
    }

    /// Notes that an upstream failed; returns whether it is now put last.
    pub(crate) fn failed(&self, name: &str, now: Instant) -> bool {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let condition = by_name.entry(name.to_owned()).or_default();
        condition.failures += 1;
        if condition.failures < STRIKES {
            return false;
        }
        let pause = FIRST_BREAK.saturating_mul(1 << condition.breaks.min(5)).min(LONGEST_BREAK);
        *condition = Condition { failures: 0, breaks: condition.breaks + 1, until: Some(now + pause) };
        true
    }

    /// Says whether an upstream may be tried in its turn.
    pub(crate) fn is_well(&self, name: &str, now: Instant) -> bool {
        let by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        by_name.get(name).and_then(|condition| condition.until).is_none_or(|until| until <= now)
    }
}

/// Returns the upstreams in the order to try: tiers ascend; inside a tier a draw by weight, those that are not well last, and
/// those of weight 0 only when the others have failed.
pub(crate) fn order(choices: &[UpstreamChoice], is_well: impl Fn(&UpstreamChoice) -> bool, seed: u64) -> Vec<u32> {
    if let [only] = choices {
        return vec![only.upstream];
    }
    let mut seed = seed;
    let class_of = |choice: &UpstreamChoice| (choice.tier, choice.weight == 0, !is_well(choice));
    let mut rest: Vec<((u8, bool, bool), UpstreamChoice)> =
        choices.iter().map(|choice| (class_of(choice), *choice)).collect();
    let mut ordered = Vec::with_capacity(rest.len());
    while let Some(class) = rest.iter().map(|(class, _)| *class).min() {
        let total: u64 = rest.iter().filter(|(other, _)| *other == class).map(|(_, choice)| share(choice)).sum();
        seed = next(seed);
        let mut drawn = seed % total.max(1);
        let place = rest.iter().position(|(other, choice)| {
            if *other != class {
                return false;
            }
            let hit = drawn < share(choice);
            drawn = drawn.saturating_sub(share(choice));
            hit
        });
        // INVARIANT: the draw is below the sum of the shares of the class, so one of them is hit.
        let Some(place) = place else { break };
        let (_, choice) = rest.remove(place);
        ordered.push(choice.upstream);
    }
    ordered
}

fn share(choice: &UpstreamChoice) -> u64 {
    u64::from(choice.weight.max(1))
}

/// SplitMix64.
const fn next(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(upstream: u32, weight: u16, tier: u8) -> UpstreamChoice {
        UpstreamChoice { upstream, weight, tier, flags: 0, rule: 0 }
    }

    #[test]
    fn weights_are_kept_and_tiers_ascend() {
        let choices = [choice(0, 90, 0), choice(1, 10, 0), choice(2, 1, 1)];
        let mut first = [0; 2];
        for seed in 0..10_000 {
            let order = order(&choices, |_| true, seed);
            assert_eq!((order.len(), order[2]), (3, 2));
            first[order[0] as usize] += 1;
        }
        assert!((8_800..9_200).contains(&first[0]), "{first:?}");
    }

    #[test]
    fn the_ill_are_last_in_their_tier_but_never_left_out() {
        let choices = [choice(0, 100, 0), choice(1, 1, 0), choice(2, 1, 1)];
        for seed in 0..100 {
            assert_eq!(order(&choices, |choice| choice.upstream != 0, seed), [1, 0, 2]);
        }
    }

    #[test]
    fn weight_zero_is_for_when_the_others_fail() {
        let choices = [choice(0, 0, 0), choice(1, 5, 0)];
        for seed in 0..100 {
            assert_eq!(order(&choices, |choice| choice.upstream == 0, seed), [1, 0]);
        }
    }

    #[test]
    fn three_failures_in_a_row_are_a_break() {
        let health = Health::default();
        let mut now = Instant::now();
        let fail = |n: u32, now| (0..n).map(|_| health.failed("a", now)).collect::<Vec<_>>();
        assert_eq!(fail(2, now), [false, false]);
        health.succeeded("a");
        assert_eq!(fail(3, now), [false, false, true]);
        assert!(!health.is_well("a", now) && health.is_well("b", now));
        now += FIRST_BREAK;
        assert!(health.is_well("a", now));
        assert_eq!(fail(3, now), [false, false, true]);
        now += FIRST_BREAK;
        assert!(!health.is_well("a", now));
        now += FIRST_BREAK;
        assert!(health.is_well("a", now));
    }
}
