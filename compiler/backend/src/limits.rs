//! Grants as limits that Limitador can count: one token limit for each request, its windows as rates.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::{Measure, Scope};
use maasc_ir::Built;
use maasc_ir::ir::{Limit, Model, Subscription, Window};

use crate::facts::Candidate;

/// What an unlimited subscription may use in a window: it is counted for showback and never reached.
pub(crate) const UNLIMITED: u64 = 1_000_000_000_000_000;
/// The window of a limit that only counts.
const COUNTING_WINDOW: u64 = 720 * 3_600;

/// Rates of one counter: window in seconds, amount. Two rates of equal length would share one counter.
pub(crate) type Rates = BTreeMap<u64, u64>;

/// What one name of a quota means on one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vector {
    /// Whose counter the token limit is.
    pub(crate) token_scope: Scope,
    /// Tokens.
    pub(crate) tokens: Rates,
    /// Requests, by whose counter it is.
    pub(crate) requests: BTreeMap<Scope, Rates>,
}

/// The limits of one route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quotas {
    /// The name of the quota by subscription.
    pub(crate) name_of: BTreeMap<u32, String>,
    /// The distinct vectors by name.
    pub(crate) vectors: BTreeMap<String, Vector>,
}

/// Returns the limits of one route from the grants that lead to it.
///
/// Subscriptions that take all their limits from one `Quota` share its limit; their counters differ by the name of the
/// subscription. All others have a limit of their own. So names come from policies and never from numbers or order,
/// and raising a limit keeps its counters.
pub(crate) fn quotas(built: &Built, model: &Model, candidates: &[Candidate<'_>]) -> Quotas {
    let mut wanted: BTreeMap<u32, (String, String, Vector)> = BTreeMap::new();
    for candidate in candidates {
        wanted.entry(candidate.grant.subscription).or_insert_with(|| {
            let limits = limits(built, candidate);
            let own = format!("subscription-{}", candidate.subscription.name);
            let shared = shared_name(built, candidate.subscription, &limits).unwrap_or_else(|| own.clone());
            (shared, own, vector(built, model, &limits))
        });
    }
    let mut by_name: BTreeMap<&str, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (shared, _, vector) in wanted.values() {
        by_name.entry(shared).or_default().insert(format!("{vector:?}").into_bytes());
    }
    let ambiguous: BTreeSet<String> =
        by_name.iter().filter(|(_, vectors)| vectors.len() > 1).map(|(name, _)| (*name).to_owned()).collect();
    let mut quotas = Quotas::default();
    for (subscription, (shared, own, vector)) in wanted {
        let name = if ambiguous.contains(&shared) { own } else { shared };
        quotas.vectors.insert(name.clone(), vector);
        quotas.name_of.insert(subscription, name);
    }
    quotas
}

/// Returns the limits of a grant.
fn limits<'a>(built: &'a Built, candidate: &Candidate<'_>) -> Vec<&'a Limit> {
    candidate.grant.limits.iter().filter_map(|limit| built.ir.limits.get(*limit as usize)).collect()
}

/// Returns the name of the `Quota` that wrote all the limits, if one did.
fn shared_name(built: &Built, subscription: &Subscription, limits: &[&Limit]) -> Option<String> {
    if subscription.quota.is_empty() || limits.is_empty() {
        return None;
    }
    let document = format!("Quota/{}", subscription.quota);
    let written_there =
        |limit: &&Limit| built.rules.get(limit.rule as usize).is_some_and(|source| source.document == document);
    limits.iter().all(written_there).then(|| format!("quota-{}", subscription.quota))
}

/// Returns what Limitador counts for these limits.
fn vector(built: &Built, model: &Model, limits: &[&Limit]) -> Vector {
    let mut tokens: BTreeMap<Scope, Rates> = BTreeMap::new();
    let mut requests: BTreeMap<Scope, Rates> = BTreeMap::new();
    for limit in limits {
        let Some(seconds) = seconds(limit.window) else { continue };
        let scope = counted_scope(limit.scope);
        let (rates, amount) = match limit.measure {
            Measure::Tokens => (&mut tokens, limit.amount),
            Measure::Requests => (&mut requests, limit.amount),
            Measure::Cost => match tokens_for(built, model, limit.amount) {
                Some(amount) => (&mut tokens, amount),
                None => continue,
            },
            Measure::Concurrency => continue,
        };
        let rate = rates.entry(scope).or_default().entry(seconds).or_insert(amount);
        *rate = (*rate).min(amount);
    }
    // Of several counters only one can be checked before the answer: the one that most callers share bounds the most.
    let (token_scope, tokens) =
        tokens.pop_last().unwrap_or_else(|| (Scope::Team, Rates::from([(COUNTING_WINDOW, UNLIMITED)])));
    Vector { token_scope, tokens, requests }
}

/// Returns the length of the window that stands for one of ours; `None` where there is no window.
pub(crate) const fn seconds(window: Window) -> Option<u64> {
    match window {
        Window::None => None,
        Window::Fixed(seconds) => Some(seconds as u64),
        Window::Day => Some(24 * 3_600),
        Window::Week => Some(168 * 3_600),
        Window::Month => Some(720 * 3_600),
    }
}

/// Returns whose counter a limit is where there are no keys.
pub(crate) const fn counted_scope(scope: Scope) -> Scope {
    match scope {
        Scope::Key => Scope::User,
        Scope::User | Scope::Team | Scope::Organization => scope,
    }
}

/// Returns how many tokens some money buys at least: at the dearest price that the model ever has. `None` where it is free.
fn tokens_for(built: &Built, model: &Model, amount: u64) -> Option<u64> {
    let prices = built.ir.prices.get(model.price? as usize)?;
    let dearest = prices.entries.iter().flat_map(|price| [price.input, price.cached_input, price.output]).max()?;
    let tokens = (u128::from(amount) * 1_000_000).checked_div(u128::from(dearest))?;
    Some(u64::try_from(tokens).unwrap_or(u64::MAX).min(UNLIMITED))
}

/// Returns a window as Kuadrant writes it: at most five digits before each unit, no unit longer than an hour.
pub(crate) fn duration(seconds: u64) -> String {
    const MOST: u64 = 99_999;
    if seconds.is_multiple_of(3_600) && seconds / 3_600 <= MOST {
        return format!("{}h", seconds / 3_600);
    }
    if seconds.is_multiple_of(60) && seconds / 60 <= MOST {
        return format!("{}m", seconds / 60);
    }
    if seconds <= MOST {
        return format!("{seconds}s");
    }
    let (hours, rest) = ((seconds / 3_600).min(MOST), seconds % 3_600);
    let mut text = format!("{hours}h");
    for (amount, unit) in [(rest / 60, 'm'), (rest % 60, 's')] {
        if amount > 0 {
            text.push_str(&format!("{amount}{unit}"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
