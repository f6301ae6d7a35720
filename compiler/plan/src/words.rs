//! Limits, money and times in the words of policies.

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Scope};
use maas_schemas::plan::LimitValue;
use maasc_ir::ir::{ALWAYS, NEVER, OwnerKind};
use maasc_ir::normalize::{money, window_name};

use crate::table::{ENDPOINTS, Hop, LimitTerms};

/// Returns a limit with its facts apart and in words.
pub(crate) fn limit(limit: &LimitTerms, currency: &str) -> LimitValue {
    LimitValue {
        owner: owner(limit),
        measure: limit.measure.name().to_owned(),
        count: if limit.count == Count::None { String::new() } else { limit.count.name().to_owned() },
        amount: limit.amount,
        per: window_name(limit.window),
        scope: limit.scope.name().to_owned(),
        over: limit.over.name().to_owned(),
        text: text(limit, currency),
    }
}

/// Returns `Kind/name`; the kind alone where the caller itself is meant.
pub(crate) fn owner(limit: &LimitTerms) -> String {
    if limit.owner.is_empty() {
        return limit.owner_kind.name().to_owned();
    }
    format!("{}/{}", limit.owner_kind.name(), limit.owner)
}

/// Returns `250k tokens per 1h, each team, each model`.
pub(crate) fn text(limit: &LimitTerms, currency: &str) -> String {
    let amount = amount(limit.amount);
    let what = match (limit.measure, limit.count) {
        (Measure::Tokens, Count::Input) => format!("{amount} input tokens"),
        (Measure::Tokens, Count::Output) => format!("{amount} output tokens"),
        (Measure::Tokens, Count::None | Count::Total) => format!("{amount} tokens"),
        (Measure::Requests, _) => format!("{amount} requests"),
        (Measure::Concurrency, _) => format!("{amount} requests at once"),
        (Measure::Cost, _) => format!("{} {currency}", money(limit.amount)),
    };
    let per = window_name(limit.window);
    let per = if per.is_empty() { per } else { format!(" per {per}") };
    let scope = match (limit.scope, limit.owner_kind) {
        (Scope::Key, _) => "each key",
        (Scope::User, _) => "each user",
        (Scope::Team, OwnerKind::Team) => "the team and all below it",
        (Scope::Team, OwnerKind::Subscription | OwnerKind::Organization) => "each team",
        (Scope::Organization, _) => "all callers together",
    };
    let over = match limit.over {
        Over::Model => ", each model",
        Over::Subscription => ", all its models together",
        Over::Everything => "",
    };
    let exceed = if limit.shorten { ", answers shortened to fit" } else { "" };
    format!("{what}{per}, {scope}{over}{exceed}")
}

/// Returns a count with the units of the language where they are exact: `250k`.
pub(crate) fn amount(amount: u64) -> String {
    match amount {
        0 => "0".to_owned(),
        _ if amount.is_multiple_of(1_000_000) => format!("{}M", amount / 1_000_000),
        _ if amount.is_multiple_of(1_000) => format!("{}k", amount / 1_000),
        _ => amount.to_string(),
    }
}

/// Returns a time as RFC 3339 in UTC; empty for the ends of time.
pub(crate) fn time(ms: i64) -> String {
    if ms == ALWAYS || ms == NEVER {
        return String::new();
    }
    jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}

/// Returns the names of a set of endpoints.
pub(crate) fn endpoints(bits: u16) -> Vec<String> {
    let served = ENDPOINTS.into_iter().filter(|endpoint: &Endpoint| bits & endpoint.bit() != 0);
    served.map(|endpoint| endpoint.name().to_owned()).collect()
}

/// Returns a route in the order in which it is tried: `azure/gpt-4o 3, openai/gpt-4o 1, then local/llama`.
pub(crate) fn route(hops: &[Hop]) -> String {
    let tiers = hops.chunk_by(|a, b| a.tier == b.tier).map(|tier| {
        let weighted = tier.len() > 1;
        let hops = tier.iter().map(|hop| {
            let mut text = format!("{}/{}", hop.provider, hop.model);
            let facts: Vec<&str> =
                [&*hop.kind, &*hop.region, &*hop.endpoint].into_iter().filter(|fact| !fact.is_empty()).collect();
            if !facts.is_empty() {
                text.push_str(&format!(" ({})", facts.join(", ")));
            }
            if weighted {
                text.push_str(&format!(" × {}", hop.weight));
            }
            text
        });
        hops.collect::<Vec<_>>().join(", ")
    });
    tiers.collect::<Vec<_>>().join(", then ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times() {
        assert_eq!([amount(0), amount(60), amount(250_000), amount(20_000_000)], ["0", "60", "250k", "20M"]);
        assert_eq!([time(ALWAYS), time(NEVER), time(1_796_083_200_000)], ["", "", "2026-12-01T00:00:00Z"]);
        assert_eq!(endpoints(0b10_0010), ["chat", "messages"]);
    }

    #[test]
    fn routes_show_weights_only_where_there_is_a_choice() {
        let hop = |tier, weight, provider: &str, region: &str| Hop {
            tier,
            weight,
            provider: provider.to_owned(),
            kind: String::new(),
            endpoint: String::new(),
            region: region.to_owned(),
            model: "m".to_owned(),
        };
        let hops = [hop(0, 3, "a", "eu"), hop(0, 1, "b", ""), hop(1, 1, "c", "us")];
        assert_eq!(route(&hops), "a/m (eu) × 3, b/m × 1, then c/m (us)");
    }
}
