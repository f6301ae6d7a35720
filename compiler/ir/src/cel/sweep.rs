//! All grants of a decision table, by classes that look alike to some expressions.
//!
//! Principals are alike when the expressions read equal values of them; where they read `grant.ceiling`, within a set
//! of limits also when their ceilings leave the same bounds. Models are alike likewise, with their prices. Only then
//! are values put together, and an expression is evaluated once for each distinct tuple.

use std::collections::BTreeMap;
use std::hash::Hash;

use indexmap::{IndexMap, IndexSet};

use super::values::amount;
use super::{Condition, Datum, EvalError, Path, Subject, Tuple, Values};
use crate::ceiling::{Bounds, Holder, Period};

/// Principals × models of one subscription that look alike to the conditions.
#[derive(Clone, Copy, Debug)]
pub struct Combination<'s> {
    /// By number.
    pub subscription: u32,
    /// Ascending.
    pub principals: &'s [u32],
    /// Ascending.
    pub models: &'s [u32],
    /// What each condition read, as far as it was asked.
    pub tuples: &'s [Tuple],
    /// The answers, up to and with the first that is not `true`.
    pub answers: &'s [Result<bool, EvalError>],
}

impl Combination<'_> {
    /// Returns one of the grants; all of them have the values that the conditions read.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            principal: self.principals.first().copied(),
            model: self.models.first().copied(),
            subscription: Some(self.subscription),
        }
    }
}

/// Evaluates conditions for every grant, in the order of subscriptions, and calls `visit` for each combination. A
/// condition is asked only where all before it hold (`where`, then `must`).
pub fn over_grants(conditions: &[&Condition], values: &Values<'_>, mut visit: impl FnMut(&Combination<'_>)) {
    let mut sweep = Sweep::new(conditions, values);
    for (subscription, number) in values.parts.subscriptions.iter().zip(0..) {
        let by_limits = if sweep.reads_grant {
            grouped(&subscription.models, |model| values.grant_limits(number, model))
        } else {
            IndexMap::from([(&[][..], subscription.models.clone())])
        };
        let own = values.tuple(&sweep.paths.subscription, Subject { subscription: Some(number), ..Subject::default() });
        let (own, _) = sweep.subscriptions.insert_full(own);
        for (limits, models) in by_limits {
            let models = grouped(&models, |model| pick(&sweep.models, model));
            for (principals, bounds) in sweep.principals(&subscription.principals, limits) {
                for models in models.values() {
                    let subject = Subject {
                        principal: principals.first().copied(),
                        model: models.first().copied(),
                        subscription: Some(number),
                    };
                    let (tuples, answers) = sweep.answers(subject, own, &bounds);
                    visit(&Combination { subscription: number, principals: &principals, models, tuples, answers });
                }
            }
        }
    }
}

/// The paths that conditions read, by variable.
#[derive(Debug, Default)]
struct Paths {
    team: Vec<Path>,
    model: Vec<Path>,
    subscription: Vec<Path>,
    /// Of `grant.ceiling`, one period.
    ceiling: Vec<Period>,
    /// Other ones of `grant`.
    grant: Vec<Path>,
}

impl Paths {
    fn of(conditions: &[&Condition]) -> Self {
        let mut paths = Self::default();
        for path in conditions.iter().flat_map(|condition| condition.reads()) {
            let place = match path.variable() {
                "team" => &mut paths.team,
                "model" => &mut paths.model,
                "subscription" => &mut paths.subscription,
                "grant" => {
                    if path.reads("grant", "ceiling") {
                        let named = path.fields().get(1);
                        let is_read = |period: &Period| named.is_none_or(|name| name == period.name());
                        paths.ceiling.extend(Period::ALL.into_iter().filter(is_read));
                    }
                    if path.fields().first().is_none_or(|name| name != "ceiling") {
                        paths.grant.push(path.clone());
                    }
                    continue;
                }
                _ => continue,
            };
            place.push(path.clone());
        }
        paths
    }
}

/// What a combination looks like: numbers of what was read of team, model and subscription, and of the grant itself.
type Look = (u32, u32, usize, Vec<Option<Datum>>);

/// What conditions read and what came out.
type Answers = (Vec<Tuple>, Vec<Result<bool, EvalError>>);

struct Sweep<'s, 'a> {
    conditions: &'s [&'s Condition],
    values: &'s Values<'a>,
    paths: Paths,
    reads_grant: bool,
    /// By principal: what was read of it, and its ceilings.
    teams: Vec<(u32, u32)>,
    /// By number: ceilings and whose.
    ceilings: IndexSet<(&'a [u32], Holder)>,
    /// By model: what was read of it, with price and endpoints.
    models: Vec<u32>,
    subscriptions: IndexSet<Tuple>,
    known: BTreeMap<Look, Answers>,
}

impl<'s, 'a> Sweep<'s, 'a> {
    fn new(conditions: &'s [&'s Condition], values: &'s Values<'a>) -> Self {
        let paths = Paths::of(conditions);
        let reads_grant = !paths.grant.is_empty() || !paths.ceiling.is_empty();
        let mut ceilings = IndexSet::new();
        let mut ceilings_of = |principal| {
            let key = if paths.ceiling.is_empty() { (&[][..], Holder::Team) } else { values.ceilings(principal) };
            u32::try_from(ceilings.insert_full(key).0).unwrap_or(u32::MAX)
        };
        let n_principals = values.parts.teams.len() + values.parts.users.len();
        let looks = classes(n_principals, |principal| {
            values.tuple(&paths.team, Subject { principal: Some(principal), ..Subject::default() })
        });
        let teams = looks.into_iter().zip(0..).map(|(look, principal)| (look, ceilings_of(principal))).collect();
        let models = classes(values.parts.models.len(), |number| {
            let subject = Subject { model: Some(number), ..Subject::default() };
            let model = values.parts.models.get(number as usize).filter(|_| reads_grant);
            (values.tuple(&paths.model, subject), model.map(|model| (model.price, model.endpoints)))
        });
        Self {
            conditions,
            values,
            paths,
            reads_grant,
            teams,
            ceilings,
            models,
            subscriptions: IndexSet::new(),
            known: BTreeMap::new(),
        }
    }

    /// Returns the principals that are alike under some limits, with the bounds of each period that is read.
    fn principals(&self, principals: &[u32], limits: &[u32]) -> Vec<(Vec<u32>, Vec<Bounds>)> {
        let alike = grouped(principals, |principal| self.teams.get(principal as usize).copied().unwrap_or_default());
        let mut merged: IndexMap<(u32, Vec<Bounds>), Vec<u32>> = IndexMap::new();
        let mut own: BTreeMap<(Holder, Period), Bounds> = BTreeMap::new();
        for ((look, ceilings), principals) in alike {
            let (ceilings, holder) = self.ceilings.get_index(ceilings as usize).copied().unwrap_or((&[], Holder::Team));
            let bounds = self.paths.ceiling.iter().map(|period| {
                let own = own.entry((holder, *period)).or_insert_with(|| self.values.bounds(limits, holder, *period));
                own.and(self.values.bounds(ceilings, holder, *period))
            });
            merged.entry((look, bounds.collect())).or_default().extend(principals);
        }
        let sorted = |((_, bounds), mut principals): ((u32, Vec<Bounds>), Vec<u32>)| {
            principals.sort_unstable();
            (principals, bounds)
        };
        merged.into_iter().map(sorted).collect()
    }

    fn answers(&mut self, subject: Subject, own: usize, bounds: &[Bounds]) -> (&[Tuple], &[Result<bool, EvalError>]) {
        let model = subject.model.and_then(|model| self.values.parts.models.get(model as usize));
        let price = model.and_then(|model| self.values.price_of(model));
        let mut grant: Vec<Option<Datum>> = bounds.iter().map(|bounds| Some(amount(bounds.spend(price)))).collect();
        grant.extend(self.values.tuple(&self.paths.grant, subject));
        let team = subject.principal.and_then(|principal| self.teams.get(principal as usize));
        let team = team.map_or(u32::MAX, |(look, _)| *look);
        let look = (team, subject.model.map_or(u32::MAX, |model| pick(&self.models, model)), own, grant);
        let (conditions, values) = (self.conditions, self.values);
        let (tuples, answers) = self.known.entry(look).or_insert_with(|| {
            let (mut tuples, mut answers) = Answers::default();
            for condition in conditions {
                let tuple = values.tuple(condition.reads(), subject);
                let answer = condition.evaluate(&tuple);
                let holds = answer == Ok(true);
                tuples.push(tuple);
                answers.push(answer);
                if !holds {
                    break;
                }
            }
            (tuples, answers)
        });
        (tuples, answers)
    }
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
fn grouped<K: Hash + Eq>(things: &[u32], key: impl Fn(u32) -> K) -> IndexMap<K, Vec<u32>> {
    let mut groups: IndexMap<K, Vec<u32>> = IndexMap::new();
    for thing in things {
        groups.entry(key(*thing)).or_default().push(*thing);
    }
    groups
}

fn pick(numbers: &[u32], index: u32) -> u32 {
    numbers.get(index as usize).copied().unwrap_or(u32::MAX)
}
