//! Recorded requests under another policy.

use maas_schemas::abi::{Endpoint, Reason};
use maas_schemas::replay::ReplayReport;
use maas_schemas::usage::{TokenCounts, UsageRecord};

use super::replay;
use crate::render;
use crate::testing::{AT, POLICY, World};

/// A chat of a team: minutes after a full hour, input and output tokens.
fn record(number: u32, team: &str, model: &str, minute: i64, tokens: (u64, u64)) -> UsageRecord {
    let mut record = UsageRecord::new(
        format!("r{number:03}"),
        1_795_000_000_000 - 1_795_000_000_000 % 3_600_000 + minute * 60_000,
        "prod",
        Reason::Allow,
    );
    record.team = team.to_owned();
    record.user = "corp:ann@acme.example".to_owned();
    record.model = model.to_owned();
    record.endpoint = Some(Endpoint::Chat);
    record.tokens = TokenCounts { input: tokens.0, output: tokens.1, ..TokenCounts::default() };
    record.cost = 1_000_000_000;
    record
}

fn check(records: &[UsageRecord]) -> ReplayReport {
    let world = World::clean(POLICY);
    replay(&world.tables(), &world.sources, records, AT)
}

#[test]
fn what_fits_is_charged_at_the_new_price() {
    let report = check(&[record(1, "payments", "large", 0, (100_000, 100_000))]);
    assert_eq!((report.n_refused_now, report.cost_then, report.cost_now), (0, 1_000_000_000, 400_000_000));
}

#[test]
fn a_full_window_refuses_until_the_next_one() {
    let records: Vec<UsageRecord> = [0, 10, 20, 70]
        .iter()
        .zip(0..)
        .map(|(minute, number)| record(number, "payments", "large", *minute, (100_000, 0)))
        .collect();
    let report = check(&records);
    assert_eq!((report.n_requests, report.n_newly_refused), (4, 1));
    assert_eq!(report.refusals[0].reason, "insufficient-quota");
    assert!(report.refusals[0].limit.contains("250000 tokens per 1h"), "{}", report.refusals[0].limit);
    assert!(report.refusals[0].source.as_ref().unwrap().document == "Subscription/payments-standard");
}

#[test]
fn order_does_not_matter_and_other_gateways_are_counted() {
    let mut records: Vec<UsageRecord> =
        (0..5).map(|number| record(number, "payments", "large", i64::from(number), (60_000, 0))).collect();
    let mut elsewhere = record(9, "payments", "large", 0, (1, 1));
    elsewhere.gateway = "gone".to_owned();
    records.push(elsewhere);
    let report = check(&records);
    records.reverse();
    assert_eq!(report, check(&records));
    assert_eq!((report.n_requests, report.n_elsewhere, report.n_newly_refused), (5, 1, 1));
}

#[test]
fn access_that_is_gone_or_new_is_counted() {
    let mut refused = record(1, "payments", "small", 0, (0, 0));
    refused.verdict = Reason::NotGranted;
    refused.cost = 0;
    let mut failed = record(2, "payments", "small", 0, (10, 0));
    failed.verdict = Reason::UpstreamError;
    let report =
        check(&[refused, failed, record(3, "support", "large", 1, (1, 1)), record(4, "gone", "large", 2, (1, 1))]);
    assert_eq!((report.n_refused_then, report.n_newly_allowed, report.n_newly_refused), (1, 1, 2));
    insta::assert_snapshot!(render::replay::text(&report));
}

#[test]
fn requests_at_once_are_counted_while_they_run() {
    let text = POLICY.replace(
        "limits: [{cost: 200, per: day, scope: team}]",
        "limits: [{cost: 200, per: day, scope: team}, {concurrency: 1, scope: team}]",
    );
    let world = World::clean(&text.replace("priority: 10", "priority: -1"));
    let mut records = [
        record(1, "payments", "large", 0, (1, 1)),
        record(2, "payments", "large", 1, (1, 1)),
        record(3, "payments", "large", 3, (1, 1)),
    ];
    records[0].latency_ms = 90_000;
    let report = replay(&world.tables(), &world.sources, &records, AT);
    assert_eq!(report.n_newly_refused, 1);
    assert_eq!(report.refusals[0].reason, "concurrency-limit");
}
