//! Windows over daylight saving, leap days and skipped midnights.

use proptest::prelude::*;

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn check(period: Period, zone: &str, inside: &str, start: &str, end: &str, hours: i64) {
    let expected = Window { start_ms: at(start), end_ms: at(end) };
    let zone = Zone::named(zone).unwrap();
    for now_ms in [at(inside), expected.start_ms, expected.end_ms - 1] {
        assert_eq!(window(period, &zone, now_ms), expected, "{zone:?} {inside}");
    }
    assert_eq!(expected.end_ms - expected.start_ms, hours * HOUR_MS);
}

#[test]
fn calendar_windows() {
    use Period::{Day, Month, Week};
    let rows = [
        (Day, "Europe/Berlin", "2027-03-28T12:00Z", "2027-03-27T23:00Z", "2027-03-28T22:00Z", 23),
        (Day, "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z", 25),
        // No 00:00 on that day.
        (Day, "Africa/Cairo", "2027-04-30T12:00Z", "2027-04-29T22:00Z", "2027-04-30T21:00Z", 23),
        // Two midnights.
        (Day, "America/Havana", "2027-11-07T12:00Z", "2027-11-07T04:00Z", "2027-11-08T05:00Z", 25),
        (Day, "Europe/Berlin", "2028-02-29T12:00Z", "2028-02-28T23:00Z", "2028-02-29T23:00Z", 24),
        (Month, "Europe/Berlin", "2027-03-15T00:00Z", "2027-02-28T23:00Z", "2027-03-31T22:00Z", 743),
        (Month, "Asia/Kolkata", "2027-01-15T00:00Z", "2026-12-31T18:30Z", "2027-01-31T18:30Z", 744),
        (Week, "Europe/Berlin", "2027-01-01T12:00Z", "2026-12-27T23:00Z", "2027-01-03T23:00Z", 168),
        // A day that the zone skipped.
        (Day, "Pacific/Apia", "2011-12-30T09:00Z", "2011-12-29T10:00Z", "2011-12-30T10:00Z", 24),
        // Clocks went from 00:01 back to 23:01 of the day before: the day began before its date came back.
        (Day, "America/St_Johns", "2010-11-07T03:00Z", "2010-11-07T02:30Z", "2010-11-08T03:30Z", 25),
    ];
    for (period, zone, inside, start, end, hours) in rows {
        let seconds = |text: &str| text.replace('Z', ":00Z");
        check(period, zone, &seconds(inside), &seconds(start), &seconds(end), hours);
    }
}

#[test]
fn fixed_windows_are_multiples_since_the_epoch_in_every_zone() {
    let hour = Period::new(WindowKind::Fixed, 3_600).unwrap();
    let zone = Zone::named("Asia/Kathmandu").unwrap();
    for (now_ms, start_ms) in [(0, 0), (HOUR_MS - 1, 0), (HOUR_MS, HOUR_MS), (-1, -HOUR_MS)] {
        assert_eq!(window(hour, &zone, now_ms), Window { start_ms, end_ms: start_ms + HOUR_MS });
    }
    assert_eq!(Period::new(WindowKind::Fixed, 0), None);
}

#[test]
fn concurrency_has_one_window() {
    assert_eq!(window(Period::Always, &Zone::UTC, 5), Window::ALWAYS);
    assert!(Window::ALWAYS.contains(i64::MIN) && Window::ALWAYS.contains(0));
}

#[test]
fn times_beyond_the_calendar_do_not_panic() {
    for now_ms in [i64::MIN, i64::MAX, 253_402_207_199_999, -377_705_023_200_000] {
        for period in [Period::Day, Period::Week, Period::Month, Period::Fixed(NonZeroU32::MIN)] {
            let window = window(period, &Zone::named("America/Havana").unwrap(), now_ms);
            assert!(window.start_ms <= now_ms && now_ms <= window.end_ms);
        }
    }
}

#[test]
fn unknown_zone() {
    assert_eq!(Zone::named("Mars/Olympus").unwrap_err().to_string(), "unknown time zone `Mars/Olympus`");
}

proptest! {
    #[test]
    fn windows_partition_time(
        zone in 0..ZONES.len(),
        period in prop_oneof![Just(Period::Day), Just(Period::Week), Just(Period::Month)],
        now_ms in at("2020-01-01T00:00:00Z")..at("2040-01-01T00:00:00Z"),
    ) {
        let zone = Zone::named(ZONES[zone]).unwrap();
        let here = window(period, &zone, now_ms);
        prop_assert!(here.contains(now_ms));
        prop_assert_eq!(window(period, &zone, here.start_ms), here);
        prop_assert_eq!(window(period, &zone, here.end_ms - 1), here);
        prop_assert_eq!(window(period, &zone, here.end_ms).start_ms, here.end_ms);
        prop_assert_eq!(window(period, &zone, here.start_ms - 1).end_ms, here.start_ms);
    }
}

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Asuncion",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Asia/Amman",
    "Asia/Gaza",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Antarctica/Troll",
];
