//! Invariants over grants, models, teams and subscriptions.

use maasc_diagnostics::render::{Colour, Format, Input, Options, render};

use crate::testing::{POLICY, World};

/// Returns the findings about an invariant as a person sees them.
fn check(spec: &str) -> String {
    let text = format!(
        "{POLICY}---\napiVersion: maasc.dev/v1alpha1\nkind: Invariant\nmetadata: {{name: checked}}\nspec:\n{spec}"
    );
    let mut world = World::new(&[("policy.yaml", &text)]);
    world.findings.retain(|finding| {
        matches!(finding.rule.name, "invariant-broken" | "expression-fails")
            || finding.level == maasc_diagnostics::Level::Error
    });
    let input = Input { sources: &world.sources, findings: &world.findings, documents: &[], n_suppressed: 0 };
    render(&input, &Options { format: Format::Full, width: 80, colour: Colour::Plain, version: "" })
}

#[test]
fn what_holds_is_silent() {
    for spec in [
        "  forEach: grant\n  must: model.dataClass != \"restricted\"\n",
        "  forEach: grant\n  where: team.name == \"support\"\n  must: model.name == \"small\"\n",
        "  forEach: team\n  where: team.parent != \"\"\n  must: team.costCentre == \"CC-1\"\n",
        "  forEach: subscription\n  must: size(subscription.models) < 3\n",
        "  forEach: model\n  must: model.price.output <= 3.0\n",
    ] {
        assert_eq!(check(spec), "no findings\n", "{spec}");
    }
}

#[test]
fn a_broken_grant_shows_both_lines_and_the_values() {
    insta::assert_snapshot!(check(
        "  forEach: grant\n  where: team.name.startsWith(\"pay\")\n  must: model.price.output < 3.0\n  message: payments may not use dear models\n"
    ));
}

#[test]
fn equal_failures_are_one_finding() {
    let text = check("  forEach: grant\n  must: subscription.priority == 0\n");
    assert_eq!(text.matches("error[MAAS0430]").count(), 1, "{text}");
    assert!(text.contains("`payments` × 2 models in `payments-standard`"), "{text}");
    assert!(text.contains("models: `large` and `small`"), "{text}");
}

#[test]
fn what_fails_in_one_environment_names_it() {
    let text = check("  forEach: subscription\n  must: subscription.startsAt == \"\"\n");
    assert!(text.contains("on gateway `prod`"), "{text}");
}

#[test]
fn models_teams_and_subscriptions_are_ranged_over() {
    assert!(check("  forEach: model\n  must: model.lifecycle.stage == \"approved\"\n").contains("for model `old`"));
    assert!(check("  forEach: team\n  must: team.name != \"support\"\n").contains("for team `support`"));
    assert!(
        check("  forEach: subscription\n  must: subscription.priority < 10.0\n")
            .contains("for subscription `payments-standard`")
    );
}

#[test]
fn an_expression_without_an_answer_is_an_error() {
    insta::assert_snapshot!(check("  forEach: team\n  must: team.owners[0] != \"\"\n"));
}

#[test]
fn money_is_seen() {
    let text = check("  forEach: grant\n  must: grant.ceiling.month < 4000.0\n");
    assert!(text.contains("`grant.ceiling.month` is `4000`"), "{text}");
    assert!(!check("  forEach: grant\n  must: grant.ceiling.month < 4001.0\n").contains("payments"));
}
