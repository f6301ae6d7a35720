//! Tests of the decision table: policies by hand, and what is in the table.

use maas_schemas::abi::{Endpoint, Measure, OBLIGATION_DEPRECATED, Over, Reason, Scope};
use maas_schemas::decision::{Decision, Request};
use maasc_hir::hir::Stage;
use maasc_hir::units::Window as Period;

use crate::eval::Reference;
use crate::evaluate::Evaluate;
use crate::ir::{ALWAYS, Ir, MemberKind, NEVER, OwnerKind, Window};
use crate::testing::{HOUR, Line, Model, Policy, Subscription, Team, acme, cost, strings, tokens};

/// Asks whether a team may chat with a model at a time.
fn ask(ir: &Ir, team: &str, model: &str, now_ms: i64) -> Decision {
    Reference::new(ir).decide(&Request {
        endpoint: Some(Endpoint::Chat),
        now_ms,
        model: Some(model.to_owned()),
        teams: vec![team.to_owned()],
        ..Request::default()
    })
}

fn amounts(decision: &Decision) -> Vec<(Measure, u64)> {
    decision.limits.iter().map(|limit| (limit.measure, limit.amount)).collect()
}

#[test]
fn a_subscription_grants_what_it_says_and_nothing_else() {
    let built = acme().build();
    let granted = ask(&built.ir, "payments", "gpt-4o", 0);
    assert_eq!(granted.reason, Reason::Allow);
    assert_eq!(amounts(&granted), [(Measure::Tokens, 1_000)]);
    assert_eq!(granted.upstreams.len(), 1);
    let rule = &built.rules[granted.rule.unwrap() as usize];
    assert_eq!(rule.document, "Subscription/standard");
    assert_eq!(ask(&built.ir, "payments", "llama", 0).reason, Reason::NotGranted);
    assert_eq!(ask(&built.ir, "marketing", "gpt-4o", 0).reason, Reason::NotGranted);
    assert_eq!(ask(&built.ir, "payments", "gpt-5", 0).reason, Reason::UnknownModel);
}

#[test]
fn equal_rows_and_columns_are_stored_once() {
    let mut policy = acme();
    for name in ["a", "b", "c"] {
        policy.models.push(Model { name: name.to_owned(), endpoints: vec![Endpoint::Chat], ..Model::default() });
        policy.teams.push(Team { name: format!("team-{name}"), ..Team::default() });
        policy.subscriptions[0].models.push(name.to_owned());
        policy.subscriptions[0].teams.push(format!("team-{name}"));
    }
    let ir = policy.build().ir;
    // Everything in the subscription is one class; `llama` and `marketing` are the others.
    assert_eq!(ir.access.rows.len(), 2);
    assert_eq!(ir.access.n_columns, 2);
    assert_eq!(ir.access.grants.len(), 1);
    assert_eq!(ir.access.cells, [[0]]);
}

#[test]
fn a_difference_that_does_not_show_makes_no_class() {
    let mut policy = acme();
    policy.models[1].endpoints = vec![Endpoint::Chat, Endpoint::Embeddings];
    policy.subscriptions[0].models = strings(&["gpt-4o", "llama"]);
    assert_eq!(policy.build().ir.access.n_columns, 2);
    policy.subscriptions[0].endpoints = Some(vec![Endpoint::Chat]);
    let ir = policy.build().ir;
    assert_eq!((ir.access.n_columns, ir.access.grants.len()), (1, 1));
}

#[test]
fn subscriptions_are_numbered_by_priority_then_name() {
    let mut policy = acme();
    let more =
        |name: &str, priority| Subscription { name: name.to_owned(), priority, ..policy.subscriptions[0].clone() };
    let more = [more("zeta", 5), more("alpha", -1), more("beta", 5)];
    policy.subscriptions.extend(more);
    let ir = policy.build().ir;
    let names: Vec<&str> = ir.subscriptions.iter().map(|subscription| subscription.name.as_str()).collect();
    assert_eq!(names, ["beta", "zeta", "standard", "alpha"]);
    assert_eq!(ask(&ir, "payments", "gpt-4o", 0).subscription, Some(0));
}

#[test]
fn of_two_lines_for_one_counter_the_tighter_holds() {
    let mut policy = acme();
    policy.quotas.push(("tier".to_owned(), vec![tokens(700, HOUR, Scope::Team), tokens(9, HOUR, Scope::User)]));
    policy.subscriptions[0].quota = Some("tier".to_owned());
    let built = policy.build();
    let granted = ask(&built.ir, "payments", "gpt-4o", 0);
    assert_eq!(amounts(&granted), [(Measure::Tokens, 9), (Measure::Tokens, 700)]);
    let documents: Vec<&str> =
        granted.limits.iter().map(|limit| built.rules[limit.rule as usize].document.as_str()).collect();
    assert_eq!(documents, ["Quota/tier", "Quota/tier"]);
    // The counters are the subscription's own all the same.
    assert!(built.ir.limits.iter().all(|limit| limit.owner_kind == OwnerKind::Subscription));
}

#[test]
fn a_line_of_one_model_replaces_the_equal_line_and_may_be_higher() {
    let mut policy = acme();
    policy.subscriptions[0].models = strings(&["gpt-4o", "llama"]);
    policy.subscriptions[0].limits.push(tokens(50, Period::Month, Scope::Team).over(Over::Subscription));
    policy.subscriptions[0].per_model =
        vec![("llama".to_owned(), vec![tokens(5_000, HOUR, Scope::Team), tokens(7, Period::Day, Scope::Team)])];
    let ir = policy.build().ir;
    let sum = |model: &str| {
        let mut amounts: Vec<u64> = ask(&ir, "payments", model, 0).limits.iter().map(|limit| limit.amount).collect();
        amounts.sort_unstable();
        amounts
    };
    assert_eq!(sum("gpt-4o"), [50, 1_000]);
    assert_eq!(sum("llama"), [7, 50, 5_000]);
    // One counter, so one key.
    let hourly = ir.limits.iter().filter(|limit| limit.window == Window::Fixed(3_600));
    let keys: Vec<u64> = hourly.map(|limit| limit.key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn ceilings_follow_in_the_order_own_parents_organization() {
    let mut policy = acme();
    let ceiling = |units| vec![cost(units, Period::Month, Scope::Team).ceiling()];
    policy.ceilings = vec![cost(9_000, Period::Month, Scope::Organization).ceiling()];
    policy.teams[0].limits = ceiling(10);
    policy.teams[0].parent = Some("zz-retail".to_owned());
    policy.teams.push(Team {
        name: "zz-retail".to_owned(),
        limits: ceiling(100),
        parent: Some("aa-all".to_owned()),
        cost_centre: Some("CC-1"),
        ..Team::default()
    });
    policy.teams.push(Team { name: "aa-all".to_owned(), limits: ceiling(1_000), ..Team::default() });
    let ir = policy.build().ir;
    let granted = ask(&ir, "payments", "gpt-4o", 0);
    let units: Vec<u64> = granted.limits[1..].iter().map(|limit| limit.amount / 1_000_000_000).collect();
    assert_eq!(units, [10, 100, 1_000, 9_000]);
    let owners: Vec<Option<u32>> = granted.limits.iter().map(|limit| limit.owner).collect();
    let number = |name: &str| ir.teams.iter().position(|team| team.name == name).map(|at| u32::try_from(at).unwrap());
    assert_eq!(owners, [None, number("payments"), number("zz-retail"), number("aa-all"), None]);
    assert_eq!(ir.teams[number("payments").unwrap() as usize].cost_centre, "CC-1");
}

#[test]
fn a_user_with_grants_of_his_own_is_a_team_of_one() {
    let mut policy = acme();
    policy.ceilings = vec![cost(5, Period::Day, Scope::Organization).ceiling()];
    policy.teams[1].users = strings(&["corp:ana"]);
    policy.teams[1].limits = vec![cost(1, Period::Day, Scope::Team).ceiling()];
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    let ir = policy.build().ir;
    assert_eq!(ir.users.len(), 1);
    let marketing = ir.members.iter().find(|member| member.kind == MemberKind::User).unwrap();
    assert_eq!((marketing.name.as_str(), &*marketing.principals), ("corp:ana", &[0, 2][..]));
    let granted = Reference::new(&ir).decide(&Request {
        endpoint: Some(Endpoint::Chat),
        model: Some("gpt-4o".to_owned()),
        user: Some("corp:ana".to_owned()),
        ..Request::default()
    });
    assert_eq!((granted.reason, granted.team), (Reason::Allow, Some(2)));
    // The organization's ceiling, not that of the team he is a member of.
    assert_eq!(granted.limits.last().unwrap().scope, Scope::Organization);
    assert_eq!(granted.limits.len(), 2);
    assert_eq!(ir.users[0].rule, ir.subscriptions[0].principal_rules[1]);
}

#[test]
fn grants_begin_and_end_and_say_why() {
    let mut policy = acme();
    policy.subscriptions[0].starts_at = Some(100);
    policy.subscriptions[0].expires_at = Some(300);
    let reason = |policy: &Policy, now| ask(&policy.build().ir, "payments", "gpt-4o", now).reason;
    assert_eq!(reason(&policy, 99), Reason::NotStarted);
    assert_eq!(reason(&policy, 100), Reason::Allow);
    assert_eq!(reason(&policy, 299), Reason::Allow);
    assert_eq!(reason(&policy, 300), Reason::Ended);
    policy.models[0].retires_at = Some(200);
    assert_eq!(reason(&policy, 199), Reason::Allow);
    assert_eq!(reason(&policy, 200), Reason::ModelRetired);
    // The first end stays the reason.
    policy.models[0].retires_at = Some(301);
    assert_eq!(reason(&policy, 302), Reason::Ended);
    policy.models[0].retires_at = Some(300);
    assert_eq!(reason(&policy, 300), Reason::ModelRetired);
    policy.models[0].stage = Stage::Retired;
    assert_eq!(reason(&policy, 0), Reason::ModelRetired);
}

#[test]
fn drafts_do_not_exist_and_deprecated_models_say_so() {
    let mut policy = acme();
    policy.models[1].stage = Stage::Draft;
    policy.subscriptions[0].models.push("llama".to_owned());
    policy.models[0].stage = Stage::Deprecated;
    let ir = policy.build().ir;
    assert_eq!(ask(&ir, "payments", "llama", 0).reason, Reason::UnknownModel);
    assert_eq!(ir.subscriptions[0].models, [0]);
    assert_eq!(ask(&ir, "payments", "gpt-4o", 0).obligations, OBLIGATION_DEPRECATED);
}

#[test]
fn documents_of_other_environments_are_not_there() {
    let mut policy = acme();
    policy.gateways = vec!["dev", "prod"];
    let dev = || Some(vec!["dev"]);
    policy.teams.push(Team {
        name: "division".to_owned(),
        gateways: dev(),
        parent: Some("root".to_owned()),
        limits: vec![cost(1, Period::Day, Scope::Team).ceiling()],
        ..Team::default()
    });
    let limits = vec![cost(2, Period::Day, Scope::Team).ceiling()];
    policy.teams.push(Team { name: "root".to_owned(), limits, ..Team::default() });
    policy.teams[0].parent = Some("division".to_owned());
    policy.models[1].gateways = dev();
    policy.subscriptions[0].models.push("llama".to_owned());
    let extra =
        Subscription { name: "extra".to_owned(), gateways: dev(), priority: 9, ..policy.subscriptions[0].clone() };
    policy.subscriptions.push(extra);

    let dev = policy.build_with(0, 0).ir;
    assert_eq!((dev.teams.len(), dev.models.len(), dev.subscriptions.len()), (4, 2, 2));
    assert_eq!(ask(&dev, "payments", "gpt-4o", 0).limits.len(), 3);
    let prod = policy.build_with(0, 1).ir;
    assert_eq!((prod.teams.len(), prod.models.len(), prod.subscriptions.len()), (3, 1, 1));
    // The division is passed over, what stands above it counts.
    let granted = ask(&prod, "payments", "gpt-4o", 0);
    assert_eq!(granted.limits.len(), 2);
    assert_eq!(prod.limits[granted.limits.len() - 1].owner, "root");
}

#[test]
fn upstreams_are_in_the_order_to_try() {
    let mut policy = acme();
    policy.models[0].upstreams =
        vec![("azure".to_owned(), 1, 1), ("azure".to_owned(), 10, 0), ("local".to_owned(), 90, 0)];
    let ir = policy.build().ir;
    let granted = ask(&ir, "payments", "gpt-4o", 0);
    let order: Vec<(u8, u16)> = granted.upstreams.iter().map(|upstream| (upstream.tier, upstream.weight)).collect();
    assert_eq!(order, [(0, 90), (0, 10), (1, 1)]);
    assert_eq!(ir.models[0].regions, ["eu", "us"]);
}

#[test]
fn names_of_limits_read_as_sentences() {
    let mut policy = acme();
    let subscription = &mut policy.subscriptions[0];
    subscription.limits.push(cost(4, Period::Month, Scope::Organization).over(Over::Subscription));
    subscription.limits.push(Line { measure: Measure::Concurrency, ..tokens(8, Period::None, Scope::User) });
    policy.teams[0].limits = vec![cost(7, Period::Week, Scope::Team).ceiling()];
    insta::assert_snapshot!(policy.build().ir.names.join("\n"), @r"
    Subscription/standard: 1000 tokens per 1h for each team and model
    Subscription/standard: 4 USD per month for all callers together, all models together
    Subscription/standard: 8 requests at the same time for each user and model
    Team/payments: 7 USD per week for the team and all below it
    ");
}

#[test]
fn an_open_interval_has_no_bounds() {
    let ir = acme().build().ir;
    let grant = &ir.access.grants[0];
    assert_eq!((grant.from_ms, grant.until_ms), (ALWAYS, NEVER));
    assert_eq!((grant.before, grant.after), (Reason::NotStarted, Reason::Ended));
}
