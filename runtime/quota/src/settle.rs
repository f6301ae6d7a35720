//! From reservation to charge: what each line is charged once the truth is known.

use maas_schemas::abi::{Count, Measure};
use maas_schemas::bundle::Price;
use maas_schemas::decision::Limit;

use crate::cost::{Priced, cost};

/// What a request really used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Tokens that providers billed or will bill, over all attempts.
    pub tokens: Priced,
    /// 1 when the request counts, 0 when it never reached a provider.
    pub requests: u64,
}

impl Truth {
    /// Nothing was used: everything is refunded.
    pub const NOTHING: Self = Self { tokens: Priced { input: 0, cached_input: 0, output: 0 }, requests: 0 };
}

/// What became of one reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Held until now.
    pub reserved: u64,
    /// Charged for good.
    pub charged: u64,
}

impl Settlement {
    /// Returns what is free again.
    #[must_use]
    pub const fn refund(&self) -> u64 {
        self.reserved.saturating_sub(self.charged)
    }

    /// Returns what was charged beyond the bound: a provider did not keep to its cap, or a constant is too small.
    #[must_use]
    pub const fn overcharge(&self) -> u64 {
        self.charged.saturating_sub(self.reserved)
    }
}

/// Returns what a limit is charged for the truth. A slot of a concurrency limit is never charged: it comes back.
#[must_use]
pub fn charge(limit: &Limit, truth: &Truth, price: Option<&Price>) -> u64 {
    match (limit.measure, limit.count) {
        (Measure::Tokens, Count::Input) => truth.tokens.input,
        (Measure::Tokens, Count::Output) => truth.tokens.output,
        (Measure::Tokens, Count::None | Count::Total) => truth.tokens.input.saturating_add(truth.tokens.output),
        (Measure::Requests, _) => truth.requests,
        (Measure::Cost, _) => price.map_or(0, |price| cost(truth.tokens, price)),
        (Measure::Concurrency, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settlement_is_conserved() {
        for (reserved, charged) in [(10, 4), (10, 10), (10, 13), (0, 0)] {
            let settlement = Settlement { reserved, charged };
            assert_eq!(reserved + settlement.overcharge(), charged + settlement.refund());
        }
    }
}
