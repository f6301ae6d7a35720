//! Sets of limits that hold together, and how many windows of one fit into another.

use maas_schemas::abi::{Count, Measure, Over};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Limit};
use crate::lower::Lowering;
use crate::rules::equal_limits::same_counter;
use crate::units::{Money, Window, count_text};

/// Limits that hold for the same requests.
pub(crate) struct LimitSet<'h> {
    pub(crate) limits: Vec<&'h Limit>,
    /// How many of the first ones were looked at together before, in another set.
    n_known: usize,
}

impl LimitSet<'_> {
    /// Says whether two of the limits meet here for the first time.
    pub(crate) fn is_new(&self, one: &Limit, other: &Limit) -> bool {
        let is_known = |limit: &Limit| self.limits.iter().take(self.n_known).any(|known| std::ptr::eq(*known, limit));
        !(is_known(one) && is_known(other))
    }
}

/// Calls a function with each set of limits that hold together.
pub(crate) fn limit_sets<'h>(hir: &'h Hir, lowering: &Lowering<'_>, look: &mut impl FnMut(&LimitSet<'h>)) {
    let mut own = |limits: &'h [Limit]| {
        if limits.len() > 1 {
            look(&LimitSet { limits: limits.iter().collect(), n_known: 0 });
        }
    };
    own(&hir.organization.limits);
    hir.quotas.iter().for_each(|quota| own(&quota.limits));
    hir.teams.iter().for_each(|team| own(&team.limits));
    hir.providers.iter().for_each(|provider| own(&provider.limits));
    for (index, subscription) in (0_u32..).zip(&hir.subscriptions) {
        if lowering.is_broken(Kind::Subscription, index) {
            continue;
        }
        let quota = subscription.quota.as_ref().and_then(|id| hir.quotas.get(id.value.index()));
        let shared: Vec<&Limit> = quota.into_iter().flat_map(|quota| &quota.limits).collect();
        let n_shared = shared.len();
        let mut base = shared;
        base.extend(&subscription.limits);
        if !subscription.limits.is_empty() && base.len() > 1 {
            look(&LimitSet { limits: base.clone(), n_known: n_shared });
        }
        for entry in &subscription.per_model {
            // A line of `perModel` replaces the general one with the same counter.
            let mut limits: Vec<&Limit> = base
                .iter()
                .copied()
                .filter(|limit| limit.over != Over::Model || !entry.limits.iter().any(|own| same_counter(own, limit)))
                .collect();
            let n_known = limits.len();
            limits.extend(&entry.limits);
            look(&LimitSet { limits, n_known });
        }
    }
}

/// "250k tokens per 1h", "4_000 USD per month".
pub(crate) fn describe(hir: &Hir, limit: &Limit) -> String {
    let amount = match limit.measure.value {
        Measure::Cost => Money(limit.amount.value).to_string(),
        Measure::Tokens | Measure::Requests | Measure::Concurrency => count_text(limit.amount.value),
    };
    let what = match (limit.measure.value, limit.count) {
        (Measure::Tokens, Count::Input) => "input tokens",
        (Measure::Tokens, Count::Output) => "output tokens",
        (Measure::Tokens, Count::Total | Count::None) => "tokens",
        (Measure::Requests, _) => "requests",
        (Measure::Cost, _) => hir.organization.currency.as_str(),
        (Measure::Concurrency, _) => "requests at once",
    };
    match limit.window.value {
        Window::None => format!("{amount} {what}"),
        window => format!("{amount} {what} per {window}"),
    }
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Returns how many windows of `inner` one window of `outer` can touch at most; `None` for none at all.
pub(crate) fn windows_within(outer: Window, inner: Window, is_utc: bool) -> Option<u64> {
    match (outer, inner) {
        (Window::None, Window::None) => return Some(1),
        (Window::None, _) | (_, Window::None) => return None,
        _ if outer == inner => return Some(1),
        (Window::Day, Window::Week | Window::Month) => return Some(1),
        (Window::Week, Window::Day) => return Some(7),
        (Window::Week, Window::Month) => return Some(2),
        (Window::Month, Window::Day) => return Some(31),
        (Window::Month, Window::Week) => return Some(6),
        _ => {}
    }
    // A fixed window that divides a day lies inside of calendar periods, where midnight is midnight in UTC.
    if is_utc && let Window::Fixed(seconds) = inner {
        let whole = match outer {
            Window::Day => DAY,
            Window::Week => 7 * DAY,
            Window::Month => 31 * DAY,
            Window::Fixed(_) | Window::None => 0,
        };
        if whole > 0 && DAY.is_multiple_of(u64::from(seconds)) {
            return Some(whole / u64::from(seconds));
        }
    }
    let shortest = match inner {
        Window::Fixed(seconds) => u64::from(seconds),
        Window::Day => 23 * HOUR,
        Window::Week => 7 * DAY - HOUR,
        Window::Month => 28 * DAY - HOUR,
        Window::None => return None,
    };
    let longest = outer.longest_seconds();
    if let (Window::Fixed(_), Window::Fixed(_)) = (outer, inner)
        && (longest.is_multiple_of(shortest) || shortest.is_multiple_of(longest))
    {
        return Some((longest / shortest).max(1));
    }
    Some(longest.div_ceil(shortest) + 1)
}
