//! Lengths of time: durations, fixed windows and calendar periods.

use super::{Duration, LONGEST_WINDOW_S, UnitError, Window, digits, number_and_rest};

/// Milliseconds of each unit that durations know.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a duration: `500ms`, `30s`, `15m`, `1h`, `7d`.
///
/// # Errors
/// When the text is none; the error says what to write.
pub fn duration(text: &str) -> Result<Duration, UnitError> {
    let (number, unit) = number_and_rest(text);
    let size = UNITS.into_iter().find(|(name, _)| *name == unit).map(|(_, size)| size);
    match (digits(number), size) {
        (Some(number), Some(size)) => match number.checked_mul(size) {
            Some(length) => Ok(Duration(length)),
            None => Err(UnitError::new(format!("`{text}` is too long"), "write a shorter duration")),
        },
        _ => Err(no_duration(text)),
    }
}

fn no_duration(text: &str) -> UnitError {
    let message = format!("`{text}` is no duration");
    if let Some(meant) = spelled_out(text) {
        return UnitError::meant(message, meant);
    }
    if let Some(sum) = several_units(text) {
        return UnitError::meant(message, sum.to_string());
    }
    if let Some(hours) = weeks(text) {
        return UnitError::meant(message, hours);
    }
    if digits(text).is_some() {
        return UnitError::new(message, format!("write a unit: `{text}s`, `{text}m`, `{text}h` or `{text}d`"));
    }
    UnitError::new(message, "write a number and a unit: `30s`, `15m`, `24h`, `7d`")
}

/// Reads a window: a fixed length (`1m`, `1h`, `24h`, `7d`) or a calendar period (`day`, `week`, `month`).
///
/// # Errors
/// When the text is none; the error says what to write.
pub fn window(text: &str) -> Result<Window, UnitError> {
    match text {
        "day" => return Ok(Window::Day),
        "week" => return Ok(Window::Week),
        "month" => return Ok(Window::Month),
        _ => {}
    }
    let Ok(length) = duration(text) else { return Err(no_window(text)) };
    if length.0 == 0 || !length.0.is_multiple_of(1_000) {
        return Err(UnitError::new(
            format!("`{text}` is no window"),
            "a window is a whole number of seconds, at least `1s`",
        ));
    }
    match u32::try_from(length.0 / 1_000) {
        Ok(seconds) if seconds <= LONGEST_WINDOW_S => Ok(Window::Fixed(seconds)),
        _ => Err(UnitError::new(
            format!("window `{text}` is longer than 366 days"),
            "write a shorter window, or `month`",
        )),
    }
}

fn no_window(text: &str) -> UnitError {
    let message = format!("`{text}` is no window");
    let lower = text.to_lowercase();
    let period = match lower.as_str() {
        "daily" | "days" | "calendar day" => Some("day"),
        "weekly" | "weeks" | "calendar week" => Some("week"),
        "monthly" | "months" | "calendar month" => Some("month"),
        "hour" | "hourly" => Some("1h"),
        "minute" | "minutely" | "min" => Some("1m"),
        "second" | "sec" => Some("1s"),
        _ => None,
    };
    if let Some(period) = period {
        return UnitError::meant(message, period);
    }
    let (number, unit) = number_and_rest(&lower);
    match (unit.trim_start(), number) {
        ("day", "1") => return UnitError::new(message, "write `24h`, or `day` for a calendar day"),
        ("week" | "w", "1") => return UnitError::new(message, "write `7d`, or `week` for a calendar week"),
        ("month" | "mo", "1") => return UnitError::new(message, "write `month` for a calendar month, or `30d`"),
        ("month" | "months" | "mo", _) if digits(number).is_some() => {
            return UnitError::new(
                message,
                "months are calendar months: write `month`, or a number of days like `90d`",
            );
        }
        ("y" | "year" | "years" | "quarter", _) => {
            return UnitError::new(message, "the longest calendar period is `month`; a fixed window may have `366d`");
        }
        _ => {}
    }
    let error = no_duration(text);
    let help = match error.meant {
        Some(_) => error.help,
        None if digits(text).is_some() => error.help,
        None => "write `1m`, `1h`, `24h`, `7d`, or `day`, `week`, `month` for a calendar period".to_owned(),
    };
    UnitError { message, help, meant: error.meant }
}

/// `15 minutes` as `15m`.
fn spelled_out(text: &str) -> Option<String> {
    let (number, unit) = number_and_rest(text);
    digits(number)?;
    let unit = match unit.trim_start().to_lowercase().as_str() {
        "ms" | "msec" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

/// `1h30m` as `90m`.
fn several_units(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let (number, after) = number_and_rest(rest);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(end)?;
        let size = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).map(|(_, size)| size)?;
        sum = sum.checked_add(digits(number)?.checked_mul(size)?)?;
        rest = next;
    }
    Some(Duration(sum))
}

/// `2w` as `14d`.
fn weeks(text: &str) -> Option<String> {
    let (number, unit) = number_and_rest(text);
    matches!(unit.trim_start(), "w" | "week" | "weeks").then_some(())?;
    Some(format!("{}d", digits(number)?.checked_mul(7)?))
}
