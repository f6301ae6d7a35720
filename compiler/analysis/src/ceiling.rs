//! The most that can be spent: a tree of minima and sums over grants, subscriptions, teams and the organization.
//!
//! * A grant (team × model, by one subscription) can spend what its own limits allow (`maasc_ir::ceiling`).
//! * A team spends the sum of its grants through a subscription, or what the limits over the whole subscription allow,
//!   if that is less; and the sum of that over its subscriptions and of the teams below it, or what its ceilings allow.
//! * The organization spends the sum of its topmost teams and single users, or what its ceilings allow.
//!
//! Such a tree is exact: each counter holds all that is below it and nothing else. Three things make the answer a bound
//! from above, and it says so: a counter of tokens that is shared by models with different prices; a counter of one
//! subscription that all teams share and that is used up before all of them are; windows that do not divide the period.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::{Measure, Over, Scope};
use maas_schemas::bundle::Price;
use maasc_diagnostics::{Diagnostic, Diagnostics};
use maasc_hir::hir::{self, Hir};
use maasc_ir::Built;
use maasc_ir::ceiling::{Amount, Holder, Period, least, spend, windows};
use maasc_ir::ir::{Gateway, Ir, Limit, Window};

use crate::policy_test::gateway_id;
use crate::rules;
use crate::words::{list, money};

/// How many teams a finding names.
const MOST_TEAMS: usize = 4;

/// The most that can be spent, in 10⁻⁹ of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// `None`: nothing bounds it.
    pub amount: Amount,
    /// The amount can be reached; else it is a bound from above.
    pub is_exact: bool,
}

/// The most that can be spent in a period, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceilings {
    /// All together.
    pub organization: Spend,
    /// Each team with the teams below it, by name.
    pub teams: BTreeMap<String, Spend>,
}

impl Spend {
    /// Nothing can be spent.
    pub const NOTHING: Self = Self { amount: Some(0), is_exact: true };

    fn plus(self, other: Self) -> Self {
        let amount = self.amount.zip(other.amount).map(|(a, b)| a.saturating_add(b));
        Self { amount, is_exact: self.is_exact && other.is_exact }
    }

    /// Returns the lesser; that the greater is only a bound does not matter then.
    fn or_less(self, other: Self) -> Self {
        let is_less = least(self.amount, other.amount) == self.amount && self.amount != other.amount;
        match (is_less, self.amount == other.amount) {
            (true, _) => self,
            (false, true) => Self { is_exact: self.is_exact || other.is_exact, ..self },
            (false, false) => other,
        }
    }
}

/// Returns the most that can be spent in one environment.
#[must_use]
pub fn ceilings(built: &Built, period: Period) -> Ceilings {
    Tree::new(&built.ir, period).ceilings()
}

/// Returns the most that can be spent in several environments together.
///
/// Environments with the same counters count as one: of those the greatest counts, and where they differ it is their
/// sum, as a bound.
#[must_use]
pub fn summed(built: &[&Built], period: Period) -> Ceilings {
    let mut total = Ceilings { organization: Spend::NOTHING, teams: BTreeMap::new() };
    for group in by_counters(built.iter().map(|built| &built.ir.gateway).zip(built.iter().copied())) {
        let parts: Vec<Ceilings> = group.iter().map(|built| ceilings(built, period)).collect();
        let names: Vec<&String> = parts.iter().flat_map(|part| part.teams.keys()).collect();
        total.organization = total.organization.plus(shared(parts.iter().map(|part| part.organization)));
        for name in BTreeSet::from_iter(names) {
            let of_team = shared(parts.iter().filter_map(|part| part.teams.get(name).copied()));
            let team = total.teams.entry(name.clone()).or_insert(Spend::NOTHING);
            *team = team.plus(of_team);
        }
    }
    total
}

/// Returns what environments with the same counters can spend.
fn shared(parts: impl Iterator<Item = Spend>) -> Spend {
    let parts: Vec<Spend> = parts.collect();
    match parts.split_first() {
        None => Spend::NOTHING,
        Some((first, rest)) if rest.iter().all(|part| part == first) => *first,
        Some((first, rest)) => {
            let sum = rest.iter().fold(*first, |sum, part| sum.plus(*part));
            Spend { is_exact: false, ..sum }
        }
    }
}

/// Returns environments by the store that their counters are in; without one, each has its own.
fn by_counters<'a, T>(gateways: impl Iterator<Item = (&'a Gateway, T)>) -> Vec<Vec<T>> {
    let mut groups: Vec<(Option<&'a maas_schemas::bundle::SecretRef>, Vec<T>)> = Vec::new();
    for (gateway, value) in gateways {
        let store = gateway.valkey.as_ref();
        match groups.iter_mut().find(|(known, _)| store.is_some() && *known == store) {
            Some((_, group)) => group.push(value),
            None => groups.push((store, vec![value])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What somebody can spend, and the dearest price of a token that they can spend it on.
#[derive(Clone, Copy, Debug)]
struct Spent {
    spend: Spend,
    dearest: u64,
}

impl Spent {
    const NOTHING: Self = Self { spend: Spend::NOTHING, dearest: 0 };

    fn plus(self, other: Self) -> Self {
        Self { spend: self.spend.plus(other.spend), dearest: self.dearest.max(other.dearest) }
    }
}

/// What one caller can spend through one subscription.
#[derive(Clone, Debug)]
struct Node {
    subscription: u32,
    spent: Spent,
    /// By model, before what all models share.
    leaves: Vec<(u32, Spent)>,
}

/// What all callers together can spend through one subscription, before what they share.
#[derive(Clone, Debug, Default)]
struct Sum {
    /// The subscription's limits that all callers share.
    limits: Vec<u32>,
    by_model: BTreeMap<u32, Vec<Spent>>,
}

/// The sums of one environment.
struct Tree<'a> {
    ir: &'a Ir,
    period: Period,
    /// Models of each column.
    columns: BTreeMap<u32, Vec<u32>>,
    /// Callers of one row and kind spend alike.
    rows: BTreeMap<(u32, Holder), Vec<Node>>,
    /// By subscription.
    sums: BTreeMap<u32, Sum>,
}

impl<'a> Tree<'a> {
    fn new(ir: &'a Ir, period: Period) -> Self {
        let mut columns: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (index, model) in (0..).zip(&ir.models) {
            columns.entry(model.column).or_default().push(index);
        }
        Self { ir, period, columns, rows: BTreeMap::new(), sums: BTreeMap::new() }
    }

    fn ceilings(mut self) -> Ceilings {
        let ir = self.ir;
        let n_principals = u32::try_from(ir.n_principals()).unwrap_or(u32::MAX);
        let mut spent: Vec<Spent> = (0..n_principals).map(|principal| self.own(principal)).collect();
        let mut total = Spent::NOTHING;
        // Teams from the leaves upwards: a team is complete before it is added to its parent.
        let mut order: Vec<u32> = (0..n_principals).collect();
        order.sort_by_key(|principal| std::cmp::Reverse(self.depth(*principal)));
        let mut teams = BTreeMap::new();
        for principal in order {
            let index = principal as usize;
            let all = spent.get(index).copied().unwrap_or(Spent::NOTHING);
            let Some(team) = ir.teams.get(index) else {
                let ceilings = ir.ceilings_of(principal).iter().copied();
                total = total.plus(self.capped(all, ceilings, |limit| limit.scope == Scope::User));
                continue;
            };
            let capped = self.capped(all, team.own_ceilings.iter().copied(), |limit| limit.scope == Scope::Team);
            teams.insert(team.name.clone(), capped.spend);
            match team.parent.and_then(|parent| spent.get_mut(parent as usize)) {
                Some(parent) => *parent = parent.plus(capped),
                None => total = total.plus(capped),
            }
        }
        let organization = self.together(total);
        let ceilings = ir.organization.ceilings.iter().copied();
        let organization = self.capped(organization, ceilings, |limit| limit.scope == Scope::Organization);
        Ceilings { organization: organization.spend, teams }
    }

    fn depth(&self, principal: u32) -> usize {
        let parent = |team: &u32| self.ir.teams.get(*team as usize).and_then(|team| team.parent);
        // Cycles are reported and cut where names are resolved; the bound keeps a wrong table from hanging us.
        std::iter::successors(Some(principal), parent).take(self.ir.teams.len() + 1).count()
    }

    /// Returns what a caller can spend through all subscriptions.
    fn own(&mut self, principal: u32) -> Spent {
        let Some(row) = self.ir.access.row_of.get(principal as usize).copied() else { return Spent::NOTHING };
        let holder = Holder::of(self.ir, principal);
        let nodes = match self.rows.get(&(row, holder)) {
            Some(nodes) => nodes.clone(),
            None => {
                let nodes = self.nodes(row, holder);
                self.rows.insert((row, holder), nodes.clone());
                nodes
            }
        };
        let mut all = Spent::NOTHING;
        for node in nodes {
            all = all.plus(node.spent);
            let sum = self.sums.entry(node.subscription).or_default();
            for (model, leaf) in node.leaves {
                sum.by_model.entry(model).or_default().push(leaf);
            }
        }
        all
    }

    /// Returns what each subscription lets the callers of a row spend.
    fn nodes(&mut self, row: u32, holder: Holder) -> Vec<Node> {
        let ir = self.ir;
        let mut models: BTreeMap<u32, Vec<(u32, &[u32])>> = BTreeMap::new();
        for (column, cell) in ir.access.rows.get(row as usize).into_iter().flatten() {
            let grants = ir.access.cells.get(*cell as usize).into_iter().flatten();
            for grant in grants.filter_map(|grant| ir.access.grants.get(*grant as usize)) {
                if grant.from_ms <= ir.at_ms && ir.at_ms < grant.until_ms {
                    let columns = self.columns.get(column).into_iter().flatten();
                    let found = columns.map(|model| (*model, grant.limits.as_slice()));
                    models.entry(grant.subscription).or_default().extend(found);
                }
            }
        }
        models.into_iter().map(|(subscription, models)| self.node(subscription, &models, holder)).collect()
    }

    fn node(&mut self, subscription: u32, models: &[(u32, &[u32])], holder: Holder) -> Node {
        // What all models of the subscription share bounds the only one like its own limit.
        let is_only = models.len() == 1;
        let mut leaves = Vec::with_capacity(models.len());
        let mut shared = BTreeSet::new();
        for (model, limits) in models {
            let found = || limits.iter().filter_map(|index| Some((*index, self.ir.limits.get(*index as usize)?)));
            let own = found().filter(|(_, limit)| is_only || limit.over == Over::Model).map(|(_, limit)| limit);
            leaves.push((*model, self.leaf(own, *model, holder)));
            shared.extend(found().filter(|(_, limit)| limit.over == Over::Subscription).map(|(index, _)| index));
            let of_all = found().filter(|(_, limit)| limit.scope == Scope::Organization).map(|(index, _)| index);
            let of_all: Vec<u32> = of_all.collect();
            let sum = self.sums.entry(subscription).or_default();
            sum.limits.extend(of_all);
            sum.limits.sort_unstable();
            sum.limits.dedup();
        }
        let mut spent = leaves.iter().fold(Spent::NOTHING, |sum, (_, leaf)| sum.plus(*leaf));
        if !is_only && !shared.is_empty() {
            spent = self.capped(spent, shared.into_iter(), |limit| holder.is_bound_by(limit.scope));
            // A bound that one model reaches alone is exact.
            spent.spend.is_exact |= models.iter().any(|(model, limits)| {
                let limits = limits.iter().filter_map(|index| self.ir.limits.get(*index as usize));
                let alone = self.leaf(limits, *model, holder).spend;
                alone.is_exact && alone.amount == spent.spend.amount
            });
        }
        Node { subscription, spent, leaves }
    }

    fn leaf<'l>(&self, limits: impl Iterator<Item = &'l Limit>, model: u32, holder: Holder) -> Spent {
        let limits: Vec<&Limit> = limits.collect();
        let prices = self.ir.models.get(model as usize).and_then(|model| self.ir.prices.get(model.price? as usize));
        let price = prices.and_then(|prices| prices.at(self.ir.at_ms));
        let amount = spend(limits.iter().copied(), holder, price, self.period);
        let is_money = |limit: &&&Limit| matches!(limit.measure, Measure::Cost | Measure::Tokens);
        let is_exact = limits.iter().filter(is_money).all(|limit| divides(limit.window, self.period));
        Spent { spend: Spend { amount, is_exact }, dearest: price.map_or(0, dearest) }
    }

    /// Returns what is left of an amount under limits that all of it counts in.
    fn capped(&self, spent: Spent, limits: impl Iterator<Item = u32>, counts: impl Fn(&Limit) -> bool) -> Spent {
        let limits = limits.filter_map(|index| self.ir.limits.get(index as usize)).filter(|limit| counts(limit));
        limits.fold(spent, |spent, limit| self.under(spent, limit))
    }

    fn under(&self, spent: Spent, limit: &Limit) -> Spent {
        let Some(amount) = maasc_ir::ceiling::amount_in(limit, self.period) else { return spent };
        let bound = match limit.measure {
            Measure::Cost => Spend { amount: Some(amount), is_exact: divides(limit.window, self.period) },
            Measure::Tokens => {
                let cost = amount.saturating_mul(u128::from(spent.dearest)).div_ceil(1_000_000);
                Spend { amount: Some(cost), is_exact: false }
            }
            Measure::Requests | Measure::Concurrency => return spent,
        };
        Spent { spend: spent.spend.or_less(bound), ..spent }
    }

    /// Returns the total where subscriptions have counters that all their callers share.
    fn together(&self, total: Spent) -> Spent {
        if self.sums.values().all(|sum| sum.limits.is_empty()) {
            return total;
        }
        let mut other = Spent::NOTHING;
        let mut is_bound = false;
        for sum in self.sums.values() {
            let limits = |over: Over| {
                let limits = sum.limits.iter().copied();
                limits.filter(move |index| self.ir.limits.get(*index as usize).is_some_and(|limit| limit.over == over))
            };
            let mut of_subscription = Spent::NOTHING;
            for leaves in sum.by_model.values() {
                let all = leaves.iter().fold(Spent::NOTHING, |sum, leaf| sum.plus(*leaf));
                let capped = self.capped(all, limits(Over::Model), |_| true);
                is_bound |= capped.spend.amount != all.spend.amount;
                of_subscription = of_subscription.plus(capped);
            }
            let capped = self.capped(of_subscription, limits(Over::Subscription), |_| true);
            is_bound |= capped.spend.amount != of_subscription.spend.amount;
            other = other.plus(capped);
        }
        if !is_bound {
            return total;
        }
        let amount = least(total.spend.amount, other.spend.amount);
        Spent { spend: Spend { amount, is_exact: false }, ..total }
    }
}

fn dearest(price: &Price) -> u64 {
    price.input.max(price.cached_input).max(price.output)
}

/// Says whether windows fill a period without a rest, or the period a window.
fn divides(window: Window, period: Period) -> bool {
    let seconds = period.seconds();
    match window {
        Window::Fixed(length) => length > 0 && (seconds.is_multiple_of(length) || length.is_multiple_of(seconds)),
        Window::Week => period != Period::Month,
        Window::None | Window::Day | Window::Month => windows(window, period).is_some(),
    }
}

/// Whose a ceiling is (the organization's: nobody's), and its line.
type Ceiling<'a> = (Option<&'a str>, &'a hir::Limit);

/// Says where ceilings of money count in several environments for themselves; once for all that do so alike.
pub(crate) fn check(hir: &Hir, built: &[Built], acc: &mut Diagnostics) {
    let granted: Vec<BTreeSet<&str>> = built.iter().map(|built| granted(&built.ir)).collect();
    let of_organization = hir.organization.limits.iter().map(|limit| (&hir.organization.header, None, limit));
    let of_teams = hir.teams.iter().flat_map(|team| {
        let name = team.header.name.value.as_str();
        team.limits.iter().map(move |limit| (&team.header, Some(name), limit))
    });
    let mut alike: Vec<(Vec<Vec<String>>, Vec<Ceiling<'_>>)> = Vec::new();
    for (header, team, limit) in of_organization.chain(of_teams) {
        let is_shared = matches!(limit.scope.value, Scope::Team | Scope::Organization);
        if limit.measure.value != Measure::Cost || !is_shared {
            continue;
        }
        let counts = built.iter().zip(&granted).filter(|(built, granted)| {
            let is_here = gateway_id(hir, &built.ir.gateway.name).is_some_and(|gateway| header.is_for(gateway));
            is_here && team.map_or(!granted.is_empty(), |team| granted.contains(team))
        });
        let gateways = counts.map(|(built, _)| (&built.ir.gateway, format!("`{}`", built.ir.gateway.name)));
        let groups = by_counters(gateways);
        if groups.len() < 2 {
            continue;
        }
        match alike.iter_mut().find(|(known, _)| *known == groups) {
            Some((_, ceilings)) => ceilings.push((team, limit)),
            None => alike.push((groups, vec![(team, limit)])),
        }
    }
    for (groups, ceilings) in alike {
        summed_finding(hir, &groups, &ceilings).into_iter().for_each(|finding| acc.push(finding));
    }
}

/// Returns the teams that have a grant, or a team below them has.
fn granted(ir: &Ir) -> BTreeSet<&str> {
    let mut granted = BTreeSet::new();
    for (principal, row) in (0..).zip(&ir.access.row_of) {
        if ir.access.rows.get(*row as usize).is_none_or(Vec::is_empty) {
            continue;
        }
        let mut next = Some(principal);
        while let Some(team) = next.and_then(|team| ir.teams.get(team as usize)) {
            // A team that is known already has its parents there too.
            next = if granted.insert(team.name.as_str()) { team.parent } else { None };
        }
        if principal as usize >= ir.teams.len() {
            granted.insert("");
        }
    }
    granted
}

fn summed_finding(hir: &Hir, groups: &[Vec<String>], ceilings: &[Ceiling<'_>]) -> Option<Diagnostic> {
    let (_, first) = ceilings.first()?;
    let currency = &hir.organization.currency;
    let count = u64::try_from(groups.len()).unwrap_or(u64::MAX);
    let together = money(first.amount.value.saturating_mul(count), currency);
    let names: Vec<String> = groups.iter().map(|group| group.join(" + ")).collect();
    let message = format!("this ceiling counts {count} times, so that {together} can be spent");
    let mut finding = Diagnostic::new(&rules::ceilings_summed::RULE, first.span, message)
        .note(format!("each of {} counts for itself", list(&names)))
        .help("give them the same `stores.counters`, or make each ceiling a share of the whole");
    let mut teams: Vec<String> =
        ceilings.iter().skip(1).filter_map(|(team, _)| *team).map(|team| format!("`{team}`")).collect();
    teams.dedup();
    if !teams.is_empty() {
        let n_more = teams.len().saturating_sub(MOST_TEAMS);
        teams.truncate(MOST_TEAMS);
        if n_more > 0 {
            teams.push(format!("{n_more} more"));
        }
        finding = finding.note(format!("so do the ceilings of {}", list(&teams)));
    }
    Some(finding)
}

#[cfg(test)]
mod tests;
