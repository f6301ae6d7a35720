//! All grants of a decision table, by classes that look alike to some expressions.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{Condition, Datum, EvalError, Memo, Path, Subject, Tuple, Values};
use crate::ceiling::Holder;

/// Principals × models of one subscription that look alike to the conditions.
#[derive(Clone, Copy, Debug)]
pub struct Combination<'s> {
    /// By number.
    pub subscription: u32,
    /// Ascending.
    pub principals: &'s [u32],
    /// Ascending.
    pub models: &'s [u32],
    /// What each condition read.
    pub tuples: &'s [Tuple],
    /// The answers, up to and with the first that is not `true`.
    pub answers: &'s [Result<bool, EvalError>],
}

/// Evaluates conditions for every grant, in the order of subscriptions, and calls `visit` for each combination. A
/// condition is asked only where all before it hold (`where`, then `must`).
pub fn over_grants(conditions: &[&Condition], values: &Values<'_>, mut visit: impl FnMut(&Combination<'_>)) {
    let paths: Vec<Path> = conditions.iter().flat_map(|condition| condition.reads()).cloned().collect();
    let mut memos: Vec<Memo<'_>> = conditions.iter().map(|condition| Memo::new(condition)).collect();
    let reads_ceiling = paths.iter().any(|path| path.reads("grant", "ceiling"));
    let reads_grant = paths.iter().any(|path| path.variable() == "grant");
    let n_principals = values.parts.teams.len() + values.parts.users.len();
    let principal_classes = classes(n_principals, |principal| {
        let subject = Subject { principal: Some(principal), ..Subject::default() };
        let ceilings = reads_ceiling.then(|| values.ceilings(principal));
        let (ceilings, holder) = ceilings.unwrap_or((&[], Holder::Team));
        (of_variable(values, &paths, "team", subject), ceilings.to_vec(), holder)
    });
    let model_classes = classes(values.parts.models.len(), |model| {
        let subject = Subject { model: Some(model), ..Subject::default() };
        let price = values.parts.models.get(model as usize).and_then(|model| model.price);
        let endpoints = values.parts.models.get(model as usize).map_or(0, |model| model.endpoints);
        let facts = reads_grant.then_some((price, endpoints));
        (of_variable(values, &paths, "model", subject), facts)
    });
    for (subscription, number) in values.parts.subscriptions.iter().zip(0..) {
        let principals = grouped(&subscription.principals, |principal| pick(&principal_classes, principal));
        let models = grouped(&subscription.models, |model| {
            let limits = if reads_grant { values.grant_limits(number, model) } else { Vec::new() };
            (pick(&model_classes, model), limits)
        });
        for principals in principals.values() {
            for models in models.values() {
                let subject = Subject {
                    principal: principals.first().copied(),
                    model: models.first().copied(),
                    subscription: Some(number),
                };
                let tuple = |condition: &&Condition| values.tuple(condition.reads(), subject);
                let tuples: Vec<Tuple> = conditions.iter().map(tuple).collect();
                let mut answers = Vec::with_capacity(conditions.len());
                for (memo, tuple) in memos.iter_mut().zip(&tuples) {
                    let answer = memo.evaluate(tuple);
                    let holds = answer == Ok(true);
                    answers.push(answer);
                    if !holds {
                        break;
                    }
                }
                visit(&Combination { subscription: number, principals, models, tuples: &tuples, answers: &answers });
            }
        }
    }
}

/// Returns the values at those paths that start from a variable.
fn of_variable(values: &Values<'_>, paths: &[Path], variable: &str, subject: Subject) -> Vec<Option<Datum>> {
    paths.iter().filter(|path| path.variable() == variable).map(|path| values.read(path, subject)).collect()
}

/// Numbers things by what they look like.
fn classes<K: Ord>(length: usize, key: impl Fn(u32) -> K) -> Vec<u32> {
    let mut numbers: BTreeMap<K, u32> = BTreeMap::new();
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let number = |thing| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(key(thing)).or_insert(next)
    };
    (0..length).map(number).collect()
}

/// Groups things in the order of their first.
fn grouped<K: std::hash::Hash + Eq>(things: &[u32], key: impl Fn(u32) -> K) -> IndexMap<K, Vec<u32>> {
    let mut groups: IndexMap<K, Vec<u32>> = IndexMap::new();
    for thing in things {
        groups.entry(key(*thing)).or_default().push(*thing);
    }
    groups
}

fn pick(numbers: &[u32], index: u32) -> u32 {
    numbers.get(index as usize).copied().unwrap_or(u32::MAX)
}
