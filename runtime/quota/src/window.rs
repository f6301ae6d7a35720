//! The window of a limit that holds a time: fixed ones aligned to the Unix epoch, calendar ones in a time zone.

use std::num::NonZeroU32;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use maas_schemas::abi::WindowKind;
use maas_schemas::decision::Limit;

#[cfg(test)]
mod tests;

/// Limits in windows up to this length answer `rate-limit-exceeded`, longer ones `insufficient-quota`.
pub const SHORT_WINDOW_S: u32 = 120;

/// A half-open interval of Unix milliseconds in which a counter adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// Included.
    pub start_ms: i64,
    /// Excluded.
    pub end_ms: i64,
}

impl Window {
    /// The window of what has none: concurrency.
    pub const ALWAYS: Self = Self { start_ms: i64::MIN, end_ms: i64::MAX };

    /// Says whether the window holds a time.
    #[must_use]
    pub const fn contains(&self, now_ms: i64) -> bool {
        self.start_ms <= now_ms && now_ms < self.end_ms
    }
}

/// How windows follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One window for all time.
    Always,
    /// Seconds, aligned to the Unix epoch in every zone.
    Fixed(NonZeroU32),
    /// From midnight to midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
}

impl Period {
    /// Returns the period of a kind and a length; `None` for a fixed window without a length.
    #[must_use]
    pub fn new(kind: WindowKind, window_s: u32) -> Option<Self> {
        Some(match kind {
            WindowKind::None => Self::Always,
            WindowKind::Fixed => Self::Fixed(NonZeroU32::new(window_s)?),
            WindowKind::Day => Self::Day,
            WindowKind::Week => Self::Week,
            WindowKind::Month => Self::Month,
        })
    }

    /// Returns the period of a limit; `None` for a limit that makes no sense.
    #[must_use]
    pub fn of(limit: &Limit) -> Option<Self> {
        Self::new(limit.window, limit.window_s)
    }

    /// Says whether waiting for the next window is a matter of seconds.
    #[must_use]
    pub const fn is_short(self) -> bool {
        match self {
            Self::Always => true,
            Self::Fixed(seconds) => seconds.get() <= SHORT_WINDOW_S,
            Self::Day | Self::Week | Self::Month => false,
        }
    }
}

/// A time zone of the IANA database that is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// The name of a zone that the database does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone(pub String);

impl std::fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown time zone `{}`", self.0)
    }
}

impl std::error::Error for UnknownZone {}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Returns the zone with an IANA name.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.to_owned()))
    }
}

/// Returns the window that holds a time. For every period and zone, windows partition time: each starts where the one
/// before ends, whatever clocks do.
#[must_use]
pub fn window(period: Period, zone: &Zone, now_ms: i64) -> Window {
    match period {
        Period::Always => Window::ALWAYS,
        Period::Fixed(seconds) => fixed(i64::from(seconds.get()).saturating_mul(1_000), now_ms),
        Period::Day | Period::Week | Period::Month => calendar(period, zone, now_ms),
    }
}

fn fixed(length_ms: i64, now_ms: i64) -> Window {
    let start_ms = now_ms.saturating_sub(now_ms.rem_euclid(length_ms));
    Window { start_ms, end_ms: start_ms.saturating_add(length_ms) }
}

fn calendar(period: Period, zone: &Zone, now_ms: i64) -> Window {
    let Ok(now) = Timestamp::from_millisecond(now_ms) else { return Window::ALWAYS };
    let mut first = first_day(period, zone.0.to_datetime(now).date());
    // Where clocks go back over midnight, the civil date of an instant may lie one day before its window. Each step moves
    // one window towards the instant, and a clock never moves by more than two.
    for _ in 0..4 {
        let window = Window { start_ms: start_of(first, zone), end_ms: start_of(following(period, first), zone) };
        if now_ms < window.start_ms {
            first = first_day(period, first.saturating_sub(1.day()));
        } else if now_ms >= window.end_ms {
            first = following(period, first);
        } else {
            return window;
        }
    }
    Window::ALWAYS
}

fn first_day(period: Period, date: Date) -> Date {
    match period {
        Period::Week => date.saturating_sub(i64::from(date.weekday().since(Weekday::Monday)).days()),
        Period::Month => date.first_of_month(),
        Period::Always | Period::Fixed(_) | Period::Day => date,
    }
}

fn following(period: Period, first: Date) -> Date {
    match period {
        Period::Week => first.saturating_add(7.days()),
        Period::Month => first.saturating_add(1.month()),
        Period::Always | Period::Fixed(_) | Period::Day => first.saturating_add(1.day()),
    }
}

/// Returns the first instant of a day. Noon exists on every day that exists; a day that a zone skipped starts with the next.
fn start_of(date: Date, zone: &Zone) -> i64 {
    date.at(12, 0, 0, 0)
        .to_zoned(zone.0.clone())
        .and_then(|noon| noon.start_of_day())
        .map_or(i64::MAX, |start| start.timestamp().as_millisecond())
}
