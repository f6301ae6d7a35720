//! Tests of the text and the source map of a decision table.

use maas_schemas::abi::Scope;
use maasc_diagnostics::{SourceMap, Span};

use super::print;
use crate::testing::{acme, cost, strings};

#[test]
fn a_table_reads_as_facts() {
    let mut policy = acme();
    policy.ceilings = vec![cost(9, maasc_hir::units::Window::Month, Scope::Organization).ceiling()];
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    policy.subscriptions[0].expires_at = Some(86_400_000);
    policy.models[0].hidden = true;
    insta::assert_snapshot!(print(&policy.build().ir), @r"
    gateway default: standalone, maas-gateway
    organization acme: USD, UTC
      ceiling Organization/acme: 9 USD per month for all callers together
    team marketing: row 0
    team payments: row 1
    user corp:ana: row 1
    member user corp:ana: corp:ana
    member group corp:marketing: marketing
    member group corp:payments: payments
    model gpt-4o: column 0, approved, chat, hidden
      internal, internal
      price 2 input, 1 cached, 10 output
      upstream azure gpt-4o: tier 0, weight 1
    model llama: column 1, approved, chat
      internal, internal
      price 2 input, 1 cached, 10 output
      upstream azure llama: tier 0, weight 1
    subscription standard: priority 0, 2 × 1
    grant 0: standard, chat, until 1970-01-02T00:00:00Z (ended)
      limit Subscription/standard: 1000 tokens per 1h for each team and model
    row 0:
    row 1:
      column 0: grant 0
    ");
}

#[test]
fn every_rule_has_a_line() {
    let mut sources = SourceMap::default();
    let file = sources.add("teams/payments.yaml", "kind: Team\nmetadata: {name: payments}\n");
    let mut built = acme().build();
    for rule in &mut built.rules {
        rule.span = Span { file, start: 22, end: 30 };
    }
    let provenance = crate::provenance(&built, &sources, Some("abc"));
    assert_eq!(provenance.rules.len(), built.ir.n_rules as usize);
    let team = &provenance.rules[built.ir.teams[1].rule as usize];
    assert_eq!((team.to_string().as_str(), team.column), ("teams/payments.yaml:2", 12));
    assert_eq!((team.document.as_str(), provenance.commit.as_deref()), ("Team/payments", Some("abc")));
}
