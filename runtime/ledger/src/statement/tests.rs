//! Sums, CSV and decimal text.

use super::*;

fn record(team: &str, model: &str, output: u64, cost: u64) -> UsageRecord {
    let mut record = UsageRecord::new("r", 86_400_000, "prod", Reason::Allow);
    record.team = team.to_owned();
    record.model = model.to_owned();
    record.tokens = TokenCounts { input: 10, output, ..TokenCounts::default() };
    record.cost = cost;
    record.currency = "USD".to_owned();
    record
}

#[test]
fn adds_up_by_any_dimensions() {
    let mut refused = record("a", "x", 0, 0);
    refused.verdict = Reason::QuotaExhausted;
    refused.tokens = TokenCounts::default();
    let mut cut = record("a", "x", 5, 7);
    cut.verdict = Reason::ClientGone;
    cut.flag(UsageFlag::Estimated);
    let records = [record("a", "x", 1, 2), record("a", "y", 1, 3), record("b", "x", 1, 4), refused, cut];
    let by_team = statement(&records, &[Dimension::Team], |_| String::new());
    let rows: Vec<_> = by_team
        .rows
        .iter()
        .map(|row| (row.by[0].as_str(), row.totals.requests, row.totals.refused, row.totals.estimated, row.totals.cost))
        .collect();
    assert_eq!(rows, [("a", 3, 1, 1, 12), ("b", 1, 0, 0, 4)]);
    assert_eq!(by_team.totals["USD"].cost, 16);
    let by_period =
        statement(&records, &[Dimension::Period, Dimension::Model], |ms| format!("day {}", ms / 86_400_000));
    assert_eq!(by_period.rows.iter().map(|row| row.by.join(" ")).collect::<Vec<_>>(), ["day 1 x", "day 1 y"]);
}

#[test]
fn currencies_are_never_added() {
    let mut euro = record("a", "x", 1, 5);
    euro.currency = "EUR".to_owned();
    let both = statement(&[euro, record("a", "x", 1, 7)], &[Dimension::Team], |_| String::new());
    assert_eq!(both.rows.len(), 2);
    assert_eq!((both.totals["EUR"].cost, both.totals["USD"].cost), (5, 7));
}

#[test]
fn csv_quotes_and_disarms_formulas() {
    let records = [record("=1+1", "a,\"b\"", 1, 1_500_000_000)];
    let text = csv(&statement(&records, &[Dimension::Team, Dimension::Model], |_| String::new()));
    assert_eq!(
        text,
        "team,model,requests,refused,estimated,input_tokens,cached_input_tokens,output_tokens,cost,currency\r\n\
         \"'=1+1\",\"a,\"\"b\"\"\",1,0,0,10,0,1,1.50,USD\r\n"
    );
}

#[test]
fn money_as_text() {
    let texts = [0, 1, 1_500_000_000, 1_234_567_000_000, u64::MAX].map(decimal);
    assert_eq!(texts, ["0.00", "0.000000001", "1.50", "1234.567", "18446744073.709551615"]);
}
