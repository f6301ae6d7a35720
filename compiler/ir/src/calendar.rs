//! When a grant is in force: from one time until the first of several ends.

use maas_schemas::abi::Reason;

use crate::ir::{ALWAYS, Ir, NEVER};

/// An interval with the answers outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) before: Reason,
    pub(crate) after: Reason,
}

impl Interval {
    /// Returns the interval of a subscription.
    pub(crate) fn of_subscription(starts_at_ms: i64, expires_at_ms: i64) -> Self {
        Self { from_ms: starts_at_ms, until_ms: expires_at_ms, before: Reason::NotStarted, after: Reason::Ended }
    }

    /// Ends the interval where it has not ended before. Of equal ends the one counts that the caller can do least
    /// about: a model that is gone, then a subscription that ended, then a consent that lapsed.
    #[must_use]
    pub(crate) fn ending(mut self, at_ms: i64, reason: Reason) -> Self {
        if at_ms < self.until_ms || (at_ms == self.until_ms && at_ms != NEVER && rank(reason) < rank(self.after)) {
            self.until_ms = at_ms;
            self.after = reason;
        }
        self
    }
}

const fn rank(reason: Reason) -> u8 {
    match reason {
        Reason::ModelRetired => 0,
        Reason::Ended => 1,
        _ => 2,
    }
}

/// Returns all times at which some decision changes by itself, ascending.
#[must_use]
pub fn breakpoints(ir: &Ir) -> Vec<i64> {
    let times = ir.access.grants.iter().flat_map(|grant| [grant.from_ms, grant.until_ms]);
    let mut times: Vec<i64> = times.filter(|time| *time != ALWAYS && *time != NEVER).collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// Returns the first time after `now_ms` at which some decision changes by itself.
#[must_use]
pub fn next_breakpoint(ir: &Ir, now_ms: i64) -> Option<i64> {
    breakpoints(ir).into_iter().find(|time| *time > now_ms)
}
