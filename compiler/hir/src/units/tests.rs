//! Quantities as people type them, and what they are told when nobody can read them.

use jiff::tz::TimeZone;

use super::*;

fn fails<T: std::fmt::Debug>(result: Result<T, UnitError>) -> String {
    let error = result.unwrap_err();
    if let Some(meant) = &error.meant {
        assert!(error.help.contains(meant.as_str()));
    }
    format!("{}; {}", error.message, error.help)
}

#[test]
fn counts_are_exact() {
    assert_eq!(count("0"), Ok(0));
    assert_eq!(count("1_000_000"), Ok(1_000_000));
    assert_eq!(count("250k"), Ok(250_000));
    assert_eq!(count("1.5M"), Ok(1_500_000));
    assert_eq!(count("18446744073709551615"), Ok(u64::MAX));
    for (text, expect) in [
        ("250K", "`250K` is no count; write `250k`"),
        ("10m", "`10m` is no count; write `10M`"),
        ("10 M", "`10 M` is no count; write `10M`"),
        ("1,000,000", "`1,000,000` is no count; write `1_000_000`"),
        ("1,5k", "`1,5k` is no count; write a number like `250k`, `10M` or `1_000_000`"),
        ("2B", "`2B` is no count; write `2_000M`"),
        ("1.5", "`1.5` is no count; write a whole number, or a unit: `250k`, `1.5M`"),
        ("1.0005k", "`1.0005k` is no count; write a number like `250k`, `10M` or `1_000_000`"),
        ("64Ki", "`64Ki` is no count; tokens are counted in thousands: write `k` (1,000) or `M` (1,000,000)"),
        ("-5", "`-5` is no count; a count is 0 or more"),
        ("", "`` is no count; write a number like `250k`, `10M` or `1_000_000`"),
        ("1__0", "`1__0` is no count; write a number like `250k`, `10M` or `1_000_000`"),
        (
            "99999999999999999999",
            "`99999999999999999999` is too large; the largest count is 18_446_744_073_709_551_615",
        ),
    ] {
        assert_eq!(fails(count(text)), expect);
    }
    assert_eq!(count_text(250_000), "250k");
    assert_eq!(count_text(20_000_000), "20M");
    assert_eq!(count_text(16_384), "16_384");
    assert_eq!(count_text(0), "0");
}

#[test]
fn money_keeps_every_decimal() {
    assert_eq!(money("2.50"), Ok(Money(2_500_000_000)));
    assert_eq!(money("50_000"), Ok(Money(50_000_000_000_000)));
    assert_eq!(money("0.000000001"), Ok(Money(1)));
    assert_eq!(money("0.1000000000000"), Ok(Money(100_000_000)));
    for (text, expect) in [
        ("0.0000000001", "`0.0000000001` has more than nine decimal places; round it to nine places"),
        ("$5", "`$5` is no amount of money; write `5`: the currency is the organization's"),
        ("5 USD", "`5 USD` is no amount of money; write `5`: the currency is the organization's"),
        ("1,000.50", "`1,000.50` is no amount of money; write `1_000.50`"),
        ("50k", "`50k` is no amount of money; write `50_000`"),
        ("-1", "`-1` is no amount of money; an amount is 0 or more"),
        (
            "1e3",
            "`1e3` is no amount of money; write a decimal like `50_000` or `2.50`; the currency is the organization's",
        ),
        ("20_000_000_000", "`20_000_000_000` is too large; the largest amount is 18_446_744_073"),
    ] {
        assert_eq!(fails(money(text)), expect);
    }
    assert_eq!(Money(2_500_000_000).to_string(), "2.50");
    assert_eq!(Money(4_000_000_000_000).to_string(), "4_000");
    assert_eq!(Money(1).to_string(), "0.000000001");
}

#[test]
fn lengths_and_periods() {
    assert_eq!(window("1h"), Ok(Window::Fixed(3_600)));
    assert_eq!(window("7d"), Ok(Window::Fixed(604_800)));
    assert_eq!(window("day"), Ok(Window::Day));
    assert_eq!(window("366d"), Ok(Window::Fixed(LONGEST_WINDOW_S)));
    assert_eq!(duration("20ms"), Ok(Duration(20)));
    assert_eq!(Window::Fixed(86_400).to_string(), "24h");
    assert_eq!(Window::Fixed(604_800).to_string(), "7d");
    assert_eq!(Duration(90_000).to_string(), "90s");
    for (text, expect) in [
        ("1day", "`1day` is no window; write `24h`, or `day` for a calendar day"),
        ("daily", "`daily` is no window; write `day`"),
        ("1w", "`1w` is no window; write `7d`, or `week` for a calendar week"),
        ("2w", "`2w` is no window; write `14d`"),
        ("1 month", "`1 month` is no window; write `month` for a calendar month, or `30d`"),
        ("year", "`year` is no window; the longest calendar period is `month`; a fixed window may have `366d`"),
        ("minute", "`minute` is no window; write `1m`"),
        ("1h30m", "`1h30m` is no window; write `90m`"),
        ("15 minutes", "`15 minutes` is no window; write `15m`"),
        ("60", "`60` is no window; write a unit: `60s`, `60m`, `60h` or `60d`"),
        ("8785h", "window `8785h` is longer than 366 days; write a shorter window, or `month`"),
        ("0s", "`0s` is no window; a window is a whole number of seconds, at least `1s`"),
        ("500ms", "`500ms` is no window; a window is a whole number of seconds, at least `1s`"),
        ("soon", "`soon` is no window; write `1m`, `1h`, `24h`, `7d`, or `day`, `week`, `month` for a calendar period"),
    ] {
        assert_eq!(fails(window(text)), expect);
    }
    assert_eq!(fails(duration("1.5h")), "`1.5h` is no duration; write a number and a unit: `30s`, `15m`, `24h`, `7d`");
}

#[test]
fn times_are_in_the_zone() {
    let berlin = zone("Europe/Berlin").unwrap();
    let at = |text: &str, zone: &TimeZone| time(text, zone).unwrap().to_string();
    assert_eq!(at("2026-11-01", &berlin), "2026-10-31T23:00:00Z");
    assert_eq!(at("2026-11-01", &TimeZone::UTC), "2026-11-01T00:00:00Z");
    assert_eq!(at("2026-11-01T12:00:00Z", &berlin), "2026-11-01T12:00:00Z");
    assert_eq!(at("2026-11-01T12:00:00+02:00", &berlin), "2026-11-01T10:00:00Z");
    assert_eq!(at("2026-11-01T12:00", &berlin), "2026-11-01T11:00:00Z");
    // The night in which clocks go forward has no 02:30, and São Paulo's had no midnight.
    assert_eq!(at("2026-03-29T02:30:00", &berlin), "2026-03-29T01:30:00Z");
    assert_eq!(at("2018-11-04", &zone("America/Sao_Paulo").unwrap()), "2018-11-04T03:00:00Z");
    // The night in which they go back has 02:30 twice: the first.
    assert_eq!(at("2026-10-25T02:30:00", &berlin), "2026-10-25T00:30:00Z");
    for (text, expect) in [
        ("2026/11/01", "`2026/11/01` is no date or time; write `2026-11-01`"),
        ("2026-1-5", "`2026-1-5` is no date or time; write `2026-01-05`"),
        ("2026-11-01 12:00", "`2026-11-01 12:00` is no date or time; write `2026-11-01T12:00`"),
        ("2026-02-30", "`2026-02-30` is no date or time; the calendar has no such day"),
        (
            "01.11.2026",
            "`01.11.2026` is no date or time; write a date like `2026-11-01`, or a time like `2026-11-01T12:00:00Z`",
        ),
    ] {
        assert_eq!(fails(time(text, &berlin)), expect);
    }
    assert!(zone("Europe/Berln").is_none());
}

#[test]
fn percentages() {
    assert_eq!(percent("25"), Ok(25));
    assert_eq!(fails(percent("25%")), "`25%` is no percentage; write `25`");
    assert_eq!(fails(percent("101")), "`101` is above 100 percent; write a number from 0 to 100");
}
