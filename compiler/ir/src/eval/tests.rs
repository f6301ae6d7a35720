//! Tests of the reference evaluator: each step of the procedure, and what each refusal reports.

use maas_schemas::abi::{Endpoint, Reason, Scope};
use maas_schemas::decision::{Decision, Request};

use super::{Reference, fits};
use crate::evaluate::Evaluate;
use crate::ir::Ir;
use crate::testing::{HOUR, Policy, Subscription, Team, acme, strings, tokens};

fn request(model: &str) -> Request {
    Request { endpoint: Some(Endpoint::Chat), model: Some(model.to_owned()), ..Request::default() }
}

fn as_teams(model: &str, teams: &[&str]) -> Request {
    Request { teams: strings(teams), ..request(model) }
}

fn check(ir: &Ir, request: &Request, reason: Reason) -> Decision {
    let decision = Reference::new(ir).decide(request);
    assert_eq!(decision.reason, reason, "{request:?}");
    decision
}

/// A second subscription for payments, before the first in the order.
fn with_first(change: impl Fn(&mut Subscription)) -> Policy {
    let mut policy = acme();
    let mut first = Subscription { name: "first".to_owned(), priority: 1, ..policy.subscriptions[0].clone() };
    change(&mut first);
    policy.subscriptions.push(first);
    policy
}

#[test]
fn a_request_that_the_abi_cannot_carry_is_malformed() {
    let ir = acme().build().ir;
    let known = as_teams("gpt-4o", &["payments"]);
    for wrong in [
        Request { endpoint: None, ..known.clone() },
        Request { model: None, ..known.clone() },
        Request { user: Some("x".repeat(1_025)), ..known.clone() },
        Request { teams: vec!["a".to_owned(); 65], ..known.clone() },
        Request { groups: vec!["a".to_owned(); 511], ..known.clone() },
        Request { groups: vec!["a".repeat(1_000); 17], ..known },
    ] {
        let decision = check(&ir, &wrong, Reason::Malformed);
        assert_eq!(decision, Decision::refusal(Reason::Malformed, false));
        assert_eq!(decision.http, 503);
    }
}

#[test]
fn what_fits_is_what_can_be_encoded() {
    let name = |length: usize| "a".repeat(length);
    for request in [
        Request::default(),
        as_teams("m", &["payments"]),
        Request { user: Some(name(1_024)), ..Request::default() },
        Request { user: Some(name(1_025)), ..Request::default() },
        Request { teams: vec![name(1); 64], ..Request::default() },
        Request { teams: vec![name(1); 65], ..Request::default() },
        Request { groups: vec![name(1); 512], ..Request::default() },
        Request { groups: vec![name(1); 513], ..Request::default() },
        Request { groups: vec![name(1_000); 16], ..Request::default() },
        Request { groups: vec![name(1_016); 16], ..Request::default() },
        Request { groups: vec![name(1_000); 17], ..Request::default() },
    ] {
        assert_eq!(fits(&request), request.encode_into(&mut Vec::new()).is_ok());
    }
}

#[test]
fn a_stranger_learns_nothing_about_models() {
    let ir = acme().build().ir;
    for model in ["gpt-4o", "no-such-model"] {
        let decision = check(&ir, &request(model), Reason::NotIdentified);
        assert_eq!(decision, Decision::refusal(Reason::NotIdentified, false));
        assert_eq!(decision.http, 401);
    }
    let decision = check(&ir, &as_teams("no-such-model", &["payments"]), Reason::UnknownModel);
    assert_eq!(decision, Decision::refusal(Reason::UnknownModel, false));
}

#[test]
fn without_principals_or_candidates_the_model_is_the_closest_line() {
    let mut policy = acme();
    let refused = |policy: &Policy, request: &Request, reason| {
        let ir = policy.build().ir;
        let decision = check(&ir, request, reason);
        assert_eq!((decision.model, decision.rule), (Some(0), Some(ir.models[0].rule)));
        assert_eq!((decision.team, decision.subscription), (None, None));
        decision.http
    };
    let stranger = Request { user: Some("corp:nobody".to_owned()), ..request("gpt-4o") };
    let marketing = as_teams("gpt-4o", &["marketing"]);
    assert_eq!(refused(&policy, &stranger, Reason::NoTeam), 403);
    assert_eq!(refused(&policy, &as_teams("gpt-4o", &["unknown"]), Reason::NoTeam), 403);
    assert_eq!(refused(&policy, &marketing, Reason::NotGranted), 403);
    policy.models[0].hidden = true;
    assert_eq!(refused(&policy, &stranger, Reason::NoTeam), 404);
    assert_eq!(refused(&policy, &marketing, Reason::NotGranted), 404);
}

#[test]
fn tests_are_made_in_their_order() {
    let mut policy = acme();
    policy.subscriptions[0].starts_at = Some(10);
    policy.subscriptions[0].expires_at = Some(20);
    let ir = policy.build().ir;
    let asked = |subscription: Option<&str>, now_ms, endpoint| Request {
        subscription: subscription.map(str::to_owned),
        now_ms,
        endpoint: Some(endpoint),
        ..as_teams("gpt-4o", &["payments"])
    };
    use Endpoint::{Chat, Embeddings};
    check(&ir, &asked(Some("other"), 0, Embeddings), Reason::OtherSubscription);
    check(&ir, &asked(Some("standard"), 0, Embeddings), Reason::NotStarted);
    check(&ir, &asked(None, 20, Embeddings), Reason::Ended);
    let decision = check(&ir, &asked(None, 15, Embeddings), Reason::EndpointNotServed);
    assert_eq!((decision.http, decision.team, decision.subscription), (404, Some(1), Some(0)));
    assert_eq!(decision.rule, Some(ir.subscriptions[0].rule));
    assert!(decision.limits.is_empty() && decision.upstreams.is_empty() && decision.route.is_none());
    check(&ir, &asked(Some("standard"), 15, Chat), Reason::Allow);
    // The name of no subscription is a name like any other.
    check(&ir, &asked(Some(""), 15, Chat), Reason::OtherSubscription);
}

#[test]
fn the_first_that_passes_answers() {
    let policy = with_first(|_| {});
    let ir = policy.build().ir;
    let decision = check(&ir, &as_teams("gpt-4o", &["payments"]), Reason::Allow);
    assert_eq!(ir.subscriptions[decision.subscription.unwrap() as usize].name, "first");
    let named = Request { subscription: Some("standard".to_owned()), ..as_teams("gpt-4o", &["payments"]) };
    let decision = check(&ir, &named, Reason::Allow);
    assert_eq!(ir.subscriptions[decision.subscription.unwrap() as usize].name, "standard");
    // One that is over does not stand in the way.
    let ir = with_first(|first| first.expires_at = Some(0)).build().ir;
    let decision = check(&ir, &as_teams("gpt-4o", &["payments"]), Reason::Allow);
    assert_eq!(ir.subscriptions[decision.subscription.unwrap() as usize].name, "standard");
}

#[test]
fn a_refusal_is_that_of_the_candidate_that_got_furthest() {
    let mut policy = with_first(|first| first.expires_at = Some(0));
    policy.subscriptions[0].endpoints = Some(vec![Endpoint::Embeddings]);
    let ir = policy.build().ir;
    // The second is in force and only lacks the endpoint.
    let decision = check(&ir, &as_teams("gpt-4o", &["payments"]), Reason::EndpointNotServed);
    assert_eq!(ir.subscriptions[decision.subscription.unwrap() as usize].name, "standard");
    // Both have ended: the first of equals.
    policy.subscriptions[0].expires_at = Some(0);
    let ir = policy.build().ir;
    let decision = check(&ir, &as_teams("gpt-4o", &["payments"]), Reason::Ended);
    assert_eq!(ir.subscriptions[decision.subscription.unwrap() as usize].name, "first");
}

#[test]
fn of_several_teams_the_first_that_is_granted_is_charged() {
    let mut policy = acme();
    policy.teams.push(Team { name: "aaa".to_owned(), ..Team::default() });
    policy.subscriptions[0].teams.push("marketing".to_owned());
    let ir = policy.build().ir;
    let decision = check(&ir, &as_teams("gpt-4o", &["payments", "marketing", "aaa"]), Reason::Allow);
    assert_eq!(ir.principal_name(decision.team.unwrap()), "marketing");
}

#[test]
fn identities_lead_to_principals() {
    let mut policy = acme();
    policy.teams[0].users = strings(&["corp:ana"]);
    policy.teams[0].accounts = strings(&["jobs/batch"]);
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    let ir = policy.build().ir;
    let mut reference = Reference::new(&ir);
    let mut check = |request: Request, expect: &[u32]| assert_eq!(reference.teams(&request), expect, "{request:?}");
    let ana = || Some("corp:ana".to_owned());
    check(Request { groups: strings(&["corp:marketing", "corp:other"]), ..Request::default() }, &[0]);
    check(Request { service_account: Some("jobs/batch".to_owned()), ..Request::default() }, &[1]);
    check(Request { user: ana(), ..Request::default() }, &[1, 2]);
    check(Request { user: ana(), groups: strings(&["corp:marketing"]), ..Request::default() }, &[0, 1, 2]);
    // With teams, groups and memberships do not count, own grants do.
    check(Request { user: ana(), teams: strings(&["marketing"]), ..Request::default() }, &[0, 2]);
    check(Request { groups: strings(&["corp:payments"]), teams: strings(&["marketing"]), ..Request::default() }, &[0]);
    // A team of one has a name as well.
    check(Request { teams: strings(&["corp:ana", "marketing", "marketing", "no"]), ..Request::default() }, &[0, 2]);
    check(Request { user: Some(String::new()), ..Request::default() }, &[]);
    check(Request::default(), &[]);
}

#[test]
fn of_many_principals_the_own_one_and_the_least_stay() {
    let mut policy = acme();
    for number in 0..70 {
        policy.teams.push(Team { name: format!("t{number:02}"), users: strings(&["corp:ana"]), ..Team::default() });
    }
    let ana = Request { user: Some("corp:ana".to_owned()), ..Request::default() };
    // Marketing and payments stand before.
    let found = Reference::new(&policy.build().ir).teams(&ana);
    assert_eq!(found, (2..66).collect::<Vec<u32>>());
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    let ir = policy.build().ir;
    let found = Reference::new(&ir).teams(&ana);
    assert_eq!(found, (2..65).chain([72]).collect::<Vec<u32>>());
    // The same again, when the host sends them as teams.
    let names = found.iter().map(|number| ir.principal_name(*number).to_owned()).collect();
    assert_eq!(Reference::new(&ir).teams(&Request { teams: names, ..ana }), found);
}

#[test]
fn visible_models_are_those_that_could_be_called() {
    let mut policy = acme();
    policy.models[1].endpoints = vec![Endpoint::Embeddings];
    policy.models[1].hidden = true;
    let subscription = Subscription { endpoints: Some(vec![Endpoint::Chat]), ..policy.subscriptions[0].clone() };
    policy.subscriptions[0].models.push("llama".to_owned());
    policy.subscriptions[0].expires_at = Some(10);
    let visible = |policy: &Policy, request: &Request| Reference::new(&policy.build().ir).visible(request);
    let payments = Request { teams: strings(&["payments"]), ..Request::default() };
    assert_eq!(visible(&policy, &payments), [true, true]);
    assert_eq!(visible(&policy, &Request { now_ms: 10, ..payments.clone() }), [false, false]);
    assert_eq!(visible(&policy, &Request { subscription: Some("x".to_owned()), ..payments.clone() }), [false, false]);
    assert_eq!(visible(&policy, &Request::default()), [false, false]);
    // A grant without any endpoint is none.
    policy.subscriptions[0] = Subscription { models: strings(&["llama"]), ..subscription };
    assert_eq!(visible(&policy, &payments), [false, false]);
}

#[test]
fn aliases_are_names() {
    let mut policy = acme();
    policy.models[0].aliases = strings(&["openai/gpt-4o", "llama", "shared"]);
    policy.models[1].aliases = strings(&["shared"]);
    policy.subscriptions[0].limits = vec![tokens(1, HOUR, Scope::Team)];
    let ir = policy.build().ir;
    let model = |name: &str| Reference::new(&ir).decide(&as_teams(name, &["payments"])).model;
    assert_eq!(model("openai/gpt-4o"), Some(0));
    // A name beats an alias, and of two models with one alias the first has it.
    assert_eq!(model("llama"), Some(1));
    assert_eq!(model("shared"), Some(0));
    assert_eq!(ir.models[1].aliases, [""; 0]);
}
