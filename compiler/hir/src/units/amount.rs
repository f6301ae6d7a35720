//! Amounts: token counts, plain counts, percentages and money.

use super::{DecimalError, MONEY_ONE, Money, UnitError, decimal, digits, grouped, number_and_rest};

/// Reads a count: `250k`, `1.5M`, `1_000_000` (k = 1,000; M = 1,000,000).
///
/// # Errors
/// When the text is no count; the error says what to write.
pub fn count(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = number_and_rest(text);
    if let Some(amount) = scaled(number, unit) {
        return amount.ok_or_else(|| too_large(text));
    }
    Err(no_count(text, number, unit))
}

/// The count, `Some(None)` when it is too large, `None` when the text is no count.
fn scaled(number: &str, unit: &str) -> Option<Option<u64>> {
    let places = match unit {
        "" => 0,
        "k" => 3,
        "M" => 6,
        _ => return None,
    };
    match decimal(number, places) {
        Ok(amount) => Some(Some(amount)),
        Err(DecimalError::TooLarge) => Some(None),
        Err(DecimalError::NotANumber | DecimalError::TooManyPlaces) => None,
    }
}

fn too_large(text: &str) -> UnitError {
    UnitError::new(format!("`{text}` is too large"), "the largest count is 18_446_744_073_709_551_615")
}

fn no_count(text: &str, number: &str, unit: &str) -> UnitError {
    let message = format!("`{text}` is no count");
    if text.starts_with('-') {
        return UnitError::new(message, "a count is 0 or more");
    }
    if let Some(plain) = without_commas(text)
        && scaled(
            plain.trim_end_matches(['k', 'M']),
            plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_'),
        )
        .is_some()
    {
        return UnitError::meant(message, plain);
    }
    let trimmed = unit.trim_start();
    let right = match trimmed {
        "k" | "K" | "thousand" => Some("k"),
        "M" | "m" | "Mio" | "mio" | "million" | "mn" => Some("M"),
        "" | "tokens" | "token" | "requests" => Some(""),
        _ => None,
    };
    if let Some(right) = right
        && scaled(number, right).is_some()
    {
        return UnitError::meant(message, format!("{number}{right}"));
    }
    if matches!(trimmed, "G" | "B" | "bn" | "billion")
        && let Ok(millions) = decimal(number, 3)
    {
        return UnitError::meant(message, format!("{}M", grouped(millions)));
    }
    if matches!(trimmed, "Ki" | "Mi" | "Gi") {
        return UnitError::new(message, "tokens are counted in thousands: write `k` (1,000) or `M` (1,000,000)");
    }
    if unit.is_empty() && number.contains('.') {
        return UnitError::new(message, "write a whole number, or a unit: `250k`, `1.5M`");
    }
    UnitError::new(message, "write a number like `250k`, `10M` or `1_000_000`")
}

/// `1,000,000` as `1_000_000`, when the commas group by three.
fn without_commas(text: &str) -> Option<String> {
    let groups_by_three = text.contains(',')
        && text.split(',').enumerate().all(|(index, group)| {
            let digits = group.trim_end_matches(['k', 'M']);
            !digits.is_empty()
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits.len() == 3 || (index == 0 && digits.len() < 3))
        });
    groups_by_three.then(|| text.replace(',', "_"))
}

/// Writes a count as people would: `250k`, `20M`, `1_234`.
#[must_use]
pub fn count_text(count: u64) -> String {
    if count > 0 && count.is_multiple_of(1_000_000) {
        return format!("{}M", grouped(count / 1_000_000));
    }
    if count > 0 && count.is_multiple_of(1_000) {
        return format!("{}k", grouped(count / 1_000));
    }
    grouped(count)
}

/// Reads a percentage: a whole number from 0 to 100.
///
/// # Errors
/// When the text is none; the error says what to write.
pub fn percent(text: &str) -> Result<u64, UnitError> {
    match digits(text) {
        Some(percent) if percent <= 100 => Ok(percent),
        Some(_) => Err(UnitError::new(format!("`{text}` is above 100 percent"), "write a number from 0 to 100")),
        None => {
            let message = format!("`{text}` is no percentage");
            match text.strip_suffix('%').map(str::trim_end).filter(|number| digits(number).is_some()) {
                Some(number) => Err(UnitError::meant(message, number)),
                None => Err(UnitError::new(message, "write a whole number from 0 to 100")),
            }
        }
    }
}

/// Reads money: a decimal with at most nine places, in the organization's currency.
///
/// # Errors
/// When the text is none; the error says what to write.
pub fn money(text: &str) -> Result<Money, UnitError> {
    match decimal(text, 9) {
        Ok(nanos) => Ok(Money(nanos)),
        Err(DecimalError::TooManyPlaces) => {
            Err(UnitError::new(format!("`{text}` has more than nine decimal places"), "round it to nine places"))
        }
        Err(DecimalError::TooLarge) => Err(UnitError::new(
            format!("`{text}` is too large"),
            format!("the largest amount is {}", grouped(u64::MAX / MONEY_ONE)),
        )),
        Err(DecimalError::NotANumber) => Err(no_money(text)),
    }
}

fn no_money(text: &str) -> UnitError {
    let message = format!("`{text}` is no amount of money");
    if text.starts_with('-') {
        return UnitError::new(message, "an amount is 0 or more");
    }
    let bare = text.trim_matches(|c: char| c.is_alphabetic() || c.is_whitespace() || "$€£¥".contains(c));
    if let Some(plain) = bare
        .split_once('.')
        .map_or_else(|| without_commas(bare), |(whole, places)| Some(format!("{}.{places}", without_commas(whole)?)))
        && decimal(&plain, 9).is_ok()
    {
        return UnitError::meant(message, plain);
    }
    let (number, unit) = number_and_rest(text);
    if let Some(Some(amount)) = scaled(number, unit) {
        return UnitError::meant(message, grouped(amount));
    }
    if bare != text && decimal(bare, 9).is_ok() {
        let mut error = UnitError::meant(message, bare);
        error.help = format!("write `{bare}`: the currency is the organization's");
        return error;
    }
    UnitError::new(message, "write a decimal like `50_000` or `2.50`; the currency is the organization's")
}
