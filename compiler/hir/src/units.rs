//! Quantities with a unit: token counts, windows, durations, money, dates.

use maas_schemas::abi::WindowKind;

/// Money in 10⁻⁹ of the organization's currency; exact for every decimal with at most nine places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub u64);

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
}

/// A point in time: Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);
