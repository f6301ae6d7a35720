//! Totals of usage records per team, cost centre, model, period and what else they carry.

use std::collections::BTreeMap;

use maas_schemas::abi::Reason;
use maas_schemas::usage::{TokenCounts, UsageFlag, UsageRecord};

#[cfg(test)]
mod tests;

/// By what to add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The team that is charged.
    Team,
    /// Who pays.
    CostCentre,
    /// The governed name.
    Model,
    /// The subscription.
    Subscription,
    /// The API key.
    Key,
    /// The user or service account.
    User,
    /// The provider that answered.
    Provider,
    /// A period, as the caller names it.
    Period,
}

impl Dimension {
    /// All of them with their names in tables and on the command line.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Team, "team"),
        (Self::CostCentre, "cost-centre"),
        (Self::Model, "model"),
        (Self::Subscription, "subscription"),
        (Self::Key, "key"),
        (Self::User, "user"),
        (Self::Provider, "provider"),
        (Self::Period, "period"),
    ];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(dimension, _)| *dimension == self).map_or("", |(_, name)| name)
    }
}

/// What was added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that were allowed.
    pub requests: u64,
    /// Requests that policy or a limit refused.
    pub refused: u64,
    /// Requests whose tokens were estimated.
    pub estimated: u64,
    /// Tokens.
    pub tokens: TokenCounts,
    /// 10⁻⁹ of the currency.
    pub cost: u64,
}

impl Totals {
    fn add(&mut self, record: &UsageRecord) {
        let was_sent = record.verdict == Reason::Allow || record.tokens != TokenCounts::default();
        let requests = if was_sent { &mut self.requests } else { &mut self.refused };
        *requests = requests.saturating_add(1);
        let is_estimated = record.flags.contains(&UsageFlag::Estimated) || record.flags.contains(&UsageFlag::Unsettled);
        self.estimated = self.estimated.saturating_add(u64::from(is_estimated));
        self.cost = self.cost.saturating_add(record.cost);
        let TokenCounts { input, cached_input, cache_write, output, reasoning } = &mut self.tokens;
        for (sum, more) in [
            (input, record.tokens.input),
            (cached_input, record.tokens.cached_input),
            (cache_write, record.tokens.cache_write),
            (output, record.tokens.output),
            (reasoning, record.tokens.reasoning),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Values in the order of the statement's dimensions.
    pub by: Vec<String>,
    /// ISO 4217 code; costs in two currencies are never added.
    pub currency: String,
    /// The sums.
    pub totals: Totals,
}

/// Totals by some dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// By what it was added up.
    pub dimensions: Vec<Dimension>,
    /// Sorted by their values.
    pub rows: Vec<Row>,
    /// All rows of one currency together, by currency.
    pub totals: BTreeMap<String, Totals>,
}

/// Adds up records. `period` names the period of a time in Unix milliseconds; without [`Dimension::Period`] it is not asked.
pub fn statement<'r>(
    records: impl IntoIterator<Item = &'r UsageRecord>,
    dimensions: &[Dimension],
    period: impl Fn(i64) -> String,
) -> Statement {
    let mut sum = Sum::new(dimensions);
    for record in records {
        sum.add(record, &period);
    }
    sum.finish()
}

/// A statement that is being added up, for ledgers that do not fit memory.
#[derive(Clone, Debug)]
pub struct Sum {
    dimensions: Vec<Dimension>,
    rows: BTreeMap<(Vec<String>, String), Totals>,
}

impl Sum {
    /// Returns an empty sum.
    #[must_use]
    pub fn new(dimensions: &[Dimension]) -> Self {
        Self { dimensions: dimensions.to_vec(), rows: BTreeMap::new() }
    }

    /// Adds one record.
    pub fn add(&mut self, record: &UsageRecord, period: &impl Fn(i64) -> String) {
        let by = self.dimensions.iter().map(|dimension| value(*dimension, record, period)).collect();
        self.rows.entry((by, record.currency.clone())).or_default().add(record);
    }

    /// Returns the statement.
    #[must_use]
    pub fn finish(self) -> Statement {
        let mut totals: BTreeMap<String, Totals> = BTreeMap::new();
        for ((_, currency), row) in &self.rows {
            let total = totals.entry(currency.clone()).or_default();
            *total = total.plus(row);
        }
        let rows = self.rows.into_iter().map(|((by, currency), totals)| Row { by, currency, totals }).collect();
        Statement { dimensions: self.dimensions, rows, totals }
    }
}

impl Totals {
    fn plus(&self, other: &Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            refused: self.refused.saturating_add(other.refused),
            estimated: self.estimated.saturating_add(other.estimated),
            tokens: TokenCounts {
                input: self.tokens.input.saturating_add(other.tokens.input),
                cached_input: self.tokens.cached_input.saturating_add(other.tokens.cached_input),
                cache_write: self.tokens.cache_write.saturating_add(other.tokens.cache_write),
                output: self.tokens.output.saturating_add(other.tokens.output),
                reasoning: self.tokens.reasoning.saturating_add(other.tokens.reasoning),
            },
            cost: self.cost.saturating_add(other.cost),
        }
    }
}

fn value(dimension: Dimension, record: &UsageRecord, period: &impl Fn(i64) -> String) -> String {
    match dimension {
        Dimension::Team => record.team.clone(),
        Dimension::CostCentre => record.cost_centre.clone(),
        Dimension::Model => record.model.clone(),
        Dimension::Subscription => record.subscription.clone(),
        Dimension::Key => record.key_id.clone(),
        Dimension::User => record.user.clone(),
        Dimension::Provider => record.provider.clone(),
        Dimension::Period => period(record.time_ms),
    }
}

/// Returns an amount in 10⁻⁹ of a currency as decimal text with at least two places: `1234.50`.
#[must_use]
pub fn decimal(amount: u64) -> String {
    const UNIT: u64 = 1_000_000_000;
    let places = format!("{:09}", amount % UNIT);
    let places = places.trim_end_matches('0');
    format!("{}.{places:0<2}", amount / UNIT)
}

/// Returns a statement as CSV (RFC 4180) with a header line.
#[must_use]
pub fn csv(statement: &Statement) -> String {
    const COLUMNS: &str = "requests,refused,estimated,input_tokens,cached_input_tokens,output_tokens,cost,currency";
    let names = statement.dimensions.iter().map(|dimension| dimension.name());
    let mut out = names.chain([COLUMNS]).collect::<Vec<_>>().join(",");
    out.push_str("\r\n");
    for Row { by, currency, totals } in &statement.rows {
        let Totals { requests, refused, estimated, tokens, cost } = totals;
        let numbers = [*requests, *refused, *estimated, tokens.input, tokens.cached_input, tokens.output];
        let cells = by.iter().map(|text| cell(text)).chain(numbers.iter().map(u64::to_string));
        let cells = cells.chain([decimal(*cost), cell(currency)]);
        out.push_str(&cells.collect::<Vec<_>>().join(","));
        out.push_str("\r\n");
    }
    out
}

/// Quotes a text. One that a spreadsheet would take for a formula gets an apostrophe in front.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
