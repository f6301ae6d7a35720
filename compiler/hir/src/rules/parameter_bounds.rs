//! `parameter-bounds`: bounds of a parameter that nothing can meet.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{ParameterBounds, Text};

/// Bounds of a parameter that nothing can meet.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0515",
    name: "parameter-bounds",
    summary: "bounds of a parameter that nothing can meet",
    level: Level::Error,
    page: include_str!("parameter_bounds.md"),
};

/// Returns what is wrong with the bounds of a parameter.
pub(crate) fn check(name: &Text, bounds: &ParameterBounds) -> Option<Diagnostic> {
    let texts = [&bounds.min, &bounds.default, &bounds.max];
    let mut read: Vec<(&Text, f64)> = Vec::with_capacity(3);
    for text in texts.into_iter().flatten() {
        match number(&text.value) {
            Some(number) => read.push((text, number)),
            None => {
                let message = format!("`{}` is no number", text.value);
                return Some(Diagnostic::new(&RULE, text.span, message).help("write a decimal like `0.7`"));
            }
        }
    }
    // Ascending: min, default, max.
    let wrong = read.windows(2).find_map(|pair| match pair {
        [(low_text, low), (high_text, high)] if low > high => Some((*low_text, *high_text)),
        _ => None,
    });
    let (low, high) = wrong?;
    let is_default = |text: &Text| bounds.default.as_ref().is_some_and(|default| default.span == text.span);
    let (culprit, other) = if is_default(low) { (low, high) } else { (high, low) };
    let message = format!("parameter `{}` cannot be {} and {}", name.value, low.value, high.value);
    let finding = Diagnostic::new(&RULE, culprit.span, message).also(other.span, "contradicts this");
    Some(finding.help("`min` ≤ `default` ≤ `max`"))
}

/// A plain decimal, perhaps negative.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
        && !digits.starts_with('.')
        && !digits.ends_with('.');
    is_plain.then(|| text.parse().ok()).flatten()
}
