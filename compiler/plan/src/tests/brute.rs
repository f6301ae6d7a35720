//! The same answer by brute force: every caller, model, endpoint, named subscription and instant, one request each.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::abi::Endpoint;
use maas_schemas::decision::{Decision, Request};
use maas_schemas::plan::{CallerKind, ChangeClass};
use maasc_ir::calendar::breakpoints;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::{Ir, MemberKind, OwnerKind};
use proptest::prelude::*;

use super::random::{Dice, Policy};
use super::{AT, World, compare, lenient};

type Cell = (CallerKind, String, String);

/// What an answer means to whoever asks, without indices.
#[derive(Clone, Debug, PartialEq)]
struct Meaning {
    subscription: String,
    /// Terms of each limit without the amount (of subscriptions without the owner), then amount.
    limits: BTreeMap<String, u64>,
    cap: u32,
    route: Vec<String>,
}

fn meaning(ir: &Ir, decision: &Decision) -> Option<Meaning> {
    if !decision.is_allowed() {
        return None;
    }
    let by_key: BTreeMap<u64, _> = ir.limits.iter().map(|limit| (limit.key, limit)).collect();
    let limits = decision.limits.iter().map(|limit| {
        let known = by_key[&limit.key];
        let owner = if known.owner_kind == OwnerKind::Subscription { "" } else { &known.owner };
        let (measure, count, scope, over) = (limit.measure, limit.count, limit.scope, limit.over);
        (format!("{owner}/{measure}/{count}/{scope}/{over}/{:?}", known.window), limit.amount)
    });
    let upstreams = decision.upstreams.iter().map(|choice| {
        let upstream = &ir.upstreams[choice.upstream as usize];
        let provider = &ir.providers[upstream.provider as usize];
        format!("{} {} {}/{}", choice.tier, provider.region, provider.name, upstream.model)
    });
    Some(Meaning {
        subscription: ir.subscriptions[decision.subscription.unwrap() as usize].name.clone(),
        limits: limits.collect(),
        cap: decision.max_output_tokens,
        route: upstreams.collect(),
    })
}

fn classes(before: &Ir, after: &Ir, kind: CallerKind, caller: &str, model: &str) -> BTreeSet<ChangeClass> {
    let mut judges = (Reference::new(before), Reference::new(after));
    let mut times: BTreeSet<i64> = [AT].into();
    for ir in [before, after] {
        times.extend(breakpoints(ir).into_iter().filter(|time| *time > AT).flat_map(|time| [time - 1, time, time + 1]));
    }
    let names = before.subscriptions.iter().chain(&after.subscriptions).map(|found| Some(found.name.clone()));
    let names: BTreeSet<Option<String>> = names.chain([None]).collect();
    let (mut was, mut is) = (false, false);
    let (mut wider, mut narrower, mut rerouted, mut expires) = (false, false, false, false);
    for now_ms in &times {
        for endpoint in Endpoint::ALL {
            for subscription in &names {
                let mut request = Request {
                    endpoint: Some(*endpoint),
                    now_ms: *now_ms,
                    model: Some(model.to_owned()),
                    subscription: subscription.clone(),
                    ..Request::default()
                };
                match kind {
                    CallerKind::Team | CallerKind::User => request.teams.push(caller.to_owned()),
                    CallerKind::Group => request.groups.push(caller.to_owned()),
                    CallerKind::Member => request.user = Some(caller.to_owned()),
                    CallerKind::ServiceAccount => request.service_account = Some(caller.to_owned()),
                }
                let from = meaning(before, &judges.0.decide(&request));
                let to = meaning(after, &judges.1.decide(&request));
                was |= from.is_some();
                is |= to.is_some();
                match (from, to) {
                    (None, None) => {}
                    (None, Some(_)) => wider = true,
                    (Some(_), None) if *now_ms == AT => narrower = true,
                    (Some(_), None) => expires = true,
                    (Some(from), Some(to)) => {
                        rerouted |= from.route != to.route;
                        if from.subscription != to.subscription {
                            (wider, narrower) = (true, true);
                        }
                        let cap = |cap: u32| if cap == 0 { u32::MAX } else { cap };
                        wider |= cap(to.cap) > cap(from.cap);
                        narrower |= cap(to.cap) < cap(from.cap);
                        let places: BTreeSet<&String> = from.limits.keys().chain(to.limits.keys()).collect();
                        for place in places {
                            let amount = |meaning: &Meaning| meaning.limits.get(place).copied().unwrap_or(u64::MAX);
                            wider |= amount(&to) > amount(&from);
                            narrower |= amount(&to) < amount(&from);
                        }
                    }
                }
            }
        }
    }
    match (was, is) {
        (false, false) => return BTreeSet::new(),
        (false, true) => return [ChangeClass::Granted].into(),
        (true, false) => return [ChangeClass::Revoked].into(),
        (true, true) => {}
    }
    let mut classes = BTreeSet::new();
    if wider || narrower {
        classes.insert(match (wider, narrower) {
            (true, true) => ChangeClass::Mixed,
            (true, false) => ChangeClass::Widened,
            _ => ChangeClass::Narrowed,
        });
    }
    classes.extend(rerouted.then_some(ChangeClass::Rerouted));
    classes.extend((expires && !narrower_now(before, after, kind, caller, model)).then_some(ChangeClass::Expiring));
    classes
}

/// Says whether somebody is refused right now who was not: then an earlier end is no news.
fn narrower_now(before: &Ir, after: &Ir, kind: CallerKind, caller: &str, model: &str) -> bool {
    let mut judges = (Reference::new(before), Reference::new(after));
    let names = before.subscriptions.iter().chain(&after.subscriptions).map(|found| Some(found.name.clone()));
    names.chain([None]).any(|subscription| {
        Endpoint::ALL.iter().any(|endpoint| {
            let mut request = Request {
                endpoint: Some(*endpoint),
                now_ms: AT,
                model: Some(model.to_owned()),
                subscription: subscription.clone(),
                ..Request::default()
            };
            match kind {
                CallerKind::Team | CallerKind::User => request.teams.push(caller.to_owned()),
                CallerKind::Group => request.groups.push(caller.to_owned()),
                CallerKind::Member => request.user = Some(caller.to_owned()),
                CallerKind::ServiceAccount => request.service_account = Some(caller.to_owned()),
            }
            judges.0.decide(&request).is_allowed() && !judges.1.decide(&request).is_allowed()
        })
    })
}

fn names(ir: &Ir) -> BTreeSet<(CallerKind, String)> {
    let teams = ir.teams.iter().map(|team| (CallerKind::Team, team.name.clone()));
    teams.chain(ir.users.iter().map(|user| (CallerKind::User, user.name.clone()))).collect()
}

fn check(before: &World, after: &World) -> Result<(), TestCaseError> {
    let plan = compare(before, after);
    let (from, to) = (&before.gateways["default"].0.ir, &after.gateways["default"].0.ir);
    let mut found: BTreeMap<Cell, BTreeSet<ChangeClass>> = BTreeMap::new();
    for change in &plan.access_changes {
        let mut n_cells = 0;
        for caller in &change.callers {
            for model in &change.models {
                n_cells += 1;
                let classes = change.also.iter().copied().chain([change.class]).collect();
                let cell = (change.kind, caller.clone(), model.clone());
                prop_assert!(found.insert(cell.clone(), classes).is_none(), "twice: {:?}", cell);
            }
        }
        prop_assert_eq!(n_cells, change.cells);
    }
    let models = from.models.iter().chain(&to.models).map(|model| model.name.clone()).collect::<BTreeSet<_>>();
    let mut callers: BTreeSet<_> = names(from).into_iter().chain(names(to)).collect();
    // A group whose teams are others than before, teams of one side apart.
    let groups = [from, to].map(|ir| {
        let both: BTreeSet<&str> = from
            .teams
            .iter()
            .filter(|team| to.teams.iter().any(|other| other.name == team.name))
            .map(|team| team.name.as_str())
            .collect();
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for member in ir.members.iter().filter(|member| member.kind == MemberKind::Group) {
            let teams = member.principals.iter().map(|principal| ir.principal_name(*principal).to_owned());
            groups.entry(member.name.clone()).or_default().extend(teams.filter(|team| both.contains(&**team)));
        }
        groups
    });
    for group in groups[0].keys().chain(groups[1].keys()) {
        let teams = |side: usize| groups[side].get(group).cloned().unwrap_or_default();
        if teams(0) != teams(1) {
            callers.insert((CallerKind::Group, group.clone()));
        }
    }
    let n_effective = found.values().filter(|classes| !classes.contains(&ChangeClass::SourceMoved)).count();
    let mut n_expected = 0;
    for (kind, caller) in &callers {
        for model in &models {
            let expected = classes(from, to, *kind, caller, model);
            n_expected += usize::from(!expected.is_empty());
            let mut got = found.get(&(*kind, caller.clone(), model.clone())).cloned().unwrap_or_default();
            got.remove(&ChangeClass::SourceMoved);
            prop_assert_eq!(&got, &expected, "{:?} {} {}", kind, caller, model);
        }
    }
    prop_assert_eq!(n_effective, n_expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn edits_are_what_brute_force_says(seed: u64) {
        let mut dice = Dice(seed);
        let policy = Policy::random(&mut dice);
        let edited = policy.edited(&mut dice);
        let (before, after) = (policy.yaml(), edited.yaml());
        check(&lenient(&before), &lenient(&after)).map_err(|error| {
            TestCaseError::fail(format!("{error}\n--- before\n{before}\n--- after\n{after}"))
        })?;
    }

    #[test]
    fn unrelated_policies_too(seed: u64) {
        let mut dice = Dice(seed);
        let (before, after) = (Policy::random(&mut dice).yaml(), Policy::random(&mut dice).yaml());
        check(&lenient(&before), &lenient(&after)).map_err(|error| {
            TestCaseError::fail(format!("{error}\n--- before\n{before}\n--- after\n{after}"))
        })?;
    }
}
