//! Tests of approvals: what needs one, what answers it, and what makes it void.

use maas_schemas::abi::{Endpoint, Reason, Scope};
use maas_schemas::decision::Request;
use maasc_hir::hir::Exposure;
use maasc_hir::ids::GatewayId;
use maasc_hir::units::{Time, Window};

use super::{Standing, approval_digest, consent};
use crate::eval::Reference;
use crate::evaluate::Evaluate;
use crate::ir::{ApprovalAnswer, Ir};
use crate::testing::{Approval, HOUR, Policy, Requirement, Team, acme, cost, strings, tokens};

fn customer_facing() -> Policy {
    let mut policy = acme();
    policy.models[0].exposure = Exposure::CustomerFacing;
    policy.roles = vec![("governance", strings(&["marketing"]), strings(&["corp:maria"]))];
    policy.requirements = vec![Requirement {
        name: "customer-facing",
        when: "model.exposure == 'customer-facing'",
        reads: vec!["model.exposure"],
        role: "governance",
        not_by_owner: false,
    }];
    policy
}

fn large_spend() -> Policy {
    let mut policy = acme();
    policy.subscriptions[0].teams.push("marketing".to_owned());
    policy.subscriptions[0].models.push("llama".to_owned());
    policy.subscriptions[0].limits = vec![cost(1, HOUR, Scope::Team)];
    // Marketing stays below: its own ceiling is 100 a month.
    policy.teams[1].limits = vec![cost(100, Window::Month, Scope::Team).ceiling()];
    policy.roles = vec![("finance", vec![], strings(&["corp:cfo"]))];
    policy.requirements = vec![Requirement {
        name: "large-spend",
        when: "grant.ceiling.month > 500",
        reads: vec!["grant.ceiling.month"],
        role: "finance",
        not_by_owner: false,
    }];
    policy
}

fn by(person: &'static str, role: &'static str, requirement: &'static str) -> Approval {
    Approval { name: "consent", by: person, role, requirement, ..Approval::default() }
}

fn for_model() -> Approval {
    Approval { model: Some("gpt-4o"), ..by("corp:maria", "governance", "customer-facing") }
}

fn for_subscription() -> Approval {
    Approval { subscription: Some("standard"), ..by("corp:cfo", "finance", "large-spend") }
}

/// Writes the digest into the last approval, as `maasc approve` does.
fn bind(policy: &mut Policy) {
    let position = policy.approvals.len() - 1;
    let hir = policy.hir(0);
    let approval = hir.approvals.iter().find(|approval| approval.header.name.value == policy.approvals[position].name);
    policy.approvals[position].digest = approval_digest(&hir, approval.unwrap(), Time(0));
    assert!(policy.approvals[position].digest.as_ref().unwrap().starts_with("sha256:"));
}

fn with_consent(mut policy: Policy, approval: Approval) -> Policy {
    policy.approvals.push(approval);
    bind(&mut policy);
    policy
}

fn reason(ir: &Ir, team: &str, model: &str, now_ms: i64) -> Reason {
    let request = Request {
        endpoint: Some(Endpoint::Chat),
        now_ms,
        model: Some(model.to_owned()),
        teams: vec![team.to_owned()],
        ..Request::default()
    };
    Reference::new(ir).decide(&request).reason
}

fn answers(ir: &Ir) -> Vec<&'static str> {
    let word = |answer: &ApprovalAnswer| match answer {
        ApprovalAnswer::Missing => "missing",
        ApprovalAnswer::Void { .. } => "void",
        ApprovalAnswer::Given { .. } => "given",
    };
    ir.approvals.iter().map(|state| word(&state.answer)).collect()
}

#[test]
fn without_consent_a_grant_is_never_in_force() {
    let ir = customer_facing().build().ir;
    assert_eq!(answers(&ir), ["missing"]);
    assert_eq!((ir.approvals[0].model.as_str(), ir.approvals[0].subscription.as_str()), ("gpt-4o", ""));
    assert_eq!(reason(&ir, "payments", "gpt-4o", 0), Reason::ApprovalLapsed);
    assert_eq!(ir.access.grants[0].approvals, [0]);
}

#[test]
fn consent_holds_until_it_expires() {
    let ir = with_consent(customer_facing(), Approval { expires_at: Some(500), ..for_model() }).build().ir;
    assert_eq!(answers(&ir), ["given"]);
    assert_eq!(reason(&ir, "payments", "gpt-4o", 499), Reason::Allow);
    assert_eq!(reason(&ir, "payments", "gpt-4o", 500), Reason::ApprovalLapsed);
}

#[test]
fn a_change_to_the_thing_makes_consent_void_and_one_to_its_texts_does_not() {
    let given = with_consent(customer_facing(), for_model());
    let check = |change: &dyn Fn(&mut Policy), expect: &str| {
        let mut policy = given.clone();
        change(&mut policy);
        assert_eq!(answers(&policy.build().ir), [expect]);
    };
    check(&|_| {}, "given");
    check(&|policy| policy.models[0].description = "better", "given");
    check(&|policy| policy.models[0].upstreams[0].1 = 7, "given");
    check(&|policy| policy.subscriptions[0].priority = 3, "given");
    check(&|policy| policy.models[0].upstreams[0].0 = "local".to_owned(), "void");
    check(&|policy| policy.providers[0].1 = "eu", "void");
    check(&|policy| policy.models[0].price = Some((3, 1, 10)), "void");
}

#[test]
fn a_requirement_that_reads_more_than_the_model_is_asked_once_per_subscription() {
    let ir = large_spend().build().ir;
    // Only where it holds: payments has no ceiling, marketing has.
    assert_eq!(answers(&ir), ["missing"]);
    assert_eq!((ir.approvals[0].model.as_str(), ir.approvals[0].subscription.as_str()), ("", "standard"));
    assert_eq!(reason(&ir, "payments", "gpt-4o", 0), Reason::ApprovalLapsed);
    assert_eq!(reason(&ir, "marketing", "gpt-4o", 0), Reason::Allow);
    assert_eq!(ir.access.rows.len(), 2);
    let ir = with_consent(large_spend(), for_subscription()).build().ir;
    assert_eq!(reason(&ir, "payments", "gpt-4o", 0), Reason::Allow);
}

#[test]
fn consent_to_a_subscription_is_bound_to_its_limits_and_to_what_was_read() {
    let given = with_consent(large_spend(), for_subscription());
    let check = |change: &dyn Fn(&mut Policy), expect: &str| {
        let mut policy = given.clone();
        change(&mut policy);
        assert_eq!(answers(&policy.build().ir), [expect]);
    };
    check(&|policy| policy.subscriptions[0].purpose = "more", "given");
    check(&|policy| policy.models[0].description = "better", "given");
    check(&|policy| policy.subscriptions[0].limits[0].amount += 1, "void");
    check(&|policy| policy.subscriptions[0].limits.push(tokens(1, HOUR, Scope::User)), "void");
    check(&|policy| policy.subscriptions[0].expires_at = Some(9), "void");
    // A ceiling of the team that changes what the grant may cost.
    let ceiling = |units| vec![cost(units, Window::Day, Scope::Team).ceiling()];
    check(&|policy| policy.teams[0].limits = ceiling(20), "void");
    // What is too small to need consent needs none.
    let mut policy = given.clone();
    policy.teams[0].limits = ceiling(1);
    assert!(policy.build().ir.approvals.is_empty());
}

#[test]
fn consent_to_one_model_of_a_subscription_covers_that_model() {
    let single = Approval { model: Some("llama"), ..for_subscription() };
    let ir = with_consent(large_spend(), single.clone()).build().ir;
    assert_eq!(reason(&ir, "payments", "llama", 0), Reason::Allow);
    assert_eq!(reason(&ir, "payments", "gpt-4o", 0), Reason::ApprovalLapsed);
    assert_eq!(answers(&ir), ["missing", "given"]);
    // With one for all of them beside it, what the first does not cover the second does.
    let whole = Approval { name: "whole", ..for_subscription() };
    let ir = with_consent(with_consent(large_spend(), single), whole).build().ir;
    assert_eq!(reason(&ir, "payments", "gpt-4o", 0), Reason::Allow);
    assert_eq!(answers(&ir), ["given", "given"]);
}

#[test]
fn one_consent_stands_in_all_environments() {
    let mut policy = customer_facing();
    policy.gateways = vec!["dev", "prod"];
    policy.teams.push(Team { name: "only-dev".to_owned(), gateways: Some(vec!["dev"]), ..Team::default() });
    policy.subscriptions[0].teams.push("only-dev".to_owned());
    let policy = with_consent(policy, for_model());
    for gateway in [0, 1] {
        let (built, _) = crate::build(&policy.hir(0), GatewayId(gateway), Time(0));
        assert_eq!(answers(&built.ir), ["given"]);
    }
}

#[test]
fn only_the_right_person_in_the_right_role_consents() {
    let standing = |person: &'static str| {
        let policy = with_consent(customer_facing(), Approval { by: person, ..for_model() });
        let hir = policy.hir(0);
        (consent(&hir, &hir.approvals[0]).standing, answers(&policy.build().ir)[0])
    };
    assert_eq!(standing("corp:maria"), (Standing::Named, "given"));
    // Marketing has a group, so anybody may be in it.
    assert_eq!(standing("corp:joe"), (Standing::PerhapsByGroup, "given"));
    let mut policy = customer_facing();
    policy.roles[0].1.clear();
    let policy = with_consent(policy, Approval { by: "corp:joe", ..for_model() });
    assert_eq!(consent(&policy.hir(0), &policy.hir(0).approvals[0]).standing, Standing::Stranger);
    assert_eq!(answers(&policy.build().ir), ["missing"]);
    let other = with_consent(customer_facing(), Approval { role: "finance", ..for_model() });
    assert_eq!(answers(&other.build().ir), ["missing"]);
}

#[test]
fn owners_do_not_consent_where_the_rule_says_so() {
    let mut policy = customer_facing();
    policy.teams[0].owners = strings(&["corp:maria"]);
    policy.models[0].owner = Some("payments".to_owned());
    assert_eq!(answers(&with_consent(policy.clone(), for_model()).build().ir), ["given"]);
    policy.requirements[0].not_by_owner = true;
    let policy = with_consent(policy, for_model());
    assert!(consent(&policy.hir(0), &policy.hir(0).approvals[0]).is_refused_owner);
    assert_eq!(answers(&policy.build().ir), ["missing"]);
}

#[test]
fn of_two_consents_the_longer_counts() {
    let first = Approval { expires_at: Some(100), ..for_model() };
    let second = Approval { name: "another", expires_at: Some(900), ..for_model() };
    let ir = with_consent(with_consent(customer_facing(), first), second).build().ir;
    assert_eq!(reason(&ir, "payments", "gpt-4o", 899), Reason::Allow);
    assert_eq!(ir.approvals.len(), 1);
}

#[test]
fn what_fails_is_reported_and_needs_consent() {
    let mut policy = customer_facing();
    policy.requirements[0].when = "model.tags[0] == 'x'";
    policy.requirements[0].reads = vec!["model.tags"];
    let (built, findings) = crate::build(&policy.hir(0), GatewayId(0), Time(0));
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, ["the expression fails for model `gpt-4o`"]);
    // Nobody is asked for a consent on top.
    assert!(built.ir.approvals.is_empty() && built.ir.access.grants[0].approvals.is_empty());
    assert_eq!(reason(&built.ir, "payments", "gpt-4o", 0), Reason::ApprovalLapsed);
}

#[test]
fn what_fails_once_or_twice_is_one_class() {
    let mut policy = customer_facing();
    policy.teams[0].owners = strings(&["corp:joe"]);
    policy.subscriptions[0].teams.push("marketing".to_owned());
    let fails = |name, when, reads| Requirement { name, when, reads, role: "governance", not_by_owner: false };
    policy.requirements = vec![
        fails("owner", "team.owners[0] == 'corp:maria'", vec!["team.owners"]),
        fails("user", "team.members.users[0] == 'corp:maria'", vec!["team.members.users"]),
    ];
    let (built, findings) = crate::build(&policy.hir(0), GatewayId(0), Time(0));
    assert_eq!((findings.len(), built.ir.access.rows.len()), (2, 1));
}
