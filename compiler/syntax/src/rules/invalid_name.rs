//! `invalid-name`: a name that Kubernetes would refuse.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use super::quote;

/// A name that Kubernetes would refuse.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0108",
    name: "invalid-name",
    summary: "a name that Kubernetes would refuse",
    level: Level::Error,
    page: include_str!("invalid_name.md"),
};

/// Returns the finding for a name that is no DNS-1123 label, or `None` for one that is.
pub(crate) fn check(span: Span, name: &str) -> Option<Diagnostic> {
    let problem = problem(name)?;
    let finding = Diagnostic::new(&RULE, span, format!("`{}` is not a valid name: {problem}", quote(name)));
    let help = "a name has 1 to 63 of `a`-`z`, `0`-`9` and `-`, with a letter or digit first and last";
    Some(match suggestion(name) {
        Some(better) => finding.help(format!("{help}; for example `{better}`")),
        None => finding.help(help),
    })
}

fn problem(name: &str) -> Option<&'static str> {
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.chars().any(|letter| letter.is_ascii_uppercase()) {
        return Some("it has capital letters");
    }
    if !name.chars().all(allowed) {
        return Some("it has other characters than letters, digits and `-`");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Some("it begins or ends with `-`");
    }
    (name.len() > 63).then_some("it has more than 63 characters")
}

/// Returns a valid name that is like this one.
fn suggestion(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let mut better = String::new();
    for letter in lower.chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '-' };
        if letter != '-' || !(better.is_empty() || better.ends_with('-')) {
            better.push(letter);
        }
    }
    let better = better.trim_end_matches('-').to_owned();
    (!better.is_empty() && better.len() <= 63 && !crate::secrets::looks_like_secret(name)).then_some(better)
}
