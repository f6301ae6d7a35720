//! Points in time: dates and times in the organization's time zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::{Time, UnitError};

/// Returns the time zone with this IANA name.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// Reads a date (`2026-11-01`, 00:00 in the zone) or a time (`2026-11-01T12:00:00Z`, `…+02:00`, or without an offset in the zone).
///
/// A time that daylight saving skips is the same distance after the gap.
///
/// # Errors
/// When the text is none; the error says what to write.
pub fn time(text: &str, zone: &TimeZone) -> Result<Time, UnitError> {
    let Some((date, clock)) = text.split_once('T') else {
        let date = civil_date(text).ok_or_else(|| no_time(text))?;
        return local(date.at(0, 0, 0, 0), zone).ok_or_else(|| no_time(text));
    };
    let date = civil_date(date).ok_or_else(|| no_time(text))?;
    let offset = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at_checked(offset).ok_or_else(|| no_time(text))?;
    let time = civil_clock(date, clock).ok_or_else(|| no_time(text))?;
    if offset.is_empty() {
        return local(time, zone).ok_or_else(|| no_time(text));
    }
    let seconds = offset_seconds(offset).ok_or_else(|| no_time(text))?;
    let utc = local(time, &TimeZone::UTC).ok_or_else(|| no_time(text))?;
    Ok(Time(utc.0 - seconds * 1_000))
}

fn local(time: DateTime, zone: &TimeZone) -> Option<Time> {
    let timestamp = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    Some(Time(timestamp.as_millisecond()))
}

/// `2026-11-01`, nothing else.
fn civil_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    Date::new(number(year)?, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?).ok()
}

/// `12:00`, `12:00:00` or `12:00:00.250`.
fn civil_clock(date: Date, text: &str) -> Option<DateTime> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = text.split(':');
    let mut two = |optional: bool| match parts.next() {
        Some(part) if part.len() == 2 => i8::try_from(number(part)?).ok(),
        None if optional => Some(0),
        _ => None,
    };
    let (hour, minute, second) = (two(false)?, two(false)?, two(true)?);
    if parts.next().is_some() || fraction.is_empty() || fraction.len() > 3 {
        return None;
    }
    let milliseconds = i32::from(number(&format!("{fraction:0<3}"))?);
    DateTime::new(date.year(), date.month(), date.day(), hour, minute, second, milliseconds * 1_000_000).ok()
}

/// `Z`, `+02:00`, `-0530`.
fn offset_seconds(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let plain = rest.replacen(':', "", 1);
    let (hours, minutes) = plain.split_at_checked(2)?;
    if minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (i64::from(number(hours)?), i64::from(number(minutes)?));
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn number(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn no_time(text: &str) -> UnitError {
    let message = format!("`{text}` is no date or time");
    if let Some(meant) = rearranged(text) {
        return UnitError::meant(message, meant);
    }
    let parts: Vec<&str> = text.split('T').next().unwrap_or(text).split('-').collect();
    if let [year, month, day] = parts.as_slice()
        && [year, month, day].iter().all(|part| number(part).is_some())
        && year.len() == 4
        && month.len() == 2
        && day.len() == 2
        && civil_date(&parts.join("-")).is_none()
    {
        return UnitError::new(message, "the calendar has no such day");
    }
    UnitError::new(message, "write a date like `2026-11-01`, or a time like `2026-11-01T12:00:00Z`")
}

/// What surely was meant: `2026/11/01`, `2026-11-01 12:00`, `2026-1-5`.
fn rearranged(text: &str) -> Option<String> {
    let (date, clock) = match text.split_once([' ', 'T']) {
        Some((date, clock)) => (date, Some(clock.trim())),
        None => (text, None),
    };
    let mut parts = date.split(['-', '/', '.']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    let written = match clock {
        None => date,
        Some(clock) => format!("{date}T{clock}"),
    };
    (written != text && time(&written, &TimeZone::UTC).is_ok()).then_some(written)
}
