//! What a change does besides access: money, counters, approvals, settings, what lapses, files.

pub(crate) mod approvals;
pub(crate) mod counters;
pub(crate) mod gates;
pub(crate) mod lapsing;
pub(crate) mod manifests;
pub(crate) mod money;
pub(crate) mod settings;

use std::collections::BTreeMap;

/// Puts equal things of several gateways together: the names of all that have them, in the order of the first.
pub(crate) fn merge<T: Ord + Clone>(gateways: impl IntoIterator<Item = (String, Vec<T>)>) -> Vec<(Vec<String>, T)> {
    let mut places: BTreeMap<T, usize> = BTreeMap::new();
    let mut merged: Vec<(Vec<String>, T)> = Vec::new();
    for (gateway, things) in gateways {
        for thing in things {
            let place = *places.entry(thing.clone()).or_insert(merged.len());
            match merged.get_mut(place) {
                Some((names, _)) => names.push(gateway.clone()),
                None => merged.push((vec![gateway.clone()], thing)),
            }
        }
    }
    merged
}
