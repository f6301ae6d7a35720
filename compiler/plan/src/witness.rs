//! One request for each rectangle, answered by both compiled policies: if they do not say what the table says, there is
//! no plan.

use maas_schemas::abi::Reason;
use maas_schemas::decision::{Decision, Request};
use maas_schemas::plan::{CallerKind, Witness};
use maasc_diagnostics::render::plural;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::Ir;

use crate::change::Context;
use crate::diff::{Comparison, RowPair};
use crate::rectangles::Rectangle;
use crate::table::Table;
use crate::words;

/// A compiled policy does not do what the decision table says: an error of the compiler, so the plan is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// `base` or `head`.
    pub side: &'static str,
    /// The request, in words.
    pub request: String,
    /// What the table says.
    pub expected: String,
    /// What the compiled policy says.
    pub found: String,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { gateway, side, request, expected, found } = self;
        write!(f, "the compiled policy of `{gateway}` ({side}) answers `{found}` to {request}, the table `{expected}`")
    }
}

impl std::error::Error for Disagreement {}

/// The two compiled policies of one gateway.
pub(crate) struct Judges<'e> {
    pub(crate) gateway: &'e str,
    pub(crate) before: Option<&'e mut dyn Evaluate>,
    pub(crate) after: Option<&'e mut dyn Evaluate>,
}

impl std::fmt::Debug for Judges<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judges").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// Asks both sides the request that shows a rectangle.
pub(crate) fn witness(
    comparison: &Comparison<'_>,
    rectangle: &Rectangle,
    judges: &mut Judges<'_>,
) -> Result<Witness, Box<Disagreement>> {
    let first = &rectangle.first;
    let row = comparison.rows.get(first.row as usize);
    let model = comparison.columns.get(first.column as usize).and_then(|column| column.names.first());
    let context = comparison.context(first);
    let (Some(row), Some(model), Some(context)) = (row, model, context) else { return Ok(Witness::default()) };
    let caller = row.names.first().copied().unwrap_or_default();
    let name = context.subscription.and_then(|name| comparison.terms.names.get(name));
    let request = request(row.kind, caller, model, &context, name.cloned());
    let gateway = judges.gateway;
    let ask = |side, judge: &mut dyn Evaluate, table: &Table<'_>, grant: Option<u32>| {
        let decision = judge.decide(&request);
        let expected = expected(comparison, table, row, caller, grant);
        let found = answer(table.ir, &decision);
        if found.matches(&expected) {
            return Ok(found.text());
        }
        Err(Box::new(Disagreement {
            gateway: gateway.to_owned(),
            side,
            request: format!("{} `{caller}` asking for `{model}` ({})", row.kind.noun(), context.endpoint),
            expected: expected.text(),
            found: found.text(),
        }))
    };
    let (mut before, mut after) = (String::new(), String::new());
    if let (Some(judge), Some(table)) = (&mut judges.before, &comparison.before) {
        before = ask("base", *judge, table, context.before)?;
    }
    if let (Some(judge), Some(table)) = (&mut judges.after, &comparison.after) {
        after = ask("head", *judge, table, context.after)?;
    }
    Ok(Witness {
        before,
        after,
        caller: match row.kind {
            CallerKind::Group => format!("group {caller}"),
            CallerKind::Team | CallerKind::User | CallerKind::Member | CallerKind::ServiceAccount => caller.to_owned(),
        },
        model: (*model).to_owned(),
        endpoint: context.endpoint.name().to_owned(),
        subscription: request.subscription.clone().unwrap_or_default(),
        at: words::time(context.now_ms),
    })
}

fn request(kind: CallerKind, caller: &str, model: &str, context: &Context, subscription: Option<String>) -> Request {
    let caller = caller.to_owned();
    let mut request = Request {
        endpoint: Some(context.endpoint),
        now_ms: context.now_ms,
        model: Some(model.to_owned()),
        subscription,
        ..Request::default()
    };
    match kind {
        CallerKind::Team | CallerKind::User => request.teams.push(caller),
        CallerKind::Group => request.groups.push(caller),
        CallerKind::Member => request.user = Some(caller),
        CallerKind::ServiceAccount => request.service_account = Some(caller),
    }
    request
}

/// An answer as far as both can tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    reason: Option<Reason>,
    subscription: String,
    /// Key and amount of each limit, sorted.
    limits: Vec<(u64, u64)>,
}

impl Answer {
    /// Says whether the table's answer is this one; the table does not know why it refuses.
    fn matches(&self, expected: &Self) -> bool {
        match expected.reason {
            Some(_) => self == expected,
            None => self.reason != Some(Reason::Allow),
        }
    }

    fn text(&self) -> String {
        match self.reason {
            Some(Reason::Allow) => {
                let n_limits = u64::try_from(self.limits.len()).unwrap_or(u64::MAX);
                format!("allow by {}, {}", self.subscription, plural(n_limits, "limit"))
            }
            Some(reason) => reason.name().to_owned(),
            None => "refused".to_owned(),
        }
    }
}

fn answer(ir: &Ir, decision: &Decision) -> Answer {
    let is_allowed = decision.is_allowed();
    let subscription =
        decision.subscription.filter(|_| is_allowed).and_then(|index| ir.subscriptions.get(index as usize));
    let mut limits: Vec<(u64, u64)> = decision.limits.iter().map(|limit| (limit.key, limit.amount)).collect();
    limits.sort_unstable();
    Answer {
        reason: Some(decision.reason),
        subscription: subscription.map_or_else(String::new, |subscription| subscription.name.clone()),
        limits,
    }
}

fn expected(
    comparison: &Comparison<'_>,
    table: &Table<'_>,
    row: &RowPair<'_>,
    caller: &str,
    grant: Option<u32>,
) -> Answer {
    let terms = &comparison.terms;
    let Some(grant) = grant.and_then(|grant| terms.grants.get(grant)) else {
        return Answer { reason: None, subscription: String::new(), limits: Vec::new() };
    };
    // Callers with several teams carry the ceilings in their grants.
    let is_principal = matches!(row.kind, CallerKind::Team | CallerKind::User);
    let principal = table.principals.get(caller).filter(|_| is_principal);
    let ceilings = principal.map(|principal| table.ceilings(*principal)).unwrap_or_default();
    let numbers = grant.limits.iter().chain(&ceilings);
    let limits = numbers.filter_map(|number| terms.limits.get(*number)).map(|limit| (limit.key, limit.amount));
    let mut limits: Vec<(u64, u64)> = limits.collect();
    limits.sort_unstable();
    Answer {
        reason: Some(Reason::Allow),
        subscription: terms.names.get(grant.subscription).cloned().unwrap_or_default(),
        limits,
    }
}
