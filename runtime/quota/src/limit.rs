//! Which counters a request touches and what it needs of each: counter identity, nesting, demand.

use maas_schemas::abi::{Count, LIMIT_CEILING, Measure, Over, Scope};
use maas_schemas::bundle::Price;
use maas_schemas::decision::Limit;

use crate::bound::{Bound, OutputCap};
use crate::cost;
use crate::window::Period;

#[cfg(test)]
mod tests;

/// The name of a counter in every store. An index or a second hash would tie it to one bundle, so neither is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterId {
    /// Stable key of the limit.
    pub key: u64,
    /// Whose it is: `key:…`, `user:…`, `service-account:…`, `team:…`, `organization:…`.
    pub scope: String,
    /// What is added up: `model:…`, `subscription:…`, or empty for everything.
    pub over: String,
}

impl std::fmt::Display for CounterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}/{}/{}", self.key, self.scope, self.over)
    }
}

/// Who asks for what, by name.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Id of the API key.
    pub key: Option<&'a str>,
    /// `provider:subject`.
    pub user: Option<&'a str>,
    /// `namespace/name`.
    pub service_account: Option<&'a str>,
    /// The team that is charged.
    pub team: &'a str,
    /// The organization.
    pub organization: &'a str,
    /// The subscription that grants.
    pub subscription: &'a str,
    /// The model, by its own name and never by an alias.
    pub model: &'a str,
}

/// Everything that one request reserves, together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// One line for each counter, in the order of the decision.
    pub lines: Vec<Line>,
    /// The output cap and how far it may shrink.
    pub output: OutputCap,
    /// The price at admission; the charge uses it too.
    pub price: Option<Price>,
}

/// What a request needs of one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The limit.
    pub limit: Limit,
    /// Its windows.
    pub period: Period,
    /// Its counter.
    pub counter: CounterId,
    /// The need, as a function of the output cap.
    pub demand: Demand,
}

/// A need that grows with the output cap: `⌈(fixed + per_output · cap) / per⌉`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    fixed: u128,
    per_output: u128,
    per: u64,
}

impl Demand {
    /// Returns a need that does not depend on the output cap.
    #[must_use]
    pub const fn fixed(amount: u64) -> Self {
        Self { fixed: amount as u128, per_output: 0, per: 1 }
    }

    /// Returns the need at an output cap.
    #[must_use]
    pub fn at(&self, cap: u32) -> u64 {
        let whole = self.fixed.saturating_add(self.per_output.saturating_mul(u128::from(cap)));
        u64::try_from(whole.div_ceil(u128::from(self.per.max(1)))).unwrap_or(u64::MAX)
    }

    /// Returns the largest output cap whose need fits an amount; `None` when not even a cap of 0 does.
    #[must_use]
    pub fn largest_cap(&self, amount: u64) -> Option<u32> {
        let room = u128::from(amount).saturating_mul(u128::from(self.per.max(1))).checked_sub(self.fixed)?;
        Some(room.checked_div(self.per_output).map_or(u32::MAX, |cap| u32::try_from(cap).unwrap_or(u32::MAX)))
    }
}

/// Why a decision cannot be turned into an order: the request is then denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderError {
    /// A limit names a team that the bundle does not have.
    UnknownOwner(u32),
    /// A fixed window without a length; the key of the limit.
    NoWindow(u64),
    /// A cost limit for a model without a price; the key of the limit.
    NoPrice(u64),
}

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownOwner(index) => write!(f, "a limit belongs to team {index}, which the bundle does not have"),
            Self::NoWindow(key) => write!(f, "limit {key:016x} has a fixed window without a length"),
            Self::NoPrice(key) => write!(f, "limit {key:016x} counts money, but the model has no price"),
        }
    }
}

impl std::error::Error for OrderError {}

/// Returns what a request must reserve of all limits of a decision. `team_name` names a team of the bundle by its index.
///
/// # Errors
/// When a limit makes no sense: anything unclear denies.
pub fn order<'n>(
    limits: &[Limit],
    caller: &Caller<'_>,
    bound: &Bound,
    price: Option<&Price>,
    team_name: impl Fn(u32) -> Option<&'n str>,
) -> Result<Order, OrderError> {
    let mut lines: Vec<Line> = Vec::with_capacity(limits.len());
    for limit in limits {
        let period = Period::of(limit).ok_or(OrderError::NoWindow(limit.key))?;
        let owner = limit.owner.map(|index| team_name(index).ok_or(OrderError::UnknownOwner(index))).transpose()?;
        let counter = counter_id(limit, caller, owner);
        let demand = demand(limit, bound, price)?;
        // Two lines of one counter would count a request twice: the tighter one stands for both.
        match lines.iter_mut().find(|line| line.counter == counter) {
            Some(line) if limit.amount < line.limit.amount => line.limit = *limit,
            Some(_) => {}
            None => lines.push(Line { limit: *limit, period, counter, demand }),
        }
    }
    Ok(Order { lines, output: bound.output, price: price.copied() })
}

/// Returns the name of the counter of a limit for a caller. `owner`: the team whose ceiling it is.
#[must_use]
pub fn counter_id(limit: &Limit, caller: &Caller<'_>, owner: Option<&str>) -> CounterId {
    let user = || {
        let user = caller.user.map(|user| format!("user:{user}"));
        user.or_else(|| caller.service_account.map(|account| format!("service-account:{account}")))
    };
    let key = || caller.key.map(|key| format!("key:{key}"));
    let team = || format!("team:{}", owner.unwrap_or(caller.team));
    let scope = match limit.scope {
        Scope::Key => key().or_else(user).unwrap_or_else(team),
        Scope::User => user().or_else(key).unwrap_or_else(team),
        Scope::Team => team(),
        Scope::Organization => format!("organization:{}", caller.organization),
    };
    let over = match limit.over {
        Over::Model => format!("model:{}", caller.model),
        Over::Subscription => format!("subscription:{}", caller.subscription),
        Over::Everything => String::new(),
    };
    CounterId { key: limit.key, scope, over }
}

/// Says whether a limit is a ceiling of a team or of the organization.
#[must_use]
pub const fn is_ceiling(limit: &Limit) -> bool {
    limit.flags & LIMIT_CEILING != 0
}

fn demand(limit: &Limit, bound: &Bound, price: Option<&Price>) -> Result<Demand, OrderError> {
    let choices = u128::from(bound.choices);
    let input = u128::from(bound.input);
    Ok(match (limit.measure, limit.count) {
        (Measure::Tokens, Count::Input) => Demand { fixed: input, per_output: 0, per: 1 },
        (Measure::Tokens, Count::Output) => Demand { fixed: 0, per_output: choices, per: 1 },
        (Measure::Tokens, Count::None | Count::Total) => Demand { fixed: input, per_output: choices, per: 1 },
        (Measure::Requests | Measure::Concurrency, _) => Demand::fixed(1),
        (Measure::Cost, _) => {
            let price = price.ok_or(OrderError::NoPrice(limit.key))?;
            Demand {
                fixed: cost::product(bound.input, cost::dearest_input(price)),
                per_output: choices.saturating_mul(u128::from(price.output)),
                per: cost::PER,
            }
        }
    })
}
