//! Quantities with a unit: token counts, windows, durations, money, dates.

mod amount;
mod length;
mod moment;
#[cfg(test)]
mod tests;

use std::fmt;

use maas_schemas::abi::WindowKind;

pub use amount::{count, count_text, money, percent};
pub use length::{duration, window};
pub use moment::{time, zone};

/// Nanos of the currency in one unit of it.
pub const MONEY_ONE: u64 = 1_000_000_000;
/// The longest fixed window: 366 days, what every target can hold.
pub const LONGEST_WINDOW_S: u32 = 366 * 86_400;

/// Money in 10⁻⁹ of the organization's currency; exact for every decimal with at most nine places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    /// Writes the exact decimal: none or at least two places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / MONEY_ONE, self.0 % MONEY_ONE);
        write!(f, "{}", grouped(whole))?;
        if rest == 0 {
            return Ok(());
        }
        let mut places = format!("{rest:09}");
        while places.len() > 2 && places.ends_with('0') {
            places.pop();
        }
        write!(f, ".{places}")
    }
}

/// In which window a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// No window: concurrency.
    None,
    /// A fixed length in seconds, aligned to the Unix epoch.
    Fixed(u32),
    /// A calendar day in the organization's time zone.
    Day,
    /// A calendar week, from Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Window {
    /// Returns the kind and the length in seconds (0 for calendar periods and for none).
    #[must_use]
    pub const fn parts(self) -> (WindowKind, u32) {
        match self {
            Self::None => (WindowKind::None, 0),
            Self::Fixed(seconds) => (WindowKind::Fixed, seconds),
            Self::Day => (WindowKind::Day, 0),
            Self::Week => (WindowKind::Week, 0),
            Self::Month => (WindowKind::Month, 0),
        }
    }

    /// Returns the longest length in seconds: a day has up to 25 hours, a month up to 31 days.
    #[must_use]
    pub const fn longest_seconds(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Fixed(seconds) => seconds as u64,
            Self::Day => 25 * 3_600,
            Self::Week => 7 * 86_400 + 3_600,
            Self::Month => 31 * 86_400 + 3_600,
        }
    }
}

impl fmt::Display for Window {
    /// Writes what `per` would say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Fixed(seconds) => write!(f, "{}", Duration(u64::from(*seconds) * 1_000)),
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
        }
    }
}

/// A point in time: Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl fmt::Display for Time {
    /// Writes RFC 3339 in UTC, without fractions of a second that are zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

impl fmt::Display for Duration {
    /// Writes the whole number of the largest unit that fits; hours up to a day and a half stay hours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
        let fits = |size: u64| self.0 >= size && self.0.is_multiple_of(size);
        let (size, unit) = units
            .into_iter()
            .find(|(size, unit)| fits(*size) && !(*unit == "d" && self.0 == 86_400_000))
            .unwrap_or((1_000, "s"));
        write!(f, "{}{unit}", self.0 / size)
    }
}

/// Why a text is no quantity, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError {
    /// One phrase that names the text.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The text that was surely meant.
    pub meant: Option<String>,
}

impl UnitError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), meant: None }
    }

    /// The text has one reading only.
    fn meant(message: impl Into<String>, meant: impl Into<String>) -> Self {
        let meant = meant.into();
        Self { message: message.into(), help: format!("write `{meant}`"), meant: Some(meant) }
    }
}

/// Writes a number with `_` between groups of three digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// Splits a text into its leading number (digits, `_`, `.`) and the rest.
fn number_and_rest(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Reads digits with single `_` between them.
fn digits(text: &str) -> Option<u64> {
    let well_formed = !text.is_empty()
        && text.split('_').all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    if !well_formed {
        return None;
    }
    text.chars()
        .filter(char::is_ascii_digit)
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit.to_digit(10)?)))
}

/// Reads a decimal as a multiple of 10^-places.
fn decimal(text: &str, places: u32) -> Result<u64, DecimalError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number =
        |part: &str| part.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    if !is_number(whole) || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let n_places = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    if n_places > places {
        return Err(DecimalError::TooManyPlaces);
    }
    let scale = 10_u64.checked_pow(places).ok_or(DecimalError::TooLarge)?;
    let low = if fraction.is_empty() { 0 } else { digits(fraction).ok_or(DecimalError::TooLarge)? };
    let low = low * 10_u64.pow(places - n_places);
    let high = digits(whole).ok_or(DecimalError::TooLarge)?;
    high.checked_mul(scale).and_then(|high| high.checked_add(low)).ok_or(DecimalError::TooLarge)
}

/// Why a text is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DecimalError {
    NotANumber,
    TooManyPlaces,
    TooLarge,
}
