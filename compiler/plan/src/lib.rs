//! The semantic difference of two policies: who gains what, what it may cost, who must agree, what starts anew.
//!
//! Both sides are finite tables, so comparing them is exact: every caller, model, endpoint, named subscription and time
//! from now on. It is done by classes (rows alike on both sides × columns alike on both sides), grouped into rectangles,
//! and each rectangle is shown by one request that both *compiled* policies answer: if one of them does not say what the
//! table says, there is no plan. The limit of the proof: who is in a group is the identity provider's business.
//!
//! [`plan`] returns the JSON type of `schemas::plan`; [`render`] makes text of it and of nothing else.

mod access;
mod change;
mod diff;
mod impact;
mod intern;
mod rectangles;
pub mod render;
mod table;
#[cfg(test)]
mod tests;
mod witness;
mod words;

use std::collections::BTreeSet;

use maas_schemas::plan::{AccessChange, ChangeClass, Domain, FORMAT, Gate, ManifestChange, Plan, Revision, Summary};
use maas_schemas::provenance::Provenance;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::Ir;

pub use impact::manifests::Files;
pub use witness::Disagreement;

use impact::{approvals, counters, gates, lapsing, manifests, money, settings};
use witness::Judges;

/// Two revisions of a policy.
pub struct Input<'a> {
    /// What was.
    pub base: Revision,
    /// What is proposed.
    pub head: Revision,
    /// For which time both sides were compiled, Unix milliseconds.
    pub at_ms: i64,
    /// All gateways of either side, by name.
    pub gateways: Vec<Gateway<'a>>,
    /// Gates of other rooms: invariants, findings.
    pub gates: Vec<Gate>,
}

/// One gateway; a side is `None` where there is no such gateway.
pub struct Gateway<'a> {
    /// Name of the `Gateway` document.
    pub name: &'a str,
    /// Before.
    pub base: Option<Side<'a>>,
    /// After.
    pub head: Option<Side<'a>>,
}

/// One side of one gateway.
pub struct Side<'a> {
    /// The decision table.
    pub ir: &'a Ir,
    /// The line of each of its rules.
    pub provenance: &'a Provenance,
    /// The compiled policy.
    pub evaluate: &'a mut dyn Evaluate,
    /// What `build` writes; empty where nobody asked.
    pub files: Files<'a>,
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("base", &self.base).field("head", &self.head).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Gateway<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").field("gateway", &self.ir.gateway.name).finish_non_exhaustive()
    }
}

/// Compares two revisions.
///
/// # Errors
/// When a compiled policy does not answer as its decision table says.
pub fn plan(mut input: Input<'_>) -> Result<Plan, Box<Disagreement>> {
    let at_ms = input.at_ms;
    let mut access = Vec::new();
    let mut domain = Domain { exact: true, ..Domain::default() };
    let mut allowed_before: u64 = 0;
    for gateway in &mut input.gateways {
        let (before, after) = (lined(gateway.base.as_ref()), lined(gateway.head.as_ref()));
        let side = |side: Option<(_, _)>| side.map(|(ir, provenance)| diff::Input { ir, provenance });
        let comparison = diff::diff(side(before), side(after), at_ms);
        allowed_before =
            allowed_before.saturating_add(comparison.before.as_ref().map_or(0, |table| table.n_allowed(at_ms)));
        domain.gateways.push(gateway.name.to_owned());
        domain.callers = domain.callers.max(comparison.n_callers);
        domain.models = domain.models.max(comparison.n_models);
        domain.cells = domain.cells.saturating_add(comparison.n_callers.saturating_mul(comparison.n_models));
        let mut judges = Judges {
            gateway: gateway.name,
            before: gateway.base.as_mut().map(|side| &mut *side.evaluate as &mut dyn Evaluate),
            after: gateway.head.as_mut().map(|side| &mut *side.evaluate as &mut dyn Evaluate),
        };
        access.push(access::changes(&comparison, &mut judges)?);
    }
    Ok(assemble(input, access::merge(access), domain, allowed_before))
}

fn assemble(input: Input<'_>, access: Vec<AccessChange>, domain: Domain, allowed_before: u64) -> Plan {
    let at_ms = input.at_ms;
    let gateways = &input.gateways;
    let settings: Vec<_> = gateways
        .iter()
        .map(|gateway| (gateway.name, lined(gateway.base.as_ref()), lined(gateway.head.as_ref())))
        .collect();
    let settings = settings::settings(&settings);
    let counters: Vec<_> = gateways
        .iter()
        .map(|gateway| counters::Sides {
            gateway: gateway.name,
            before: ir(gateway.base.as_ref()),
            after: ir(gateway.head.as_ref()),
        })
        .collect();
    let consents: Vec<_> = gateways
        .iter()
        .map(|gateway| approvals::Sides {
            gateway: gateway.name,
            before: ir(gateway.base.as_ref()),
            after: ir(gateway.head.as_ref()),
            provenance: gateway.head.as_ref().map(|side| side.provenance),
        })
        .collect();
    let approvals = approvals::approvals(&consents, &access);
    let mut spend_increase = Some(0_i128);
    let mut money_changes = Vec::new();
    for gateway in gateways {
        let (money, increase) = money::compare(gateway.name, ir(gateway.base.as_ref()), ir(gateway.head.as_ref()));
        spend_increase = spend_increase.zip(increase).map(|(sum, more)| sum.saturating_add(more));
        money_changes.push(money);
    }
    let budget = gateways.iter().find_map(|gateway| gateway.base.as_ref()).or_else(|| {
        // The first revision of a policy is held against its own budget.
        gateways.iter().find_map(|gateway| gateway.head.as_ref())
    });
    let sizes = gates::Sizes { allowed_before, spend_increase };
    let mut all_gates = budget.map_or_else(Vec::new, |side| {
        let organization = &side.ir.organization;
        let (budget, currency) = (&organization.change_budget, &organization.currency);
        gates::gates(budget, side.provenance, currency, &access, &approvals, sizes)
    });
    all_gates.extend(input.gates);
    let after =
        gateways.iter().filter_map(|gateway| lined(gateway.head.as_ref()).map(|(ir, lines)| (gateway.name, ir, lines)));
    let lapsing = lapsing::lapsing(&after.collect::<Vec<_>>(), at_ms);
    let is_moved = |change: &AccessChange| change.class == ChangeClass::SourceMoved;
    let same_gateways = gateways.iter().all(|gateway| gateway.base.is_some() == gateway.head.is_some());
    let same_money = money_changes.iter().all(|money| money.before == money.after && money.teams.is_empty());
    let counters = counters::counters(&counters);
    Plan {
        format: FORMAT.to_owned(),
        at: words::time(at_ms),
        base: input.base,
        head: input.head,
        equivalent: access.iter().all(is_moved)
            && settings.is_empty()
            && counters.changes.is_empty()
            && same_money
            && same_gateways,
        summary: summary(&access),
        access_changes: access,
        settings,
        money: money_changes,
        counters,
        approvals,
        gates: all_gates,
        lapsing,
        manifest_changes: manifest_changes(gateways),
        domain,
    }
}

fn ir<'a>(side: Option<&Side<'a>>) -> Option<&'a Ir> {
    side.map(|side| side.ir)
}

fn lined<'a>(side: Option<&Side<'a>>) -> Option<(&'a Ir, &'a Provenance)> {
    side.map(|side| (side.ir, side.provenance))
}

fn summary(access: &[AccessChange]) -> Summary {
    let mut summary = Summary::default();
    let (mut callers, mut models) = (BTreeSet::new(), BTreeSet::new());
    for change in access {
        for class in change.also.iter().chain([&change.class]) {
            let cells = summary.cells.entry(*class).or_default();
            *cells = cells.saturating_add(change.cells);
        }
        if change.class != ChangeClass::SourceMoved {
            callers.extend(change.callers.iter().map(|name| (change.kind, name)));
            models.extend(&change.models);
        }
    }
    summary.callers = u64::try_from(callers.len()).unwrap_or(u64::MAX);
    summary.models = u64::try_from(models.len()).unwrap_or(u64::MAX);
    summary
}

fn manifest_changes(gateways: &[Gateway<'_>]) -> Vec<ManifestChange> {
    let mut changes = Vec::new();
    for gateway in gateways {
        let none = Files::new();
        let before = gateway.base.as_ref().map_or(&none, |side| &side.files);
        let after = gateway.head.as_ref().map_or(&none, |side| &side.files);
        changes.extend(manifests::manifests(before, after));
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}
