//! Explanations as people read them.

use maas_schemas::abi::Endpoint;

use super::{Question, why};
use crate::testing::{AT, POLICY, World};

/// Returns the explanation of one decision in the example.
fn explain(who: &str, groups: &[&str], model: &str) -> String {
    World::clean(POLICY).why(who, groups, model, None)
}

#[test]
fn an_allowed_request_has_every_line_that_made_it() {
    insta::assert_snapshot!(explain("corp:ann@acme.example", &["corp:payments", "corp:canteen"], "Large-70B"));
}

#[test]
fn a_service_account_belongs_to_its_team() {
    insta::assert_snapshot!(explain("payments/batch", &[], "small"));
}

#[test]
fn not_granted_has_the_smallest_edit_first() {
    insta::assert_snapshot!(explain("support", &[], "large"));
}

#[test]
fn an_edit_that_an_invariant_forbids_comes_last_and_says_so() {
    let invariant = "---
apiVersion: maasc.dev/v1alpha1
kind: Invariant
metadata: {name: support-uses-small}
spec: {forEach: grant, where: team.name == \"support\" && subscription.priority > 0.0, must: model.name == \"small\"}
";
    let text = World::clean(&format!("{POLICY}{invariant}")).why("support", &[], "large", None);
    let forbidden = text.find("`support-uses-small` forbids it)").unwrap_or_else(|| panic!("{text}"));
    let allowed = text.find("let `payments-extra` grant to `support`").unwrap();
    assert!(allowed < forbidden, "{text}");
    assert_eq!(text.matches("forbids it").count(), 1, "{text}");
}

#[test]
fn environments_with_different_answers_are_told_apart() {
    insta::assert_snapshot!(explain("support", &[], "small"));
}

#[test]
fn a_stranger_is_told_which_team_would_do() {
    insta::assert_snapshot!(explain("bob@acme.example", &["canteen"], "small"));
}

#[test]
fn a_draft_is_told_from_a_typing_mistake() {
    assert!(explain("payments", &[], "secret").contains("`secret` is a draft: set `lifecycle.stage` to `approved`"));
    assert!(explain("payments", &[], "smalll").contains("ask for `small`"));
}

#[test]
fn a_wrong_endpoint_is_told_which_ones_there_are() {
    let text = World::clean(POLICY).why("payments", &[], "small", Some(Endpoint::Embeddings));
    assert!(text.contains("call chat instead"), "{text}");
    assert!(text.contains("add `embeddings` to `endpoints` of model `small`"), "{text}");
}

#[test]
fn an_unknown_team_is_an_error() {
    let world = World::clean(POLICY);
    let question = Question { who: "payment", groups: &[], model: "small", endpoint: None, subscription: None, at: AT };
    let error = why(&world.hir, &world.tables(), &world.sources, &question).unwrap_err();
    assert_eq!(error.to_string(), "no team has the name `payment`; a similar one exists: `payments`");
}
