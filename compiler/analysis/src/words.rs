//! Quantities, times and places in the words of answers.

use maas_schemas::abi::{Count, Measure, Over, Scope, WindowKind};
use maas_schemas::decision;
use maas_schemas::provenance::Source;
use maasc_diagnostics::{SourceMap, Span};
use maasc_hir::hir;
use maasc_ir::Built;
use maasc_ir::ir::{ALWAYS, NEVER, RuleId};

/// 10⁻⁹ of the currency.
const NANOS: u64 = 1_000_000_000;

/// The facts of a limit that people read, from whichever room it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LimitWords {
    pub(crate) measure: Measure,
    pub(crate) count: Count,
    pub(crate) amount: u64,
    pub(crate) window: WindowKind,
    pub(crate) window_s: u32,
    pub(crate) scope: Scope,
    pub(crate) over: Over,
}

impl From<&decision::Limit> for LimitWords {
    fn from(limit: &decision::Limit) -> Self {
        let decision::Limit { measure, count, amount, window, window_s, scope, over, .. } = *limit;
        Self { measure, count, amount, window, window_s, scope, over }
    }
}

impl From<&hir::Limit> for LimitWords {
    fn from(limit: &hir::Limit) -> Self {
        let (window, window_s) = limit.window.value.parts();
        let (measure, amount, scope) = (limit.measure.value, limit.amount.value, limit.scope.value);
        Self { measure, count: limit.count, amount, window, window_s, scope, over: limit.over }
    }
}

impl LimitWords {
    /// Returns `250k tokens per 1h, each team, each model`.
    pub(crate) fn text(&self, currency: &str) -> String {
        let what = match self.measure {
            Measure::Tokens => match self.count {
                Count::Input => format!("{} input tokens", count(self.amount)),
                Count::Output => format!("{} output tokens", count(self.amount)),
                Count::None | Count::Total => format!("{} tokens", count(self.amount)),
            },
            Measure::Requests => format!("{} requests", count(self.amount)),
            Measure::Cost => money(self.amount, currency),
            Measure::Concurrency => format!("{} requests at once", count(self.amount)),
        };
        let window = match self.window {
            WindowKind::None => String::new(),
            WindowKind::Fixed => format!(" per {}", seconds(self.window_s)),
            WindowKind::Day => " per day".to_owned(),
            WindowKind::Week => " per week".to_owned(),
            WindowKind::Month => " per month".to_owned(),
        };
        let scope = match self.scope {
            Scope::Key => "each key",
            Scope::User => "each user",
            Scope::Team => "each team",
            Scope::Organization => "all callers together",
        };
        let over = match self.over {
            Over::Model => ", each model",
            Over::Subscription => ", all its models together",
            Over::Everything => "",
        };
        format!("{what}{window}, {scope}{over}")
    }
}

/// Returns a count with the units of the language where they are exact: `250k`.
pub(crate) fn count(amount: u64) -> String {
    match amount {
        0 => "0".to_owned(),
        _ if amount.is_multiple_of(1_000_000) => format!("{}M", amount / 1_000_000),
        _ if amount.is_multiple_of(1_000) => format!("{}k", amount / 1_000),
        _ => amount.to_string(),
    }
}

/// Returns money without trailing zeros: `4000 USD`, `2.5 USD`.
pub(crate) fn money(nanos: u64, currency: &str) -> String {
    let (whole, part) = (nanos / NANOS, nanos % NANOS);
    if part == 0 {
        return format!("{whole} {currency}");
    }
    let digits = format!("{part:09}");
    format!("{whole}.{} {currency}", digits.trim_end_matches('0'))
}

/// Returns a length of time in the greatest unit that is exact: `1h`.
pub(crate) fn seconds(seconds: u32) -> String {
    match seconds {
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// Returns a time as RFC 3339 in UTC; empty for the ends of time.
pub(crate) fn time(ms: i64) -> String {
    if ms == ALWAYS || ms == NEVER {
        return String::new();
    }
    jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}

/// Returns file, line and document of a place.
pub(crate) fn source_at(sources: &SourceMap, span: Span, document: &str) -> Source {
    let (file, position) = sources.locate(span);
    Source { file: file.to_owned(), line: position.line, column: position.column, document: document.to_owned() }
}

/// Returns where a rule was written.
pub(crate) fn source(built: &Built, sources: &SourceMap, rule: RuleId) -> Source {
    built.rules.get(rule as usize).map(|found| source_at(sources, found.span, &found.document)).unwrap_or_default()
}

/// Returns items joined as a person would: `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns equal answers once, with the names of all that gave them, in the order of the first.
pub(crate) fn merge<T: PartialEq>(answers: impl IntoIterator<Item = (String, T)>) -> Vec<(Vec<String>, T)> {
    let mut merged: Vec<(Vec<String>, T)> = Vec::new();
    for (name, answer) in answers {
        match merged.iter_mut().find(|(_, known)| *known == answer) {
            Some((names, _)) => names.push(name),
            None => merged.push((vec![name], answer)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::{count, list, merge, money, seconds, time};

    #[test]
    fn quantities_are_written_as_in_policies() {
        assert_eq!([count(0), count(60), count(250_000), count(20_000_000)], ["0", "60", "250k", "20M"]);
        assert_eq!(money(4_000_000_000_000, "USD"), "4000 USD");
        assert_eq!(money(2_500_000_000, "EUR"), "2.5 EUR");
        assert_eq!(money(1, "EUR"), "0.000000001 EUR");
        assert_eq!([seconds(60), seconds(90), seconds(3_600), seconds(604_800)], ["1m", "90s", "1h", "7d"]);
        assert_eq!(time(1_796_083_200_000), "2026-12-01T00:00:00Z");
        assert_eq!([time(i64::MIN), time(i64::MAX)], ["", ""]);
    }

    #[test]
    fn equal_answers_are_said_once() {
        let answers = [("a", 1), ("b", 2), ("c", 1)].map(|(name, answer)| (name.to_owned(), answer));
        assert_eq!(merge(answers), [(vec!["a".to_owned(), "c".to_owned()], 1), (vec!["b".to_owned()], 2)]);
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()]), "a, b and c");
    }
}
