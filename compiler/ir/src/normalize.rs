//! Limits in canonical form: one line per counter, the tightest; counters named by what they count.
//!
//! # Counter keys
//!
//! The key of a limit is the first 8 bytes, little-endian, of the SHA-256 of these texts, each preceded by its length
//! in bytes as a little-endian u32: kind of the owner (`Subscription`, `Team`, `Organization`), its name, measure,
//! count, scope, over, kind of window (the names that policies write, `none` and `fixed`), seconds of the window in
//! decimal (`0` unless fixed). Amount, place, order, quota and model are not in it, so that edits of these keep the
//! counter.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Measure, Over, Scope};
use maasc_diagnostics::Span;
use maasc_hir::hir;
use maasc_hir::units;
use sha2::{Digest, Sha256};

use crate::ir::{Limit, OwnerKind, RuleId, Window};

/// What makes two lines speak of one counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tuple {
    /// What is counted.
    pub measure: Measure,
    /// Which tokens.
    pub count: Count,
    /// Whose counter it is.
    pub scope: Scope,
    /// What is added up in it.
    pub over: Over,
    /// In which window.
    pub window: Window,
}

impl Tuple {
    /// Returns the counter of a line.
    #[must_use]
    pub fn of(limit: &hir::Limit) -> Self {
        Self {
            measure: limit.measure.value,
            count: limit.count,
            scope: limit.scope.value,
            over: limit.over,
            window: window(limit.window.value),
        }
    }
}

/// Where a line of limits stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// In the subscription itself.
    Subscription(u32),
    /// In its `perModel`, for this model.
    PerModel(u32, u32),
    /// In a quota.
    Quota(u32),
    /// In a team.
    Team(u32),
    /// In the organization.
    Organization,
}

/// A line of limits by its content, so that its number does not depend on where in its list it stands.
pub(crate) type LineId = (Origin, Tuple, u64);

/// A line with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) tuple: Tuple,
    pub(crate) amount: u64,
    pub(crate) origin: Origin,
    pub(crate) span: Span,
    /// `Kind/name`.
    pub(crate) document: &'a str,
}

impl Line<'_> {
    pub(crate) fn id(&self) -> LineId {
        (self.origin, self.tuple, self.amount)
    }
}

/// Returns the lines of a list.
pub(crate) fn lines<'a>(
    limits: &'a [hir::Limit],
    origin: Origin,
    document: &'a str,
) -> impl Iterator<Item = Line<'a>> + 'a {
    limits.iter().map(move |limit| Line {
        tuple: Tuple::of(limit),
        amount: limit.amount.value,
        origin,
        span: limit.span,
        document,
    })
}

/// Returns one line per counter: the tightest, of equal ones the first by origin and place.
pub(crate) fn tightest<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> BTreeMap<Tuple, Line<'a>> {
    let mut kept: BTreeMap<Tuple, Line<'a>> = BTreeMap::new();
    let order = |line: &Line<'_>| (line.amount, line.origin, line.span);
    for line in lines {
        let place = kept.entry(line.tuple).or_insert(line);
        if order(&line) < order(place) {
            *place = line;
        }
    }
    kept
}

/// Returns the stable name of a counter.
#[must_use]
pub fn limit_key(owner_kind: OwnerKind, owner: &str, tuple: &Tuple) -> u64 {
    let (kind, seconds) = tuple.window.parts();
    let mut hash = Sha256::new();
    for text in [
        owner_kind.name(),
        owner,
        tuple.measure.name(),
        tuple.count.name(),
        tuple.scope.name(),
        tuple.over.name(),
        kind.name(),
        &seconds.to_string(),
    ] {
        hash.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        hash.update(text.as_bytes());
    }
    let digest = hash.finalize();
    digest.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Returns pairs of limits with one key for two counters. With 64 bits there is none in practice; a build that meets
/// one must fail, since two counters would be one.
#[must_use]
pub fn key_collisions(limits: &[Limit]) -> Vec<(&Limit, &Limit)> {
    let mut seen: BTreeMap<u64, &Limit> = BTreeMap::new();
    let mut collisions = Vec::new();
    for limit in limits {
        let first = *seen.entry(limit.key).or_insert(limit);
        if counter(first) != counter(limit) {
            collisions.push((first, limit));
        }
    }
    collisions
}

fn counter(limit: &Limit) -> (OwnerKind, &str, Tuple) {
    let tuple = Tuple {
        measure: limit.measure,
        count: limit.count,
        scope: limit.scope,
        over: limit.over,
        window: limit.window,
    };
    (limit.owner_kind, &limit.owner, tuple)
}

/// Returns a window as the decision table has it.
#[must_use]
pub const fn window(window: units::Window) -> Window {
    match window {
        units::Window::None => Window::None,
        units::Window::Fixed(seconds) => Window::Fixed(seconds),
        units::Window::Day => Window::Day,
        units::Window::Week => Window::Week,
        units::Window::Month => Window::Month,
    }
}

/// Collects limits; equal ones get one number.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    numbers: BTreeMap<Limit, u32>,
}

/// All limits in canonical order.
#[derive(Debug)]
pub(crate) struct Sorted {
    pub(crate) limits: Vec<Limit>,
    pub(crate) names: Vec<String>,
    /// New number by old.
    pub(crate) renumbered: Vec<u32>,
}

impl Limits {
    /// Returns the number of a limit, valid until [`Limits::sort`].
    pub(crate) fn add(&mut self, owner: (OwnerKind, &str), line: &Line<'_>, shorten: bool, rule: RuleId) -> u32 {
        let Tuple { measure, count, scope, over, window } = line.tuple;
        let limit = Limit {
            owner_kind: owner.0,
            owner: owner.1.to_owned(),
            measure,
            count,
            scope,
            over,
            window,
            amount: line.amount,
            shorten,
            key: limit_key(owner.0, owner.1, &line.tuple),
            name: 0,
            rule,
        };
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(limit).or_insert(next)
    }

    /// Names the limits and numbers them in their order.
    pub(crate) fn sort(self, currency: &str) -> Sorted {
        let texts: Vec<String> = self.numbers.keys().map(|limit| limit_name(limit, currency)).collect();
        let mut names = texts.clone();
        names.sort_unstable();
        names.dedup();
        let mut named: Vec<(Limit, u32)> = self.numbers.into_iter().collect();
        for ((limit, _), text) in named.iter_mut().zip(&texts) {
            limit.name = u32::try_from(names.binary_search(text).unwrap_or(0)).unwrap_or(u32::MAX);
        }
        named.sort_unstable();
        let mut renumbered: Vec<(u32, u32)> = named.iter().zip(0..).map(|((_, old), new)| (*old, new)).collect();
        renumbered.sort_unstable();
        Sorted {
            limits: named.into_iter().map(|(limit, _)| limit).collect(),
            names,
            renumbered: renumbered.into_iter().map(|(_, new)| new).collect(),
        }
    }
}

/// Returns the name of a limit for messages: `Subscription/blue: 250000 tokens per 1h for each team and model`.
#[must_use]
pub fn limit_name(limit: &Limit, currency: &str) -> String {
    let amount = match limit.measure {
        Measure::Cost => format!("{} {currency}", money(limit.amount)),
        Measure::Tokens if matches!(limit.count, Count::Input | Count::Output) => {
            format!("{} {} tokens", limit.amount, limit.count)
        }
        Measure::Tokens => format!("{} tokens", limit.amount),
        Measure::Requests | Measure::Concurrency => format!("{} requests", limit.amount),
    };
    let per = match limit.window {
        Window::None => " at the same time".to_owned(),
        window => format!(" per {}", window_name(window)),
    };
    let scope = match limit.scope {
        Scope::Key => " for each key",
        Scope::User => " for each user",
        Scope::Team if limit.owner_kind == OwnerKind::Team => " for the team and all below it",
        Scope::Team => " for each team",
        Scope::Organization => " for all callers together",
    };
    let over = match (limit.over, limit.scope) {
        (Over::Model, Scope::Organization) => ", for each model",
        (Over::Model, _) => " and model",
        (Over::Subscription, _) => ", all models together",
        (Over::Everything, _) => "",
    };
    format!("{}/{}: {amount}{per}{scope}{over}", limit.owner_kind.name(), limit.owner)
}

/// Returns a window as policies write it: `1h`, `month`; empty for none.
#[must_use]
pub fn window_name(window: Window) -> String {
    let seconds = match window {
        Window::None => return String::new(),
        Window::Day => return "day".to_owned(),
        Window::Week => return "week".to_owned(),
        Window::Month => return "month".to_owned(),
        Window::Fixed(seconds) => seconds,
    };
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units.into_iter().find(|(length, _)| seconds != 0 && seconds % length == 0);
    unit.map_or_else(|| format!("{seconds}s"), |(length, unit)| format!("{}{unit}", seconds / length))
}

/// Returns an amount of money, given in 10⁻⁹ of the currency, as a decimal without needless zeros.
#[must_use]
pub fn money(amount: u64) -> String {
    let (whole, fraction) = (amount / 1_000_000_000, amount % 1_000_000_000);
    if fraction == 0 {
        return whole.to_string();
    }
    format!("{whole}.{fraction:09}").trim_end_matches('0').to_owned()
}
