//! Requests with their expected answers, for the self-test of every load.
//!
//! At most [`MAX_VECTORS`], chosen so that each reason, route, kind of row and kind of caller that the policy has is
//! met, then as many ends of intervals as there is room for, a millisecond before, at and after each. The expected
//! answers are the reference evaluator's.

use std::collections::BTreeSet;

use maas_schemas::abi::{Endpoint, MAX_VECTORS, Reason};
use maas_schemas::decision::{Decision, Request};
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::{ALWAYS, Grant, Ir, MemberKind, Model, NEVER};

/// So many grants are searched for a reason that was not met.
const MAX_SEARCHED: usize = 2_048;

/// Returns the section's content.
pub(super) fn vectors(ir: &Ir, row_kinds: &[u8], reference: &mut dyn Evaluate) -> Vec<u8> {
    let mut chosen = Chosen { reference, bytes: Vec::new(), n: 0, seen: BTreeSet::new(), requests: BTreeSet::new() };
    let places = Places::of(ir);
    strangers(ir, &places, &mut chosen);
    routes_and_rows(ir, row_kinds, &places, &mut chosen);
    callers(ir, &places, &mut chosen);
    reasons(ir, &places, &mut chosen);
    breakpoints(ir, &places, &mut chosen);
    chosen.bytes
}

/// The vectors so far.
struct Chosen<'a> {
    reference: &'a mut dyn Evaluate,
    bytes: Vec<u8>,
    n: usize,
    /// Reasons that were met.
    seen: BTreeSet<Reason>,
    requests: BTreeSet<Request>,
}

impl Chosen<'_> {
    /// Takes a request, if there is room and it is a new one.
    fn take(&mut self, request: Request) {
        if self.n < MAX_VECTORS && !self.requests.contains(&request) {
            let decision = self.reference.decide(&request);
            self.add(request, &decision);
        }
    }

    /// Takes a request if its answer has a new reason.
    fn take_if_new(&mut self, request: Request) {
        if self.n >= MAX_VECTORS {
            return;
        }
        let decision = self.reference.decide(&request);
        if !self.seen.contains(&decision.reason) {
            self.add(request, &decision);
        }
    }

    fn add(&mut self, request: Request, decision: &Decision) {
        let mut encoded = Vec::new();
        // What the ABI cannot carry never reaches the module.
        if request.encode_into(&mut encoded).is_err() {
            return;
        }
        for part in [encoded, decision.encode()] {
            self.bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            self.bytes.extend_from_slice(&part);
        }
        self.n += 1;
        self.seen.insert(decision.reason);
        self.requests.insert(request);
    }
}

/// Where grants are met: one principal and one model for each.
struct Places {
    /// The time of requests about nothing in particular: the first end of an interval. The table's date is not used,
    /// so that equal tables of two dates give equal bundles.
    now_ms: i64,
    /// The first principal of each row.
    principals: Vec<Option<u32>>,
    /// The first model of each column.
    models: Vec<Option<usize>>,
    /// (row, column) of each grant, the first.
    grants: Vec<Option<(usize, u32)>>,
}

impl Places {
    fn of(ir: &Ir) -> Self {
        let mut principals = vec![None; ir.access.rows.len()];
        for (principal, row) in (0..).zip(&ir.access.row_of) {
            if let Some(first) = principals.get_mut(*row as usize) {
                first.get_or_insert(principal);
            }
        }
        let mut models = vec![None; ir.access.n_columns as usize];
        for (index, model) in ir.models.iter().enumerate() {
            if let Some(first) = models.get_mut(model.column as usize) {
                first.get_or_insert(index);
            }
        }
        let mut grants = vec![None; ir.access.grants.len()];
        for (row, columns) in ir.access.rows.iter().enumerate() {
            for (column, cell) in columns {
                for grant in ir.access.cells.get(*cell as usize).into_iter().flatten() {
                    if let Some(first) = grants.get_mut(*grant as usize) {
                        first.get_or_insert((row, *column));
                    }
                }
            }
        }
        let times = ir.access.grants.iter().flat_map(|grant| [grant.from_ms, grant.until_ms]);
        let now_ms = times.filter(|time| *time != ALWAYS && *time != NEVER).min().unwrap_or(0);
        Self { now_ms, principals, models, grants }
    }

    /// Returns a request that meets a grant as well as it can, inside its interval.
    fn request(&self, ir: &Ir, index: usize) -> Option<Request> {
        let grant = ir.access.grants.get(index)?;
        let (row, column) = (*self.grants.get(index)?)?;
        self.request_for(ir, row, column, grant)
    }

    fn request_for(&self, ir: &Ir, row: usize, column: u32, grant: &Grant) -> Option<Request> {
        let principal = (*self.principals.get(row)?)?;
        let model = ir.models.get((*self.models.get(column as usize)?)?)?;
        let request = asking(model, endpoint_of(grant.endpoints), self.now_in(grant));
        Some(as_principal(ir, principal, request))
    }

    /// Returns the time nearest to the usual one at which the grant is in force.
    fn now_in(&self, grant: &Grant) -> i64 {
        self.now_ms.clamp(grant.from_ms, grant.until_ms.saturating_sub(1).max(grant.from_ms))
    }
}

/// A request of nobody.
fn asking(model: &Model, endpoint: Option<Endpoint>, now_ms: i64) -> Request {
    Request {
        endpoint: endpoint.or_else(|| endpoint_of(model.endpoints)).or(Some(Endpoint::Chat)),
        now_ms,
        model: Some(model.name.clone()),
        ..Request::default()
    }
}

fn as_principal(ir: &Ir, principal: u32, request: Request) -> Request {
    let name = ir.principal_name(principal).to_owned();
    if (principal as usize) < ir.teams.len() {
        Request { teams: vec![name], ..request }
    } else {
        Request { user: Some(name), ..request }
    }
}

fn endpoint_of(bits: u16) -> Option<Endpoint> {
    Endpoint::ALL.iter().find(|endpoint| bits & endpoint.bit() != 0).copied()
}

/// Nobody, unknown models, strangers, and requests that lack something.
fn strangers(ir: &Ir, places: &Places, chosen: &mut Chosen<'_>) {
    let Some(model) = ir.models.first() else { return };
    let anonymous = asking(model, None, places.now_ms);
    let stranger = Request { user: Some("nobody:nobody".to_owned()), ..anonymous.clone() };
    chosen.take(anonymous.clone());
    chosen.take(Request { endpoint: None, ..stranger.clone() });
    chosen.take(Request { model: None, ..stranger.clone() });
    chosen.take(Request { model: Some(String::new()), ..stranger.clone() });
    chosen.take(Request { model: Some("a model that nobody has".to_owned()), ..stranger.clone() });
    chosen.take(Request { teams: vec![String::new()], ..anonymous });
    chosen.take(stranger);
    // A caller without access to a model that is listed, and to one that is hidden.
    for hidden in [false, true] {
        let Some(model) = ir.models.iter().find(|model| model.hidden == hidden) else { continue };
        let refused = (0..).zip(&ir.access.row_of).find(|(_, row)| !grants_something(ir, **row, model.column));
        let Some((principal, _)) = refused else { continue };
        chosen.take(as_principal(ir, principal, asking(model, None, places.now_ms)));
    }
}

fn grants_something(ir: &Ir, row: u32, column: u32) -> bool {
    let row = ir.access.rows.get(row as usize);
    row.is_some_and(|row| row.binary_search_by_key(&column, |(column, _)| *column).is_ok())
}

/// One allowed request for each route; the first, a middle and the last column of each kind of row.
fn routes_and_rows(ir: &Ir, row_kinds: &[u8], places: &Places, chosen: &mut Chosen<'_>) {
    let mut kinds = BTreeSet::new();
    for (row, (columns, kind)) in ir.access.rows.iter().zip(row_kinds).enumerate() {
        if columns.is_empty() || !kinds.insert(*kind) {
            continue;
        }
        let picked = [columns.first(), columns.get(columns.len() / 2), columns.last()];
        for (column, cell) in picked.into_iter().flatten() {
            let grant = ir.access.cells.get(*cell as usize).and_then(|list| list.first());
            let Some(grant) = grant.and_then(|grant| ir.access.grants.get(*grant as usize)) else { continue };
            places.request_for(ir, row, *column, grant).into_iter().for_each(|request| chosen.take(request));
        }
    }
    let mut routes = BTreeSet::new();
    for index in 0..ir.access.grants.len() {
        let model = places
            .grants
            .get(index)
            .copied()
            .flatten()
            .and_then(|(_, column)| ir.models.get((*places.models.get(column as usize)?)?));
        if chosen.n < MAX_VECTORS / 2
            && let Some(model) = model
            && routes.insert((model.route, model.price))
        {
            places.request(ir, index).into_iter().for_each(|request| chosen.take(request));
        }
    }
}

/// One caller of each kind, an alias, and a subscription that is named.
fn callers(ir: &Ir, places: &Places, chosen: &mut Chosen<'_>) {
    let Some(any) = (0..ir.access.grants.len()).find_map(|index| places.request(ir, index)) else { return };
    for kind in [MemberKind::User, MemberKind::Group, MemberKind::ServiceAccount] {
        let of_kind = || ir.members.iter().filter(|member| member.kind == kind);
        for member in of_kind().take(2).chain(of_kind().next_back()) {
            let granted = member.principals.iter().find_map(|principal| {
                let row = *ir.access.row_of.get(*principal as usize)? as usize;
                let (column, cell) = ir.access.rows.get(row)?.first()?;
                let grant = ir.access.cells.get(*cell as usize)?.first()?;
                places.request_for(ir, row, *column, ir.access.grants.get(*grant as usize)?)
            });
            let base = Request { teams: Vec::new(), user: None, ..granted.unwrap_or_else(|| any.clone()) };
            let name = member.name.clone();
            chosen.take(match kind {
                MemberKind::User => Request { user: Some(name), ..base },
                MemberKind::Group => Request { groups: vec!["nobody:nobody".to_owned(), name], ..base },
                MemberKind::ServiceAccount => Request { service_account: Some(name), ..base },
            });
        }
    }
    if let Some(alias) = ir.models.iter().find_map(|model| model.aliases.first()) {
        chosen.take(Request { model: Some(alias.clone()), ..any.clone() });
    }
    for subscription in ir.subscriptions.iter().take(8) {
        chosen.take(Request { subscription: Some(subscription.name.clone()), ..any.clone() });
    }
    chosen.take(Request { subscription: Some("a subscription that nobody has".to_owned()), ..any.clone() });
    for endpoint in Endpoint::ALL {
        chosen.take(Request { endpoint: Some(*endpoint), ..any.clone() });
    }
    // Several teams at once, also some that are none.
    let teams = ir.teams.iter().take(8).map(|team| team.name.clone());
    chosen.take(Request { teams: teams.chain(["no team".to_owned()]).rev().collect(), ..any });
}

/// Reasons that the requests so far did not meet.
fn reasons(ir: &Ir, places: &Places, chosen: &mut Chosen<'_>) {
    for (index, grant) in ir.access.grants.iter().enumerate().take(MAX_SEARCHED) {
        let Some(request) = places.request(ir, index) else { continue };
        if grant.from_ms != ALWAYS {
            chosen.take_if_new(Request { now_ms: grant.from_ms - 1, ..request.clone() });
        }
        if grant.until_ms != NEVER {
            chosen.take_if_new(Request { now_ms: grant.until_ms, ..request.clone() });
        }
        for endpoint in Endpoint::ALL {
            chosen.take_if_new(Request { endpoint: Some(*endpoint), ..request.clone() });
        }
    }
}

/// Ends of intervals, ± 1 ms, while there is room.
fn breakpoints(ir: &Ir, places: &Places, chosen: &mut Chosen<'_>) {
    for (index, grant) in ir.access.grants.iter().enumerate() {
        if chosen.n >= MAX_VECTORS {
            return;
        }
        let Some(request) = places.request(ir, index) else { continue };
        let times = [grant.from_ms, grant.until_ms].into_iter().filter(|time| *time != ALWAYS && *time != NEVER);
        for now_ms in times.flat_map(|time| [time.saturating_sub(1), time, time.saturating_add(1)]) {
            chosen.take(Request { now_ms, ..request.clone() });
        }
    }
}
