//! Policy tests that pass, fail, and leave things unasked.

use maas_schemas::test_report::TestReport;
use maasc_ir::eval::Reference;

use super::{Subject, run};
use crate::render;
use crate::testing::{AT, POLICY, World};

/// Runs the policy tests of a text on the reference evaluator.
fn check(text: &str) -> TestReport {
    let world = World::clean(text);
    let mut references: Vec<Reference<'_>> = world.built.iter().map(|built| Reference::new(&built.ir)).collect();
    let mut subjects: Vec<Subject<'_>> = world
        .built
        .iter()
        .zip(&mut references)
        .map(|(built, reference)| Subject { built, evaluate: reference })
        .collect();
    run(&world.hir, &mut subjects, &world.sources, AT)
}

#[test]
fn what_comes_out_as_written_passes() {
    let report = check(POLICY);
    assert_eq!((report.n_passed, report.n_failed), (8, 0), "{}", render::test_report::text(&report, 80));
    insta::assert_snapshot!(render::test_report::text(&report, 80));
}

#[test]
fn what_does_not_is_shown_with_both_lines() {
    let text = POLICY
        .replace(
            "subscription: payments-standard\n        upstream: lab",
            "subscription: payments-extra\n        upstream: spare",
        )
        .replace(
            "{tokens: 250k, per: 1h, scope: team}, {cost: 4_000",
            "{tokens: 251k, per: 1h, scope: team}, {cost: 4_000",
        )
        .replace("payments: [allow, allow, deny]", "payments: [allow, deny, deny]")
        .replace("expect: {allow: false, reason: unknown-model}", "expect: {allow: false, reason: not-granted}");
    let report = check(&text);
    insta::assert_snapshot!(render::test_report::text(&report, 80));
    insta::assert_snapshot!("junit", render::test_report::junit(&report));
}

#[test]
fn coverage_counts_what_is_asked() {
    let report = check(POLICY);
    let dev = &report.coverage[0];
    assert_eq!((dev.n_cells_asked, dev.n_cells), (2, 3));
    assert_eq!(dev.cells_left, ["corp:ada@uni.example old"]);
    assert_eq!(dev.n_limits_asked, 2, "{:?}", dev.limits_left);
}

#[test]
fn no_tests_is_no_success() {
    let text = POLICY.split("---\napiVersion: maasc.dev/v1alpha1\nkind: PolicyTest").next().unwrap();
    let report = check(text);
    assert_eq!((report.n_passed, report.n_failed), (0, 0));
}
