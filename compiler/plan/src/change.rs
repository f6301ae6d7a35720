//! What happens to one cell: both sides' candidates in, one class and its details out.
//!
//! A cell is asked in every *context*: each endpoint, each time at which some answer may change from now on, no
//! subscription named and each one named. Whoever may ask something is answered by the first candidate that fits, as
//! the reference evaluator defines it, so two cells with equal answers in all contexts are equal to every caller.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Scope};
use maas_schemas::plan::ChangeClass;
use maasc_ir::ir::{ALWAYS, NEVER, OwnerKind, Window};

use crate::intern::NONE;
use crate::table::{ENDPOINTS, GrantTerms, Terms};

/// What is different about a cell. Cells with equal changes are shown together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) class: ChangeClass,
    /// Ascending.
    pub(crate) also: Vec<ChangeClass>,
    pub(crate) before: Option<Allowed>,
    pub(crate) after: Option<Allowed>,
    /// Endpoints that are served on one side only; 0 where the other side refuses everything.
    pub(crate) gained: u16,
    pub(crate) lost: u16,
    pub(crate) cap: Option<(u32, u32)>,
    pub(crate) obligations: Option<(u32, u32)>,
    pub(crate) route: Option<(u32, u32)>,
    pub(crate) data_class: Option<(String, String)>,
    /// Number of the difference of ceilings, 0 for none.
    pub(crate) ceilings: u32,
}

/// What one side allows from now on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Allowed {
    /// Names of subscriptions that may answer, best first.
    pub(crate) subscriptions: Vec<u32>,
    /// Their limits, ascending.
    pub(crate) limits: Vec<u32>,
    /// What they rest on, ascending.
    pub(crate) needs: Vec<u32>,
    /// [`ALWAYS`] where it is in force now.
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
}

/// One question, and the candidate that answers it on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) now_ms: i64,
    pub(crate) endpoint: Endpoint,
    /// Name of the subscription that the request names.
    pub(crate) subscription: Option<u32>,
    pub(crate) before: Option<u32>,
    pub(crate) after: Option<u32>,
}

/// Both sides of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    /// In [`Terms::cells`], or [`NONE`].
    pub(crate) cells: (u32, u32),
    /// In [`Terms::models`], or [`NONE`].
    pub(crate) models: (u32, u32),
    /// Number of the difference of ceilings, 0 for none.
    pub(crate) ceilings: u32,
}

/// In which direction something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Direction {
    pub(crate) wider: bool,
    pub(crate) narrower: bool,
}

impl Direction {
    const fn and(self, other: Self) -> Self {
        Self { wider: self.wider || other.wider, narrower: self.narrower || other.narrower }
    }
}

/// Compares both sides of a cell from `at_ms` on. `ceilings` says how the ceilings of its caller moved. `None`: nobody can
/// tell the sides apart.
pub(crate) fn compare(terms: &Terms, pair: Pair, ceilings: Direction, at_ms: i64) -> Option<(Change, Context)> {
    let cell = |number| terms.cells.get(number).map_or(&[][..], Vec::as_slice);
    let (before, after) = (cell(pair.cells.0), cell(pair.cells.1));
    let contexts = contexts(terms, before, after, at_ms);
    let answered = |side: fn(&Context) -> Option<u32>| contexts.iter().any(|context| side(context).is_some());
    let (was, is) = (answered(|context| context.before), answered(|context| context.after));
    let first = |fits: &dyn Fn(&Context) -> bool| contexts.iter().find(|context| fits(context)).copied();
    let gain = first(&|context| context.before.is_none() && context.after.is_some());
    let loss = first(&|context| context.before.is_some() && context.after.is_none());
    let mut change = Change {
        class: ChangeClass::Granted,
        also: Vec::new(),
        before: was.then(|| allowed(terms, before, at_ms)),
        after: is.then(|| allowed(terms, after, at_ms)),
        gained: 0,
        lost: 0,
        cap: None,
        obligations: None,
        route: None,
        data_class: None,
        ceilings: 0,
    };
    match (was, is) {
        (false, false) => return None,
        (false, true) => return gain.map(|context| (change, context)),
        (true, false) => {
            change.class = ChangeClass::Revoked;
            return loss.map(|context| (change, context));
        }
        (true, true) => {}
    }
    let mut direction = Direction { wider: gain.is_some(), narrower: false };
    let mut turning = None;
    let is_now_lost =
        |context: &Context| context.before.is_some() && context.after.is_none() && context.now_ms == at_ms;
    direction.narrower = contexts.iter().any(is_now_lost);
    let (mut added, mut removed) = (false, false);
    let mut common = None;
    for context in &contexts {
        let grants = context.before.zip(context.after);
        let Some((from, to)) = grants.and_then(|(from, to)| terms.grants.get(from).zip(terms.grants.get(to))) else {
            continue;
        };
        common.get_or_insert(*context);
        let moved = answer(terms, from, to, &mut change);
        if moved != Direction::default() && turning.is_none() {
            turning = Some(*context);
        }
        direction = direction.and(moved);
        added |= to.needs.iter().any(|need| !from.needs.contains(need));
        removed |= from.needs.iter().any(|need| !to.needs.contains(need));
    }
    if ceilings != Direction::default() && common.is_some() {
        direction = direction.and(ceilings);
        change.ceilings = pair.ceilings;
    }
    if common.is_some() {
        reroute(terms, pair.models, &mut change);
    }
    endpoints(&contexts, &mut change);
    let expires = loss.is_some() && !contexts.iter().any(is_now_lost);
    let mut classes = BTreeSet::new();
    let moved = match (direction.wider, direction.narrower) {
        (true, true) => Some(ChangeClass::Mixed),
        (true, false) => Some(ChangeClass::Widened),
        (false, true) => Some(ChangeClass::Narrowed),
        (false, false) => None,
    };
    let is_rerouted = change.route.is_some() || change.data_class.is_some();
    for (class, happens) in [
        (ChangeClass::ApprovalRemoved, removed),
        (ChangeClass::ApprovalAdded, added),
        (ChangeClass::Rerouted, is_rerouted),
        (ChangeClass::Expiring, expires),
    ] {
        classes.extend(happens.then_some(class));
    }
    classes.extend(moved);
    let class = classes.pop_first()?;
    change.class = class;
    change.also = classes.into_iter().collect();
    let place = match class {
        ChangeClass::Widened => gain.or(turning),
        ChangeClass::Narrowed | ChangeClass::Expiring => loss.or(turning),
        _ => turning.or(gain).or(loss),
    };
    place.or(common).map(|context| (change, context))
}

/// Returns a context in which both sides allow, for a cell whose sides are equal.
pub(crate) fn common(terms: &Terms, pair: Pair, at_ms: i64) -> Option<(Change, Context)> {
    let cell = |number| terms.cells.get(number).map_or(&[][..], Vec::as_slice);
    let (before, after) = (cell(pair.cells.0), cell(pair.cells.1));
    let contexts = contexts(terms, before, after, at_ms);
    let context = contexts.into_iter().find(|context| context.before.is_some() && context.after.is_some())?;
    let change = Change {
        class: ChangeClass::SourceMoved,
        also: Vec::new(),
        before: Some(allowed(terms, before, at_ms)),
        after: Some(allowed(terms, after, at_ms)),
        gained: 0,
        lost: 0,
        cap: None,
        obligations: None,
        route: None,
        data_class: None,
        ceilings: 0,
    };
    Some((change, context))
}

/// Returns every question that may have an answer of its own: unnamed ones first, then by time and endpoint.
fn contexts(terms: &Terms, before: &[u32], after: &[u32], at_ms: i64) -> Vec<Context> {
    let grants = || before.iter().chain(after).filter_map(|number| terms.grants.get(*number));
    let times =
        grants().flat_map(|grant| [grant.from_ms, grant.until_ms]).filter(|time| *time > at_ms && *time != NEVER);
    let times: BTreeSet<i64> = times.chain([at_ms]).collect();
    let names: BTreeSet<u32> = grants().map(|grant| grant.subscription).collect();
    // With one name on both sides, naming it asks nothing that not naming it does not.
    let named = names.iter().copied().map(Some).filter(|_| names.len() > 1);
    let mut contexts = Vec::new();
    for subscription in [None].into_iter().chain(named) {
        for now_ms in &times {
            for endpoint in ENDPOINTS {
                let answer = |cell: &[u32]| answering(terms, cell, *now_ms, endpoint, subscription);
                let (before, after) = (answer(before), answer(after));
                if before.is_some() || after.is_some() {
                    contexts.push(Context { now_ms: *now_ms, endpoint, subscription, before, after });
                }
            }
        }
    }
    contexts
}

/// Returns the candidate that allows a request.
pub(crate) fn answering(
    terms: &Terms,
    cell: &[u32],
    now_ms: i64,
    endpoint: Endpoint,
    subscription: Option<u32>,
) -> Option<u32> {
    cell.iter().copied().find(|number| {
        terms.grants.get(*number).is_some_and(|grant| {
            subscription.is_none_or(|name| name == grant.subscription)
                && grant.from_ms <= now_ms
                && now_ms < grant.until_ms
                && grant.endpoints & endpoint.bit() != 0
        })
    })
}

fn allowed(terms: &Terms, cell: &[u32], at_ms: i64) -> Allowed {
    let live: Vec<&GrantTerms> = cell
        .iter()
        .filter_map(|number| terms.grants.get(*number))
        .filter(|grant| grant.until_ms > at_ms && grant.from_ms < grant.until_ms && grant.endpoints != 0)
        .collect();
    let ascending = |numbers: &mut dyn Iterator<Item = u32>| numbers.collect::<BTreeSet<u32>>().into_iter().collect();
    let mut subscriptions: Vec<u32> = live.iter().map(|grant| grant.subscription).collect();
    subscriptions.dedup();
    let from_ms = live.iter().map(|grant| grant.from_ms).min().unwrap_or(ALWAYS);
    Allowed {
        subscriptions,
        limits: ascending(&mut live.iter().flat_map(|grant| grant.limits.iter().copied())),
        needs: ascending(&mut live.iter().flat_map(|grant| grant.needs.iter().copied())),
        from_ms: if from_ms <= at_ms { ALWAYS } else { from_ms },
        until_ms: live.iter().map(|grant| grant.until_ms).max().unwrap_or(NEVER),
    }
}

/// Compares two grants that answer one question; notes what else is different.
fn answer(terms: &Terms, from: &GrantTerms, to: &GrantTerms, change: &mut Change) -> Direction {
    if from == to {
        return Direction::default();
    }
    let mut direction = limits(terms, &from.limits, &to.limits);
    if from.max_output_tokens != to.max_output_tokens {
        let most = |cap: u32| if cap == 0 { u32::MAX } else { cap };
        let wider = most(to.max_output_tokens) > most(from.max_output_tokens);
        direction = direction.and(Direction { wider, narrower: !wider });
        change.cap.get_or_insert((from.max_output_tokens, to.max_output_tokens));
    }
    if from.obligations != to.obligations {
        // More is attached to the answer, or less: not comparable with limits, but never silent.
        direction = direction.and(Direction {
            wider: from.obligations & !to.obligations != 0,
            narrower: to.obligations & !from.obligations != 0,
        });
        change.obligations.get_or_insert((from.obligations, to.obligations));
    }
    if from.subscription != to.subscription {
        // Charged to other counters, which may be used up or not.
        direction = Direction { wider: true, narrower: true };
    }
    direction
}

type LimitPlace<'t> = (OwnerKind, &'t str, Measure, Count, Scope, Over, Window);

/// Compares two sets of limits: a limit that is not there is infinite.
pub(crate) fn limits(terms: &Terms, before: &[u32], after: &[u32]) -> Direction {
    let mut direction = Direction::default();
    if before == after {
        return direction;
    }
    let by_place = |numbers: &[u32]| -> BTreeMap<LimitPlace<'_>, (u64, bool)> {
        numbers
            .iter()
            .filter_map(|number| terms.limits.get(*number))
            .map(|limit| {
                // All limits of subscriptions are of the one that answers; ceilings of two teams are two counters.
                let owner = if limit.owner_kind == OwnerKind::Subscription { "" } else { &*limit.owner };
                let place =
                    (limit.owner_kind, owner, limit.measure, limit.count, limit.scope, limit.over, limit.window);
                (place, (limit.amount, limit.shorten))
            })
            .collect()
    };
    let (before, after) = (by_place(before), by_place(after));
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for place in places {
        let moved = match (before.get(place), after.get(place)) {
            (Some(from), Some(to)) => {
                Direction { wider: to.0 > from.0 || (to.1 && !from.1), narrower: to.0 < from.0 || (from.1 && !to.1) }
            }
            (Some(_), None) => Direction { wider: true, narrower: false },
            (None, _) => Direction { wider: false, narrower: true },
        };
        direction = direction.and(moved);
    }
    direction
}

fn reroute(terms: &Terms, models: (u32, u32), change: &mut Change) {
    if models.0 == models.1 || models.0 == NONE || models.1 == NONE {
        return;
    }
    let Some((from, to)) = terms.models.get(models.0).zip(terms.models.get(models.1)) else { return };
    if from.route != to.route {
        change.route = Some((from.route, to.route));
    }
    if from.data_class != to.data_class {
        change.data_class = Some((from.data_class.clone(), to.data_class.clone()));
    }
}

/// Notes endpoints that only one side ever serves.
fn endpoints(contexts: &[Context], change: &mut Change) {
    let served = |side: fn(&Context) -> Option<u32>| {
        let served = contexts.iter().filter(|context| side(context).is_some());
        served.fold(0, |bits, context| bits | context.endpoint.bit())
    };
    let (before, after) = (served(|context| context.before), served(|context| context.after));
    change.gained = after & !before;
    change.lost = before & !after;
}
