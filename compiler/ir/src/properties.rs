//! Properties of decision tables over random policies: one meaning whatever the layout, exact classes, and an
//! independent reading of the language that must come to the same answers.

use std::collections::BTreeSet;

use maas_schemas::abi::{Endpoint, Reason, Scope};
use maas_schemas::decision::Request;
use maasc_hir::hir::{Exposure, Stage};
use maasc_hir::units::Window;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::digest;
use crate::eval::Reference;
use crate::evaluate::Evaluate;
use crate::ir::Ir;
use crate::testing::{Approval, HOUR, Line, Model, Policy, Requirement, Subscription, Team, cost, strings, tokens};

const TEAMS: &[&str] = &["t0", "t1", "t2", "t3", "t4"];
const USERS: &[&str] = &["corp:u0", "corp:u1", "corp:u2"];
const GROUPS: &[&str] = &["corp:g0", "corp:g1", "corp:g2"];
const ACCOUNTS: &[&str] = &["ns/a0", "ns/a1"];
const MODELS: &[&str] = &["m0", "m1", "m2", "m3"];
const SUBSCRIPTIONS: &[&str] = &["s0", "s1", "s2", "s3", "s4"];
const TIMES: &[i64] = &[-10, 0, 10, 20];

fn some_of(names: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    subsequence(names, 0..=names.len()).prop_map(|names| strings(&names))
}

fn line() -> impl Strategy<Value = Line> {
    let window = select(vec![HOUR, Window::Day, Window::Month]);
    let scope = select(vec![Scope::User, Scope::Team, Scope::Organization]);
    (0_u64..3, window, scope, any::<bool>()).prop_map(|(amount, window, scope, is_cost)| {
        if is_cost { cost(amount, window, scope) } else { tokens(amount, window, scope) }
    })
}

fn ceilings() -> impl Strategy<Value = Vec<Line>> {
    vec(line().prop_map(Line::ceiling), 0..2)
}

fn team(position: usize) -> impl Strategy<Value = Team> {
    let parent = option::of(position + 1..TEAMS.len().max(position + 2));
    let label = option::of(select(vec!["retail", "wholesale"]));
    (some_of(GROUPS), some_of(USERS), some_of(ACCOUNTS), parent, label, ceilings()).prop_map(
        move |(groups, users, accounts, parent, label, limits)| Team {
            name: TEAMS[position].to_owned(),
            groups,
            users,
            accounts,
            parent: parent.and_then(|parent| TEAMS.get(parent)).map(|name| (*name).to_owned()),
            labels: label.map(|label| ("division", label)).into_iter().collect(),
            limits,
            ..Team::default()
        },
    )
}

fn endpoints() -> impl Strategy<Value = Vec<Endpoint>> {
    subsequence(vec![Endpoint::Chat, Endpoint::Embeddings], 1..=2)
}

fn model(position: usize) -> impl Strategy<Value = Model> {
    let stage = select(vec![Stage::Approved, Stage::Approved, Stage::Deprecated, Stage::Draft, Stage::Retired]);
    let upstream = (select(vec!["local", "azure"]), 1_u16..3, 0_u8..2)
        .prop_map(|(provider, weight, tier)| (provider.to_owned(), weight, tier));
    let facts = (endpoints(), stage, option::of(select(TIMES)), any::<bool>());
    (facts, vec(upstream, 1..3), any::<bool>()).prop_map(
        move |((endpoints, stage, retires_at, hidden), upstreams, is_facing)| Model {
            name: MODELS[position].to_owned(),
            aliases: vec![format!("alias/{position}")],
            endpoints,
            stage,
            retires_at,
            hidden,
            upstreams,
            exposure: if is_facing { Exposure::CustomerFacing } else { Exposure::Internal },
            price: Some((1, 1, 2)),
            ..Model::default()
        },
    )
}

fn subscription(position: usize) -> impl Strategy<Value = Subscription> {
    let who = (some_of(TEAMS), some_of(USERS));
    let per_model = vec((select(MODELS), vec(line(), 1..2)), 0..2);
    let limits = (vec(line(), 0..3), option::of(Just("quota".to_owned())), per_model);
    let when = (option::of(select(TIMES)), option::of(select(TIMES)), -1..2);
    (who, some_of(MODELS), option::of(endpoints()), limits, when).prop_map(
        move |((teams, users), models, endpoints, (limits, quota, per_model), (starts_at, expires_at, priority))| {
            Subscription {
                name: SUBSCRIPTIONS[position].to_owned(),
                teams,
                users,
                models,
                endpoints,
                limits,
                quota,
                per_model: per_model.into_iter().map(|(model, lines)| (model.to_owned(), lines)).collect(),
                priority,
                starts_at,
                expires_at,
                ..Subscription::default()
            }
        },
    )
}

/// A policy without approvals.
fn plain() -> impl Strategy<Value = Policy> {
    let teams: Vec<_> = (0..TEAMS.len()).map(team).collect();
    let models: Vec<_> = (0..MODELS.len()).map(model).collect();
    let subscriptions: Vec<_> = (0..SUBSCRIPTIONS.len()).map(subscription).collect();
    (teams, models, subscriptions, vec(line(), 0..2), ceilings()).prop_map(
        |(teams, models, subscriptions, quota, ceilings)| Policy {
            ceilings,
            teams,
            providers: vec![("azure".to_owned(), "us"), ("local".to_owned(), "eu")],
            models,
            quotas: vec![("quota".to_owned(), quota)],
            subscriptions,
            ..Policy::default()
        },
    )
}

/// A policy in which some grants need consent.
fn governed() -> impl Strategy<Value = Policy> {
    (plain(), 0_usize..4).prop_map(|(mut policy, n_requirements)| {
        let requirement = |name, when, reads| Requirement { name, when, reads, role: "board", not_by_owner: false };
        policy.roles = vec![("board", vec![], strings(USERS))];
        policy.requirements = vec![
            requirement("facing", "model.exposure == 'customer-facing'", vec!["model.exposure"]),
            requirement("retail", "team.labels.division == 'retail'", vec!["team.labels.division"]),
            requirement("spend", "grant.ceiling.month > 10", vec!["grant.ceiling.month"]),
        ];
        policy.requirements.truncate(n_requirements);
        if n_requirements > 0 {
            let by = Approval { by: "corp:u0", role: "board", requirement: "facing", ..Approval::default() };
            policy.approvals =
                vec![Approval { name: "a", model: Some("m0"), digest: Some("sha256:0".to_owned()), ..by }];
        }
        policy
    })
}

fn callers() -> impl Strategy<Value = Request> {
    let who = (some_of(TEAMS), option::of(select(USERS)), some_of(GROUPS), option::of(select(ACCOUNTS)));
    (who, option::of(select(SUBSCRIPTIONS)), select(TIMES)).prop_map(
        |((teams, user, groups, account), subscription, now_ms)| Request {
            now_ms,
            subscription: subscription.map(str::to_owned),
            teams,
            user: user.map(str::to_owned),
            groups,
            service_account: account.map(str::to_owned),
            ..Request::default()
        },
    )
}

/// An independent reading of the language: reason, team and subscription.
fn oracle(
    policy: &Policy,
    request: &Request,
    model: &Model,
    endpoint: Endpoint,
) -> (Reason, Option<String>, Option<String>) {
    if model.stage == Stage::Draft {
        return (Reason::UnknownModel, None, None);
    }
    let named = |names: &[String], name: &Option<String>| name.as_ref().is_some_and(|name| names.contains(name));
    let is_member = |team: &&Team| {
        if request.teams.is_empty() {
            named(&team.users, &request.user)
                || named(&team.accounts, &request.service_account)
                || team.groups.iter().any(|group| request.groups.contains(group))
        } else {
            request.teams.contains(&team.name)
        }
    };
    // Names of teams stand before those of users.
    let teams: BTreeSet<(bool, String)> =
        policy.teams.iter().filter(is_member).map(|team| (false, team.name.clone())).collect();
    let has_own = policy.subscriptions.iter().any(|subscription| named(&subscription.users, &request.user));
    let own = request.user.clone().filter(|_| has_own).map(|user| (true, user));
    let principals: BTreeSet<(bool, String)> = teams.into_iter().chain(own).collect();
    if principals.is_empty() {
        return (Reason::NoTeam, None, None);
    }
    let mut subscriptions: Vec<&Subscription> = policy.subscriptions.iter().collect();
    subscriptions.sort_by_key(|subscription| (-subscription.priority, subscription.name.clone()));
    let mut best: Option<(u8, Reason, String, String)> = None;
    for subscription in subscriptions.into_iter().filter(|subscription| subscription.models.contains(&model.name)) {
        for (is_user, principal) in &principals {
            let granted = if *is_user { &subscription.users } else { &subscription.teams };
            if !granted.contains(principal) {
                continue;
            }
            let (n_passed, reason) = judge(request, subscription, model, endpoint);
            if best.as_ref().is_none_or(|best| n_passed > best.0) {
                best = Some((n_passed, reason, principal.clone(), subscription.name.clone()));
            }
        }
    }
    best.map_or((Reason::NotGranted, None, None), |(_, reason, team, subscription)| {
        (reason, Some(team), Some(subscription))
    })
}

fn judge(request: &Request, subscription: &Subscription, model: &Model, endpoint: Endpoint) -> (u8, Reason) {
    if request.subscription.as_ref().is_some_and(|name| *name != subscription.name) {
        return (0, Reason::OtherSubscription);
    }
    let retires = if model.stage == Stage::Retired { Some(i64::MIN) } else { model.retires_at };
    let is_retired = retires.is_some_and(|time| request.now_ms >= time);
    let is_over = subscription.expires_at.is_some_and(|time| request.now_ms >= time);
    match (is_retired, is_over) {
        (true, true) if retires <= subscription.expires_at => return (1, Reason::ModelRetired),
        (_, true) => return (1, Reason::Ended),
        (true, false) => return (1, Reason::ModelRetired),
        (false, false) => {}
    }
    if subscription.starts_at.is_some_and(|time| request.now_ms < time) {
        return (1, Reason::NotStarted);
    }
    let serves = |endpoints: &[Endpoint]| endpoints.contains(&endpoint);
    if !serves(&model.endpoints) || subscription.endpoints.as_ref().is_some_and(|endpoints| !serves(endpoints)) {
        return (2, Reason::EndpointNotServed);
    }
    (3, Reason::Allow)
}

/// Returns the grants of each pair of principal and model, one after the other.
fn cells_of(ir: &Ir, principal: usize, model: usize) -> Vec<&crate::ir::Grant> {
    ir.candidates(u32::try_from(principal).unwrap(), u32::try_from(model).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_layout_of_files_means_nothing(policy in governed(), seeds in any::<[u64; 2]>()) {
        let [one, other] = seeds.map(|seed| policy.build_with(seed, 0));
        prop_assert_eq!(&one.ir, &other.ir);
        prop_assert_eq!(digest::of_ir(&one.ir), digest::of_ir(&other.ir));
        prop_assert_eq!(crate::print::print(&one.ir).to_string(), crate::print::print(&other.ir).to_string());
    }

    #[test]
    fn answers_are_those_of_the_language(policy in plain(), callers in vec(callers(), 8)) {
        let ir = policy.build().ir;
        let mut reference = Reference::new(&ir);
        for caller in callers {
            for model in &policy.models {
                for endpoint in [Endpoint::Chat, Endpoint::Embeddings] {
                    let request = Request { endpoint: Some(endpoint), model: Some(model.name.clone()), ..caller.clone() };
                    let decision = reference.decide(&request);
                    let identified = Request { user: None, teams: vec![], groups: vec![], service_account: None, ..request.clone() } != request;
                    let expect = if identified { oracle(&policy, &request, model, endpoint) } else { (Reason::NotIdentified, None, None) };
                    let team = decision.team.map(|team| ir.principal_name(team).to_owned());
                    let subscription = decision.subscription.map(|number| ir.subscriptions[number as usize].name.clone());
                    prop_assert_eq!((decision.reason, team, subscription), expect, "{:?}", request);
                    let alias = Request { model: Some(model.name.replace('m', "alias/")), ..request };
                    prop_assert_eq!(reference.decide(&alias), decision);
                }
            }
        }
    }

    #[test]
    fn classes_are_exact(policy in governed()) {
        let ir = policy.build().ir;
        let (n_principals, n_models) = (ir.n_principals(), ir.models.len());
        let row = |principal| (0..n_models).map(|model| cells_of(&ir, principal, model)).collect::<Vec<_>>();
        let column = |model| (0..n_principals).map(|principal| cells_of(&ir, principal, model)).collect::<Vec<_>>();
        for one in 0..n_principals {
            for other in 0..one {
                prop_assert_eq!(row(one) == row(other), ir.access.row_of[one] == ir.access.row_of[other]);
            }
        }
        for one in 0..n_models {
            for other in 0..one {
                prop_assert_eq!(column(one) == column(other), ir.models[one].column == ir.models[other].column);
            }
        }
    }

    #[test]
    fn tables_are_in_canonical_form(policy in governed()) {
        let built = policy.build();
        let ir = &built.ir;
        prop_assert_eq!(ir.n_rules as usize, built.rules.len());
        prop_assert!(ir.limits.is_sorted() && ir.names.is_sorted() && ir.approvals.is_sorted());
        let is_strictly_sorted = |length: usize, is_less: &dyn Fn(usize) -> bool| (1..length).all(is_less);
        let access = &ir.access;
        prop_assert!(is_strictly_sorted(access.grants.len(), &|at| access.grants[at - 1] < access.grants[at]));
        prop_assert!(is_strictly_sorted(access.cells.len(), &|at| access.cells[at - 1] < access.cells[at]));
        prop_assert!(is_strictly_sorted(access.rows.len(), &|at| access.rows[at - 1] < access.rows[at]));
        for cell in &access.cells {
            let subscriptions: Vec<u32> = cell.iter().map(|grant| access.grants[*grant as usize].subscription).collect();
            prop_assert!((1..subscriptions.len()).all(|at| subscriptions[at - 1] < subscriptions[at]));
        }
        let used: BTreeSet<u32> = access.rows.iter().flatten().map(|(_, cell)| *cell).collect();
        prop_assert_eq!(used.len(), access.cells.len());
        prop_assert!(crate::normalize::key_collisions(&ir.limits).is_empty());
        let again = digest::from_json(&digest::to_json(ir).unwrap()).unwrap();
        prop_assert_eq!(ir, &again);
    }

    #[test]
    fn the_three_questions_agree(policy in governed(), caller in callers()) {
        let ir = policy.build().ir;
        let mut reference = Reference::new(&ir);
        let visible = reference.visible(&caller);
        let teams = reference.teams(&caller);
        let names: Vec<String> = teams.iter().map(|team| ir.principal_name(*team).to_owned()).collect();
        for (model, is_visible) in ir.models.iter().zip(visible) {
            let ask = |endpoint: &Endpoint| Request { endpoint: Some(*endpoint), model: Some(model.name.clone()), ..caller.clone() };
            let answers: Vec<_> = Endpoint::ALL.iter().map(|endpoint| reference.decide(&ask(endpoint))).collect();
            prop_assert_eq!(is_visible, answers.iter().any(|answer| answer.is_allowed()));
            if !names.is_empty() {
                for (endpoint, answer) in Endpoint::ALL.iter().zip(answers) {
                    let cached = Request { teams: names.clone(), ..ask(endpoint) };
                    prop_assert_eq!(reference.decide(&cached), answer);
                }
            }
        }
    }
}
