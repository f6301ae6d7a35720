//! Yesterday's traffic under today's proposal: who would have been refused, and what it would have cost.

use std::collections::BTreeMap;

use maas_quota::cost::{Priced, cost};
use maas_quota::limit::{Caller, CounterId, counter_id};
use maas_quota::settle::{Truth, charge};
use maas_quota::window::{Period, Zone, window};
use maas_schemas::abi::{Measure, Reason};
use maas_schemas::bundle::Price;
use maas_schemas::decision::{Decision, Limit, Request};
use maas_schemas::provenance::Source;
use maas_schemas::replay::{FORMAT, ReplayRefusal, ReplayReport, ReplayTeam};
use maas_schemas::usage::UsageRecord;
use maasc_diagnostics::SourceMap;
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;

use crate::words::{source, time};

/// Longest window that is "too fast" and not "used up".
const SHORT_WINDOW_MS: i64 = 120_000;

/// Asks the policy of `at` about recorded requests, in the order of their time.
///
/// Access is that of `at`; counters run by the times of the records. What a request used stands in its record, so a
/// request is refused here when that does not fit; the gateway reserves an upper bound and may refuse a little sooner.
#[must_use]
pub fn replay(built: &[&Built], sources: &SourceMap, records: &[UsageRecord], at: Time) -> ReplayReport {
    let mut order: Vec<&UsageRecord> = records.iter().collect();
    order.sort_by(|a, b| (a.time_ms, &a.request_id).cmp(&(b.time_ms, &b.request_id)));
    let edge = |record: Option<&&UsageRecord>| record.map(|record| time(record.time_ms)).unwrap_or_default();
    let currency = built.first().map(|built| built.ir.organization.currency.clone());
    let mut report = ReplayReport {
        format: FORMAT.to_owned(),
        at: time(at.0),
        from: edge(order.first()),
        until: edge(order.last()),
        currency: currency.unwrap_or_default(),
        ..ReplayReport::default()
    };
    let mut scenes: BTreeMap<&str, Scene<'_>> =
        built.iter().map(|built| (built.ir.gateway.name.as_str(), Scene::new(built, sources, at))).collect();
    let mut totals = Totals::default();
    for record in order {
        let Some(scene) = scenes.get_mut(record.gateway.as_str()) else {
            report.n_elsewhere += 1;
            continue;
        };
        let answer = scene.ask(record);
        totals.add(&mut report, record, answer);
    }
    report.teams = totals.teams.into_values().collect();
    report.refusals = totals.refusals.into_values().collect();
    // Stable: equal counts stay in the order of environment, team, model.
    report.refusals.sort_by_key(|refusal| std::cmp::Reverse(refusal.n_requests));
    report
}

/// The answer to one record.
struct Answer {
    reason: Reason,
    limit: String,
    source: Option<Source>,
    cost: u64,
}

/// One environment and its counters.
struct Scene<'a> {
    built: &'a Built,
    sources: &'a SourceMap,
    reference: Reference<'a>,
    zone: Zone,
    at: Time,
    /// Who asks for what, and the answer.
    decisions: BTreeMap<Asked, Decision>,
    /// Start of the window, and what was charged in it.
    used: BTreeMap<CounterId, (i64, u64)>,
    /// When requests that are still running end.
    running: BTreeMap<CounterId, Vec<i64>>,
}

/// What a decision depends on, of a record: user, team, subscription that it must be, model, endpoint.
type Asked = (String, String, String, String, u16);

impl<'a> Scene<'a> {
    fn new(built: &'a Built, sources: &'a SourceMap, at: Time) -> Self {
        Self {
            built,
            sources,
            reference: Reference::new(&built.ir),
            zone: Zone::named(&built.ir.organization.time_zone).unwrap_or(Zone::UTC),
            at,
            decisions: BTreeMap::new(),
            used: BTreeMap::new(),
            running: BTreeMap::new(),
        }
    }

    fn ask(&mut self, record: &UsageRecord) -> Answer {
        let decision = self.decide(record);
        let place = |rule: u32| Some(source(self.built, self.sources, rule));
        if !decision.is_allowed() {
            let source = decision.rule.and_then(place);
            return Answer { reason: decision.reason, limit: String::new(), source, cost: 0 };
        }
        let price = self.price(&decision);
        let tokens = priced(record);
        let truth = Truth { tokens, requests: 1 };
        let ir = &self.built.ir;
        let model = decision.model.and_then(|index| ir.models.get(index as usize));
        let subscription = decision.subscription.and_then(|index| ir.subscriptions.get(index as usize));
        let (user, account) = identity(record);
        let caller = Caller {
            key: Some(record.key_id.as_str()).filter(|key| !key.is_empty()),
            user,
            service_account: account,
            team: decision.team.map_or("", |team| ir.principal_name(team)),
            organization: &ir.organization.name,
            subscription: subscription.map_or("", |subscription| &subscription.name),
            model: model.map_or("", |model| &model.name),
        };
        let mut charges = Vec::with_capacity(decision.limits.len());
        for limit in &decision.limits {
            let owner = limit.owner.map(|owner| ir.principal_name(owner));
            let counter = counter_id(limit, &caller, owner);
            let demand = charge(limit, &truth, price.as_ref());
            let Some(reason) = self.refusal(limit, &counter, demand, record) else {
                charges.push((limit, counter, demand));
                continue;
            };
            let limit_name = ir.names.get(limit.name as usize).cloned().unwrap_or_default();
            return Answer { reason, limit: limit_name, source: place(limit.rule), cost: 0 };
        }
        for (limit, counter, demand) in charges {
            if limit.measure == Measure::Concurrency {
                let end = record.time_ms.saturating_add(i64::try_from(record.latency_ms).unwrap_or(i64::MAX));
                self.running.entry(counter).or_default().push(end);
            } else if let Some((_, used)) = self.used.get_mut(&counter) {
                *used = used.saturating_add(demand);
            }
        }
        Answer {
            reason: Reason::Allow,
            limit: String::new(),
            source: None,
            cost: price.map_or(0, |price| cost(tokens, &price)),
        }
    }

    fn decide(&mut self, record: &UsageRecord) -> Decision {
        let bound_to = if record.key_id.is_empty() { "" } else { record.subscription.as_str() };
        let endpoint = record.endpoint.map_or(0, maas_schemas::abi::Endpoint::code);
        let asked = (record.user.clone(), record.team.clone(), bound_to.to_owned(), record.model.clone(), endpoint);
        if let Some(known) = self.decisions.get(&asked) {
            return known.clone();
        }
        let (user, account) = identity(record);
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let decision = self.reference.decide(&Request {
            endpoint: record.endpoint,
            now_ms: self.at.0,
            model: text(&record.model),
            subscription: text(bound_to),
            teams: text(&record.team).into_iter().collect(),
            user: user.map(ToOwned::to_owned),
            groups: Vec::new(),
            service_account: account.map(ToOwned::to_owned),
        });
        self.decisions.insert(asked, decision.clone());
        decision
    }

    fn price(&self, decision: &Decision) -> Option<Price> {
        let list = self.built.ir.prices.get(decision.price? as usize)?;
        let in_force = list.entries.iter().rev().find(|price| price.from_ms <= self.at.0);
        in_force.or(list.entries.first()).copied()
    }

    /// Returns why a limit refuses; opens its window where it has none yet.
    fn refusal(&mut self, limit: &Limit, counter: &CounterId, demand: u64, record: &UsageRecord) -> Option<Reason> {
        if limit.measure == Measure::Concurrency {
            let running = self.running.entry(counter.clone()).or_default();
            running.retain(|end| *end > record.time_ms);
            let n_running = u64::try_from(running.len()).unwrap_or(u64::MAX);
            return (n_running >= limit.amount).then_some(Reason::ConcurrencyLimited);
        }
        let window = window(Period::of(limit)?, &self.zone, record.time_ms);
        let (start, used) = self.used.entry(counter.clone()).or_insert((window.start_ms, 0));
        if *start != window.start_ms {
            (*start, *used) = (window.start_ms, 0);
        }
        if demand > limit.amount {
            return Some(Reason::RequestTooLarge);
        }
        // A request that is known to have used nothing still needs room: an empty counter refuses.
        let is_full = used.saturating_add(demand.max(1)) > limit.amount;
        let is_short = window.end_ms.saturating_sub(window.start_ms) <= SHORT_WINDOW_MS;
        is_full.then_some(if is_short { Reason::RateLimited } else { Reason::QuotaExhausted })
    }
}

/// Returns the user, or the service account: only users have a provider before their name.
fn identity(record: &UsageRecord) -> (Option<&str>, Option<&str>) {
    match record.user.as_str() {
        "" => (None, None),
        user if user.contains(':') => (Some(user), None),
        account => (None, Some(account)),
    }
}

fn priced(record: &UsageRecord) -> Priced {
    let tokens = record.tokens;
    Priced { input: tokens.input, cached_input: tokens.cached_input, output: tokens.output }
}

/// Says whether policy or limits refused a request, as opposed to a provider that failed or a client that left.
const fn is_refusal(reason: Reason) -> bool {
    reason.code() != Reason::Allow.code() && reason.code() < Reason::RequestTooLarge.code()
        || matches!(
            reason,
            Reason::RequestTooLarge
                | Reason::RateLimited
                | Reason::QuotaExhausted
                | Reason::ConcurrencyLimited
                | Reason::StoreUnavailable
                | Reason::PolicyUnavailable
        )
}

/// Sums by what the report groups by.
#[derive(Default)]
struct Totals {
    teams: BTreeMap<String, ReplayTeam>,
    refusals: BTreeMap<[String; 5], ReplayRefusal>,
}

impl Totals {
    fn add(&mut self, report: &mut ReplayReport, record: &UsageRecord, answer: Answer) {
        let was_refused = is_refusal(record.verdict);
        let is_refused = answer.reason != Reason::Allow;
        report.n_requests += 1;
        report.n_refused_then += u64::from(was_refused);
        report.n_refused_now += u64::from(is_refused);
        report.n_newly_allowed += u64::from(was_refused && !is_refused);
        report.cost_then = report.cost_then.saturating_add(record.cost);
        report.cost_now = report.cost_now.saturating_add(answer.cost);
        let is_new = is_refused && !was_refused;
        report.n_newly_refused += u64::from(is_new);
        let team = self.teams.entry(record.team.clone()).or_insert_with(|| ReplayTeam {
            team: record.team.clone(),
            n_requests: 0,
            n_newly_refused: 0,
            cost_then: 0,
            cost_now: 0,
        });
        team.n_requests += 1;
        team.n_newly_refused += u64::from(is_new);
        team.cost_then = team.cost_then.saturating_add(record.cost);
        team.cost_now = team.cost_now.saturating_add(answer.cost);
        if is_new {
            let reason = answer.reason.name().to_owned();
            let key = [&record.gateway, &record.team, &record.model, &reason, &answer.limit].map(Clone::clone);
            let refusal = self.refusals.entry(key).or_insert_with(|| ReplayRefusal {
                gateway: record.gateway.clone(),
                team: record.team.clone(),
                model: record.model.clone(),
                reason,
                limit: answer.limit,
                n_requests: 0,
                first: time(record.time_ms),
                source: answer.source,
            });
            refusal.n_requests += 1;
        }
    }
}

#[cfg(test)]
mod tests;
