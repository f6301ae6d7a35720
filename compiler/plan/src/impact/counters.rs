//! What happens to what was used up already: a counter is named by what it adds up, so edits of amounts keep it.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::plan::{CounterChange, Counters, Fate};
use maasc_ir::ir::{Ir, Limit, OwnerKind};

use super::merge;
use crate::table::LimitTerms;
use crate::words;

/// One gateway on both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'a> {
    pub(crate) gateway: &'a str,
    pub(crate) before: Option<&'a Ir>,
    pub(crate) after: Option<&'a Ir>,
}

/// Compares the limits of each gateway by the names of their counters.
pub(crate) fn counters(sides: &[Sides<'_>]) -> Counters {
    let mut kept: u64 = 0;
    let mut found = Vec::new();
    for side in sides {
        let (Some(before), Some(after)) = (side.before, side.after) else { continue };
        let (n_kept, changes) = compare(before, after);
        kept = kept.saturating_add(n_kept);
        let target = after.gateway.target.clone();
        found.push((side.gateway.to_owned(), changes.into_iter().map(|change| (change, target.clone())).collect()));
    }
    let mut changes: Vec<CounterChange> = Vec::new();
    for (gateways, (change, target)) in merge::<(CounterChange, String)>(found) {
        match changes
            .iter_mut()
            .find(|known| CounterChange { gateways: vec![], targets: vec![], ..(*known).clone() } == change)
        {
            Some(known) => {
                known.gateways.extend(gateways);
                known.targets.push(target);
            }
            None => changes.push(CounterChange { gateways, targets: vec![target], ..change }),
        }
    }
    changes.sort_by(|a, b| (a.fate, &a.owner, &a.before, &a.after).cmp(&(b.fate, &b.owner, &b.before, &b.after)));
    Counters { kept, changes }
}

type Owner<'a> = (OwnerKind, &'a str);
type Owners<'a> = BTreeMap<Owner<'a>, Vec<&'a Limit>>;
/// Models of one subscription may have amounts of their own under one key.
type Keys = BTreeMap<u64, BTreeSet<LimitTerms>>;

fn compare(before: &Ir, after: &Ir) -> (u64, Vec<CounterChange>) {
    let (from, to) = (by_owner(before), by_owner(after));
    let currency = (&*before.organization.currency, &*after.organization.currency);
    let owners: BTreeSet<&Owner<'_>> = from.keys().chain(to.keys()).collect();
    let names = (documents(before), documents(after));
    let is_kuadrant = after.gateway.enforcement == "kuadrant";
    let mut kept: u64 = 0;
    let mut changes = Vec::new();
    for owner in owners {
        // A document that is new or gone says so among the access changes.
        if !names.0.contains(owner) || !names.1.contains(owner) {
            continue;
        }
        let (from, to) = (from.get(owner).map_or(&[][..], Vec::as_slice), to.get(owner).map_or(&[][..], Vec::as_slice));
        if from.iter().map(place).eq(to.iter().map(place)) {
            let keys: BTreeSet<u64> = from.iter().map(|limit| limit.key).collect();
            kept = kept.saturating_add(u64::try_from(keys.len()).unwrap_or(u64::MAX));
            continue;
        }
        let (from, to) = (keys(from), keys(to));
        let (from, to) = (&from, &to);
        let mut note = |fate, limits: (&[&LimitTerms], &[&LimitTerms]), note: &str| {
            let text = |limits: &[&LimitTerms], currency| {
                limits.iter().map(|limit| words::text(limit, currency)).collect::<Vec<_>>().join("; ")
            };
            changes.push(CounterChange {
                gateways: Vec::new(),
                targets: Vec::new(),
                fate,
                owner: format!("{}/{}", owner.0.name(), owner.1),
                before: text(limits.0, currency.0),
                after: text(limits.1, currency.1),
                note: note.to_owned(),
            });
        };
        for (key, limits) in from {
            let Some(now) = to.get(key) else { continue };
            let gone: Vec<&LimitTerms> = limits.difference(now).collect();
            let new: Vec<&LimitTerms> = now.difference(limits).collect();
            let least = |limits: &[&LimitTerms]| limits.iter().map(|limit| limit.amount).min();
            if gone.is_empty() && new.is_empty() {
                kept = kept.saturating_add(1);
            } else if is_kuadrant {
                note(Fate::Kept, (&gone, &new), "starts at zero where Kuadrant's conditions change with it");
            } else if least(&new) < least(&gone) {
                note(Fate::Kept, (&gone, &new), "what was used counts; who used more waits for the next window");
            } else {
                note(Fate::Kept, (&gone, &new), "what was used counts");
            }
        }
        let only = |these: &Keys, those: &Keys| -> Vec<LimitTerms> {
            let keys = these.iter().filter(|(key, _)| !those.contains_key(key));
            keys.filter_map(|(_, limits)| limits.first().cloned()).collect()
        };
        let (gone, mut new) = (only(from, to), only(to, from));
        let mut unpaired = Vec::new();
        for limit in gone {
            let same_sum = |other: &LimitTerms| {
                (other.measure, other.count, other.scope, other.over)
                    == (limit.measure, limit.count, limit.scope, limit.over)
            };
            match new.iter().position(same_sum) {
                Some(place) => note(Fate::Reset, (&[&limit], &[&new.remove(place)]), "another window"),
                None => unpaired.push(limit),
            }
        }
        for limit in unpaired {
            match new.iter().position(|other| other.measure == limit.measure && other.window == limit.window) {
                Some(place) => note(Fate::Rescoped, (&[&limit], &[&new.remove(place)]), "adds up something else"),
                None => note(Fate::Removed, (&[&limit], &[]), "not counted any more"),
            }
        }
        for limit in &new {
            note(Fate::New, (&[], &[limit]), "starts at zero");
        }
    }
    (kept, changes)
}

/// Returns the limits of each document, in the order of the table.
fn by_owner(ir: &Ir) -> Owners<'_> {
    let mut limits = Owners::new();
    for limit in &ir.limits {
        limits.entry((limit.owner_kind, &*limit.owner)).or_default().push(limit);
    }
    limits
}

/// Returns what of a limit is not the line that wrote it: the key stands for all of its terms but these.
fn place(limit: &&Limit) -> (u64, u64, bool) {
    (limit.key, limit.amount, limit.shorten)
}

fn keys(limits: &[&Limit]) -> Keys {
    let mut keys = Keys::new();
    for limit in limits {
        keys.entry(limit.key).or_default().insert(LimitTerms::of(limit));
    }
    keys
}

/// Returns the documents that may have limits.
fn documents(ir: &Ir) -> BTreeSet<Owner<'_>> {
    let teams = ir.teams.iter().map(|team| (OwnerKind::Team, &*team.name));
    let subscriptions = ir.subscriptions.iter().map(|found| (OwnerKind::Subscription, &*found.name));
    let organization = (OwnerKind::Organization, &*ir.organization.name);
    teams.chain(subscriptions).chain([organization]).collect()
}
