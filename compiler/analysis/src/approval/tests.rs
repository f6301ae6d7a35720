//! Consent that stands, and consent that does not.

use crate::testing::World;

/// A model that needs consent, a subscription whose spend needs consent, and what the tests add.
const POLICY: &str = include_str!("../testing/approvals.yaml");

/// Returns the findings of an approval with these fields as `rule: message`.
fn check(approval: &str) -> Vec<String> {
    let text = format!("{POLICY}{approval}");
    let world = World::new(&[("policy.yaml", &text)]);
    let findings = world.findings.iter().filter(|finding| finding.rule.name.starts_with("approval"));
    findings.map(|finding| format!("{}: {}", finding.rule.name, finding.message)).collect()
}

/// Returns an `Approval` document; the digest is the one that `maasc approve` would write, or `wrong`, or none.
fn approval(name: &str, subject: &str, requirement: &str, by: &str, role: &str, digest: Option<&str>) -> String {
    let document = |digest: &str| {
        format!(
            "---\napiVersion: maasc.dev/v1alpha1\nkind: Approval\nmetadata: {{name: {name}}}\nspec:\n  for: {{{subject}}}\n  requirement: {requirement}\n  approvedBy: {by}\n  role: {role}\n  date: 2026-10-12\n{digest}"
        )
    };
    let text = match digest {
        None => return document(""),
        Some("right") => {
            let text = format!("{POLICY}{}", document(""));
            let world = World::new(&[("policy.yaml", &text)]);
            let found = world.hir.approvals.iter().find(|found| found.header.name.value == name).unwrap();
            maasc_ir::approval_digest(&world.hir, found, crate::testing::AT).unwrap()
        }
        Some(_) => format!("sha256:{}", "0".repeat(64)),
    };
    document(&format!("  digest: {text}\n"))
}

const MODEL: &str = "model: large";
const MARIA: &str = "corp:maria@acme.example";

fn consent_to_spend() -> String {
    approval("spend", "subscription: payments", "large-spend", "corp:cfo@acme.example", "finance", Some("right"))
}

fn consent_to_model() -> String {
    approval("large", MODEL, "customer-facing", MARIA, "governance", Some("right"))
}

#[test]
fn what_needs_consent_and_has_none_is_missing() {
    assert_eq!(
        check(""),
        [
            "approval-missing: model `large` needs the approval `customer-facing`, and nobody has given it",
            "approval-missing: subscription `payments` needs the approval `large-spend`, and nobody has given it",
        ]
    );
}

#[test]
fn consent_that_stands_is_silent() {
    assert_eq!(check(&format!("{}{}", consent_to_model(), consent_to_spend())), Vec::<String>::new());
}

#[test]
fn consent_to_something_else_is_void() {
    let void = approval("large", MODEL, "customer-facing", MARIA, "governance", Some("wrong"));
    assert_eq!(
        check(&format!("{}{void}", consent_to_spend())),
        ["approval-void: approval `large` is void: model `large` has changed since"]
    );
}

#[test]
fn a_change_of_what_was_approved_makes_it_void() {
    let text = format!("{POLICY}{}{}", consent_to_model(), consent_to_spend());
    let changed = text.replace("price: {input: 1, output: 3}", "price: {input: 1, output: 4}");
    let world = World::new(&[("policy.yaml", &changed)]);
    let void = world.findings.iter().filter(|finding| finding.rule.name == "approval-void").count();
    assert_eq!(void, 1);
    let moved = format!("# a comment\n{text}");
    assert!(!World::new(&[("policy.yaml", &moved)]).findings.has_errors());
}

#[test]
fn consent_without_a_digest_is_bound_to_nothing() {
    let unbound = approval("large", MODEL, "customer-facing", MARIA, "governance", None);
    assert_eq!(
        check(&format!("{}{unbound}", consent_to_spend())),
        ["approval-unbound: approval `large` is not bound to what it approves"]
    );
}

#[test]
fn consent_of_a_stranger_does_not_count() {
    let by = "corp:john@acme.example";
    let stranger = approval("spend", "subscription: payments", "large-spend", by, "finance", Some("right"));
    assert_eq!(
        check(&format!("{}{stranger}", consent_to_model())),
        ["approval-wrong-role: `corp:john@acme.example` does not have the role `finance`"]
    );
}

#[test]
fn a_member_of_a_group_is_noted() {
    let member = approval("large", MODEL, "customer-facing", "corp:john@acme.example", "governance", Some("right"));
    assert_eq!(
        check(&format!("{}{member}", consent_to_spend())),
        ["approval-by-group: `corp:john@acme.example` has the role `governance` only as a member of a group"]
    );
}

#[test]
fn an_owner_does_not_consent_where_the_rule_says_so() {
    let owner = approval("large", MODEL, "customer-facing", "corp:owner@acme.example", "governance", Some("right"));
    assert_eq!(
        check(&format!("{}{owner}", consent_to_spend())),
        ["approval-by-owner: `corp:owner@acme.example` owns what is approved, and the rule says `notByOwner`"]
    );
}

#[test]
fn consent_that_nothing_asks_for_is_found() {
    let unneeded = approval("small", "model: small", "customer-facing", MARIA, "governance", None);
    assert_eq!(
        check(&format!("{}{}{unneeded}", consent_to_model(), consent_to_spend())),
        ["approval-unneeded: model `small` does not need the approval `customer-facing`"]
    );
}
