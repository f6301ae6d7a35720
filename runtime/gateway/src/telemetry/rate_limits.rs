//! The `x-ratelimit-*` headers: of the limits that apply, the one with the least left; always ours, never a provider's.

use http::{HeaderMap, HeaderValue};
use maas_schemas::abi::Measure;

use crate::store::counters::{LimitState, Refused};

/// Where one limit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    measure: Measure,
    limit: u64,
    remaining: u64,
    /// When the window ends; `None` where nothing resets.
    reset_ms: Option<i64>,
}

impl Standing {
    /// Returns where a limit stood after a reservation.
    fn of_state(state: &LimitState) -> Self {
        Self {
            measure: state.limit.measure,
            limit: state.limit.amount,
            remaining: state.remaining,
            reset_ms: Some(state.window.end_ms).filter(|end| *end < i64::MAX),
        }
    }

    /// Returns where the limit stands that refused.
    pub(crate) fn of_refusal(refused: &Refused) -> Self {
        Self {
            measure: refused.limit.measure,
            limit: refused.limit.amount,
            remaining: refused.refusal.remaining,
            reset_ms: refused.refusal.reset_ms,
        }
    }

    /// Writes this limit; those that count neither requests nor tokens have no header.
    pub(crate) fn write(&self, headers: &mut HeaderMap, now_ms: i64) {
        let names = match self.measure {
            Measure::Requests => {
                ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]
            }
            Measure::Tokens => ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
            Measure::Cost | Measure::Concurrency => return,
        };
        let [limit, remaining, reset] = names;
        headers.insert(limit, HeaderValue::from(self.limit));
        headers.insert(remaining, HeaderValue::from(self.remaining));
        if let Some(end_ms) = self.reset_ms {
            let wait_ms = u64::try_from(end_ms.saturating_sub(now_ms)).unwrap_or(0);
            headers.insert(reset, crate::headers::value(&duration(wait_ms)));
        }
    }
}

/// Writes the tightest limit of requests and of tokens.
pub(crate) fn write(headers: &mut HeaderMap, states: &[LimitState], now_ms: i64) {
    for measure in [Measure::Requests, Measure::Tokens] {
        let of_measure = states.iter().map(Standing::of_state).filter(|standing| standing.measure == measure);
        if let Some(tightest) = of_measure.min_by_key(|standing| (standing.remaining, standing.limit)) {
            tightest.write(headers, now_ms);
        }
    }
}

/// Returns a duration as Go prints it, rounded up to seconds: `6m0s`.
fn duration(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_rounded_up() {
        assert_eq!(
            [duration(1), duration(360_000), duration(3_599_001), duration(90_061_000)],
            ["1s", "6m0s", "1h0m0s", "25h1m1s"]
        );
    }

    #[test]
    fn a_limit_of_tokens_has_three_headers() {
        let mut headers = HeaderMap::new();
        let standing = Standing { measure: Measure::Tokens, limit: 1000, remaining: 10, reset_ms: Some(5_000) };
        standing.write(&mut headers, 2_500);
        assert_eq!(headers["x-ratelimit-limit-tokens"], "1000");
        assert_eq!(headers["x-ratelimit-remaining-tokens"], "10");
        assert_eq!(headers["x-ratelimit-reset-tokens"], "3s");
        Standing { measure: Measure::Cost, ..standing }.write(&mut headers, 0);
        assert_eq!(headers.len(), 3);
    }
}
