//! `grant.ceiling`: the most money that one team can spend through one grant in an hour, a day or a month.
//!
//! A grant is one team × one model, as one subscription gives it. What bounds its spend is every limit that its
//! requests must fit (the subscription's for the model, the team's, each parent's, the organization's) and whose
//! counter holds all that the team spends through it:
//!
//! * scope `team` and `organization`, whatever `over` says: a counter that adds up more bounds this grant as well;
//! * scope `user` only for a single user with a grant of his own, who is the only user of his team of one. Of a team
//!   the number of users is not known (the identity provider knows it), and of nobody the number of keys: such a limit
//!   bounds nothing here.
//!
//! A *period* is an hour (3,600 s), a day (86,400 s) or a month (31 days). A limit of amount A holds per window; as many
//! windows count as the period has, rounded up: ⌈period / window⌉ for fixed windows, 1 for a calendar period that is
//! not shorter, else 31 days and 5 weeks in a month. So in the period at most A × windows are used. Of equal measures
//! the least counts:
//!
//! * C: of the `cost` limits; I, O, T: of the `tokens` limits that count `input`, `output`, `total`.
//!
//! Prices are those in force at the time for which the policy is compiled: an input token costs the dearer of `input`
//! and `cachedInput`, an output token `output`. The tokens cost most with i input and o output tokens, i ≤ I, o ≤ O,
//! i + o ≤ T: as many of the dearer kind as fit, then of the other. The ceiling is the less of C and that, and is
//! infinite when nothing bounds it. A model without a price, or with a price of 0, costs nothing, so its ceiling is 0.
//! `requests` and `concurrency` bound no money.
//!
//! It is exact, to a rounding up of 10⁻⁹ of the currency, where each window divides the period or the period each
//! window; else it is a bound from above. Ceilings of teams that share one limit do not add up: `analysis` makes the
//! tree of that.

use maas_schemas::abi::{Count, Measure, Scope};
use maas_schemas::bundle::Price;

use crate::ir::{Grant, Ir, Limit, Window};

/// An amount in 10⁻⁹ of the currency, or of tokens; `None` is infinite.
pub type Amount = Option<u128>;

/// What a ceiling is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// 3,600 seconds.
    Hour,
    /// 86,400 seconds.
    Day,
    /// 31 days.
    Month,
}

impl Period {
    /// All periods, ascending.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// Returns its length.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Month => 31 * 86_400,
        }
    }

    /// Returns its name in `grant.ceiling`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// Returns how many windows of a limit count in a period; `None` for a limit without a window.
#[must_use]
pub const fn windows(window: Window, period: Period) -> Option<u32> {
    match (window, period) {
        (Window::None | Window::Fixed(0), _) => None,
        (Window::Fixed(seconds), _) => Some(period.seconds().div_ceil(seconds)),
        (Window::Day, Period::Month) => Some(31),
        (Window::Week, Period::Month) => Some(5),
        (Window::Day | Window::Week | Window::Month, _) => Some(1),
    }
}

/// Returns how much of what a limit counts can be used in a period.
#[must_use]
pub fn amount_in(limit: &Limit, period: Period) -> Amount {
    windows(limit.window, period).map(|n_windows| u128::from(limit.amount) * u128::from(n_windows))
}

/// Whether a grant is a team's or a single user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A team: nobody knows how many users it has.
    Team,
    /// A team of one.
    User,
}

impl Holder {
    /// Returns what a principal is.
    #[must_use]
    pub fn of(ir: &Ir, principal: u32) -> Self {
        if (principal as usize) < ir.teams.len() { Self::Team } else { Self::User }
    }

    /// Says whether one counter of this scope holds all that the holder uses.
    #[must_use]
    pub const fn is_bound_by(self, scope: Scope) -> bool {
        match scope {
            Scope::Team | Scope::Organization => true,
            Scope::User => matches!(self, Self::User),
            Scope::Key => false,
        }
    }
}

/// The bounds of some limits, all of which hold at once, in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bounds {
    /// C.
    pub cost: Amount,
    /// I.
    pub input: Amount,
    /// O.
    pub output: Amount,
    /// T.
    pub total: Amount,
}

impl Bounds {
    /// Returns the bounds of some limits.
    #[must_use]
    pub fn of<'a>(limits: impl IntoIterator<Item = &'a Limit>, holder: Holder, period: Period) -> Self {
        let mut bounds = Self::default();
        for limit in limits.into_iter().filter(|limit| holder.is_bound_by(limit.scope)) {
            let place = match (limit.measure, limit.count) {
                (Measure::Cost, _) => &mut bounds.cost,
                (Measure::Tokens, Count::Input) => &mut bounds.input,
                (Measure::Tokens, Count::Output) => &mut bounds.output,
                (Measure::Tokens, Count::Total | Count::None) => &mut bounds.total,
                (Measure::Requests | Measure::Concurrency, _) => continue,
            };
            *place = least(*place, amount_in(limit, period));
        }
        bounds
    }

    /// Returns the bounds where both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            cost: least(self.cost, other.cost),
            input: least(self.input, other.input),
            output: least(self.output, other.output),
            total: least(self.total, other.total),
        }
    }

    /// Returns the most that can be spent; `price` is that of the model, `None` for a model without one.
    #[must_use]
    pub fn spend(self, price: Option<&Price>) -> Amount {
        let Some(price) = price else { return Some(0) };
        let input = (self.input, u128::from(price.input.max(price.cached_input)));
        let output = (self.output, u128::from(price.output));
        let (dearer, cheaper) = if output.1 >= input.1 { (output, input) } else { (input, output) };
        least(self.cost, tokens_cost(dearer, cheaper, self.total))
    }
}

/// Returns the most that can be spent in a period under some limits, all of which hold at once; `price` is that of the
/// model, `None` for a model without one.
#[must_use]
pub fn spend<'a>(
    limits: impl IntoIterator<Item = &'a Limit>,
    holder: Holder,
    price: Option<&Price>,
    period: Period,
) -> Amount {
    Bounds::of(limits, holder, period).spend(price)
}

/// Returns the most that tokens can cost: two kinds with their bounds and prices per million, and a bound on both.
fn tokens_cost(dearer: (Amount, u128), cheaper: (Amount, u128), total: Amount) -> Amount {
    let of_dearer = least(dearer.0, total);
    let left = total.map(|total| total.saturating_sub(of_dearer.unwrap_or(0)));
    let of_cheaper = least(cheaper.0, left);
    let first = times(of_dearer, dearer.1)?;
    let second = times(of_cheaper, cheaper.1)?;
    Some(first.saturating_add(second).div_ceil(1_000_000))
}

/// Returns tokens times their price; tokens that cost nothing cost nothing, however many they are.
fn times(tokens: Amount, price: u128) -> Amount {
    if price == 0 { Some(0) } else { tokens.map(|tokens| tokens.saturating_mul(price)) }
}

/// Returns the lesser of two amounts.
#[must_use]
pub fn least(a: Amount, b: Amount) -> Amount {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

/// Returns the ceiling of a grant for one of its principals and models.
#[must_use]
pub fn grant_ceiling(ir: &Ir, principal: u32, model: u32, grant: &Grant, period: Period) -> Amount {
    let prices = ir.models.get(model as usize).and_then(|model| ir.prices.get(model.price? as usize));
    let price = prices.and_then(|prices| prices.at(ir.at_ms));
    let numbers = grant.limits.iter().chain(ir.ceilings_of(principal));
    let limits = numbers.filter_map(|number| ir.limits.get(*number as usize));
    spend(limits, Holder::of(ir, principal), price, period)
}

#[cfg(test)]
mod tests;
