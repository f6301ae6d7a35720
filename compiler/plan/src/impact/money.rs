//! The most that can be spent in a month: a tree of sums and minima over models, subscriptions, teams and the organization.
//!
//! A grant is bounded as `ir::ceiling` says. The grants of a subscription add up, and no more than its limits over all
//! models; the subscriptions of a team add up with its child teams, and no more than its ceilings; the top teams and
//! single users add up, and no more than the organization's ceilings. Where counters cross that tree (tokens over models of
//! several prices, counters that teams of different parents share, windows that do not divide a month) the number is a
//! bound from above, and says so.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::{Count, Measure, Over, Scope};
use maas_schemas::bundle::Price;
use maas_schemas::plan::{Money, TeamMoney};
use maasc_ir::ceiling::{Amount, Holder, Period, amount_in, least, spend};
use maasc_ir::ir::{Grant, Ir, Limit, Window};

#[cfg(test)]
mod tests;

const MONTH_S: u32 = 31 * 86_400;

/// What one decision table lets people spend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spend {
    /// All together.
    pub(crate) total: Amount,
    pub(crate) exact: bool,
    /// By name of the team or user.
    pub(crate) callers: BTreeMap<String, Amount>,
}

/// Returns what a decision table lets people spend in a month.
pub(crate) fn month(ir: &Ir) -> Spend {
    Sums::new(ir).month()
}

/// Compares two sides; one that is not there spends nothing.
pub(crate) fn compare(gateway: &str, before: Option<&Ir>, after: Option<&Ir>) -> (Money, Option<i128>) {
    let nothing = || Spend { total: Some(0), exact: true, callers: BTreeMap::new() };
    let [from, to] = [before, after].map(|ir| ir.map_or_else(nothing, month));
    let names: BTreeSet<&String> = from.callers.keys().chain(to.callers.keys()).collect();
    let mut teams: Vec<(u128, TeamMoney)> = Vec::new();
    for name in names {
        let of = |spend: &Spend| spend.callers.get(name).copied().unwrap_or(Some(0));
        let (before, after) = (of(&from), of(&to));
        if before != after {
            let size = before.zip(after).map_or(u128::MAX, |(before, after)| before.abs_diff(after));
            teams.push((size, TeamMoney { team: name.clone(), before: text(before), after: text(after) }));
        }
    }
    teams.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.team.cmp(&y.team)));
    let difference = match (from.total, to.total) {
        (Some(before), Some(after)) => Some(signed(after).saturating_sub(signed(before))),
        (None, None) => Some(0),
        (None, Some(_)) | (Some(_), None) => None,
    };
    let money = Money {
        gateway: gateway.to_owned(),
        currency: after.or(before).map_or_else(String::new, |ir| ir.organization.currency.clone()),
        before: text(from.total),
        after: text(to.total),
        difference: difference.map_or_else(String::new, with_sign),
        exact: from.exact && to.exact,
        teams: teams.into_iter().map(|(_, team)| team).collect(),
    };
    let increase = if from.total.is_some() && to.total.is_none() { None } else { Some(difference.unwrap_or(0)) };
    (money, increase)
}

/// Returns money as decimal text with two to nine places; empty without bound.
pub(crate) fn text(amount: Amount) -> String {
    let Some(amount) = amount else { return String::new() };
    const UNIT: u128 = 1_000_000_000;
    let places = format!("{:09}", amount % UNIT);
    format!("{}.{:0<2}", amount / UNIT, places.trim_end_matches('0'))
}

/// Returns a difference with its sign.
pub(crate) fn with_sign(difference: i128) -> String {
    let sign = match difference.signum() {
        -1 => "-",
        0 => "",
        _ => "+",
    };
    format!("{sign}{}", text(Some(difference.unsigned_abs())))
}

fn signed(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

struct Sums<'a> {
    ir: &'a Ir,
    exact: bool,
    /// Models of each column.
    models_of: BTreeMap<u32, Vec<u32>>,
    /// What the grants of a row may spend, and the dearest price of a token in it.
    rows: BTreeMap<(u32, Holder), (Amount, u64)>,
}

impl<'a> Sums<'a> {
    fn new(ir: &'a Ir) -> Self {
        let mut models_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (number, model) in (0..).zip(&ir.models) {
            models_of.entry(model.column).or_default().push(number);
        }
        Self { ir, exact: true, models_of, rows: BTreeMap::new() }
    }

    fn month(mut self) -> Spend {
        let ir = self.ir;
        let mut callers = BTreeMap::new();
        let n_teams = ir.teams.len();
        let mut children: BTreeMap<Option<u32>, Vec<u32>> = BTreeMap::new();
        for (number, team) in (0..).zip(&ir.teams) {
            children.entry(team.parent).or_default().push(number);
        }
        // Children before parents; a team that no walk from the top reaches would be a cycle, which has no top.
        let mut order: Vec<u32> = children.get(&None).cloned().unwrap_or_default();
        let mut next = 0;
        while let Some(team) = order.get(next).copied() {
            order.extend(children.get(&Some(team)).into_iter().flatten());
            next = next.saturating_add(1);
        }
        let mut below: BTreeMap<u32, (Amount, u64)> = BTreeMap::new();
        let mut top = (Some(0), 0);
        for team in order.into_iter().rev() {
            let (own, dearest) = self.row(team);
            let (inside, dearest_inside) = below.get(&team).copied().unwrap_or((Some(0), 0));
            let dearest = dearest.max(dearest_inside);
            let Some(found) = ir.teams.get(team as usize) else { continue };
            let bound = self.ceilings(&found.own_ceilings, dearest);
            let amount = least(plus(own, inside), bound);
            callers.insert(found.name.clone(), amount);
            let sum = match found.parent {
                Some(parent) => below.entry(parent).or_insert((Some(0), 0)),
                None => &mut top,
            };
            *sum = (plus(sum.0, amount), sum.1.max(dearest));
        }
        for (principal, user) in (n_teams..).zip(&ir.users) {
            let (own, dearest) = self.row(u32::try_from(principal).unwrap_or(u32::MAX));
            callers.insert(user.name.clone(), own);
            top = (plus(top.0, own), top.1.max(dearest));
        }
        let total = least(top.0, self.ceilings(&ir.organization.ceilings, top.1));
        Spend { total, exact: self.exact, callers }
    }

    /// Returns the bound of ceilings that one counter holds for everybody below.
    fn ceilings(&mut self, ceilings: &[u32], dearest: u64) -> Amount {
        let mut bound = None;
        for limit in ceilings.iter().filter_map(|limit| self.ir.limits.get(*limit as usize)) {
            if !matches!(limit.scope, Scope::Team | Scope::Organization) {
                continue;
            }
            bound = least(bound, self.shared(limit, dearest));
        }
        bound
    }

    /// Returns the money behind one counter that adds up several models.
    fn shared(&mut self, limit: &Limit, dearest: u64) -> Amount {
        self.note_window(limit);
        match limit.measure {
            Measure::Cost => amount_in(limit, Period::Month),
            Measure::Tokens => {
                self.exact = false;
                let tokens = amount_in(limit, Period::Month)?;
                // A bound on input or output alone leaves the other free.
                let counts_all = matches!(limit.count, Count::Total | Count::None);
                counts_all.then(|| tokens.saturating_mul(u128::from(dearest)).div_ceil(1_000_000))
            }
            Measure::Requests | Measure::Concurrency => None,
        }
    }

    fn note_window(&mut self, limit: &Limit) {
        let divides = match limit.window {
            Window::Fixed(seconds) => seconds != 0 && MONTH_S.is_multiple_of(seconds),
            Window::Week => false,
            Window::None | Window::Day | Window::Month => true,
        };
        self.exact &= divides || matches!(limit.measure, Measure::Requests | Measure::Concurrency);
    }

    fn row(&mut self, principal: u32) -> (Amount, u64) {
        let Some(row) = self.ir.access.row_of.get(principal as usize).copied() else { return (Some(0), 0) };
        let holder = Holder::of(self.ir, principal);
        if let Some(known) = self.rows.get(&(row, holder)) {
            return *known;
        }
        let mut by_subscription: BTreeMap<u32, Vec<(&'a Grant, u32)>> = BTreeMap::new();
        for (column, cell) in self.ir.access.rows.get(row as usize).into_iter().flatten() {
            let models = self.models_of.get(column).map_or(&[][..], Vec::as_slice);
            let grants = self.ir.access.cells.get(*cell as usize).into_iter().flatten();
            for grant in grants.filter_map(|grant| self.ir.access.grants.get(*grant as usize)) {
                if grant.from_ms <= self.ir.at_ms && self.ir.at_ms < grant.until_ms && grant.endpoints != 0 {
                    let grants = by_subscription.entry(grant.subscription).or_default();
                    grants.extend(models.iter().map(|model| (grant, *model)));
                }
            }
        }
        let mut sum = (Some(0), 0);
        for (subscription, grants) in by_subscription {
            let (amount, dearest) = self.subscription(subscription, &grants, holder);
            sum = (plus(sum.0, amount), sum.1.max(dearest));
        }
        self.rows.insert((row, holder), sum);
        sum
    }

    fn subscription(&mut self, subscription: u32, grants: &[(&'a Grant, u32)], holder: Holder) -> (Amount, u64) {
        let ir = self.ir;
        let shares = ir.subscriptions.get(subscription as usize).is_some_and(|found| found.principals.len() > 1);
        let mut sum = Some(0);
        let mut dearest = 0;
        let mut shared: BTreeSet<u32> = BTreeSet::new();
        for (grant, model) in grants {
            let limits = || grant.limits.iter().filter_map(|number| Some((*number, ir.limits.get(*number as usize)?)));
            let price = price(ir, *model);
            dearest = dearest.max(price.map_or(0, |price| price.input.max(price.cached_input).max(price.output)));
            for (number, limit) in limits() {
                self.note_window(limit);
                let crosses = limit.scope == Scope::Organization && shares && is_money_or_tokens(limit);
                self.exact &= !crosses;
                if limit.over != Over::Model && holder.is_bound_by(limit.scope) {
                    shared.insert(number);
                }
            }
            let single = limits().map(|(_, limit)| limit).filter(|limit| limit.over == Over::Model);
            sum = plus(sum, spend(single, holder, price, Period::Month));
        }
        let mut bound = None;
        for limit in shared.iter().filter_map(|number| ir.limits.get(*number as usize)) {
            bound = match grants {
                // With one model nothing is shared: the exact arithmetic of a grant applies.
                [(grant, model)] => {
                    let limits = grant.limits.iter().filter_map(|number| ir.limits.get(*number as usize));
                    spend(limits, holder, price(ir, *model), Period::Month)
                }
                _ => least(bound, self.shared(limit, dearest)),
            };
        }
        (least(sum, bound), dearest)
    }
}

fn is_money_or_tokens(limit: &Limit) -> bool {
    matches!(limit.measure, Measure::Cost | Measure::Tokens)
}

fn price(ir: &Ir, model: u32) -> Option<&Price> {
    let list = ir.models.get(model as usize)?.price?;
    ir.prices.get(list as usize)?.at(ir.at_ms)
}

fn plus(a: Amount, b: Amount) -> Amount {
    Some(a?.saturating_add(b?))
}
