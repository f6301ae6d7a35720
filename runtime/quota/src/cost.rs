//! What tokens cost: prices per million in 10⁻⁹ of the currency, rounded up once.

use maas_schemas::bundle::Price;

/// Prices are for this many tokens.
pub const PER: u64 = 1_000_000;

/// Tokens of one request by price class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Priced {
    /// All input, cached and not.
    pub input: u64,
    /// Part of `input` that the provider read from its cache.
    pub cached_input: u64,
    /// All output, reasoning included.
    pub output: u64,
}

/// Returns the cost of tokens in 10⁻⁹ of the currency.
#[must_use]
pub fn cost(tokens: Priced, price: &Price) -> u64 {
    let cached = tokens.cached_input.min(tokens.input);
    let parts = [
        product(tokens.input.saturating_sub(cached), price.input),
        product(cached, price.cached_input),
        product(tokens.output, price.output),
    ];
    round_up(parts.into_iter().fold(0, u128::saturating_add))
}

/// Returns the dearest price of an input token: what a bound must assume.
#[must_use]
pub fn dearest_input(price: &Price) -> u64 {
    price.input.max(price.cached_input)
}

/// Returns price times tokens before the division.
pub(crate) fn product(tokens: u64, price: u64) -> u128 {
    u128::from(tokens).saturating_mul(u128::from(price))
}

/// Divides by [`PER`], rounding up.
pub(crate) fn round_up(value: u128) -> u64 {
    u64::try_from(value.div_ceil(u128::from(PER))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input: u64, cached_input: u64, output: u64) -> Price {
        Price { from_ms: 0, input, cached_input, output }
    }

    #[test]
    fn rounds_up_once_for_the_whole_request() {
        // 2.50, 1.25 and 10.00 per million.
        let gpt = price(2_500_000_000, 1_250_000_000, 10_000_000_000);
        assert_eq!(
            cost(Priced { input: 1_000, cached_input: 800, output: 400 }, &gpt),
            500_000 + 1_000_000 + 4_000_000
        );
        assert_eq!(cost(Priced { input: 1, cached_input: 1, output: 1 }, &price(1, 1, 1)), 1);
        assert_eq!(cost(Priced::default(), &gpt), 0);
        assert_eq!(cost(Priced { input: u64::MAX, cached_input: 0, output: u64::MAX }, &gpt), u64::MAX);
    }

    #[test]
    fn more_cached_than_read_is_all_cached() {
        assert_eq!(cost(Priced { input: 10, cached_input: 99, output: 0 }, &price(PER * 2, PER, 0)), 10);
    }
}
