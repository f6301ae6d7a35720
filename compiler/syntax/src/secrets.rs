//! Literals that look like keys: by their shape anywhere, by their entropy where a credential belongs.

mod shape;

use maasc_diagnostics::{FileId, Span};

use crate::comments::Suppression;
use crate::findings::Findings;
use crate::rules;
use crate::tree::{NodeKind, Tree};

/// What messages and documents hold instead of a secret.
pub const MASK: &str = "********";

/// Shorter texts are not random enough to tell from words.
const SHORTEST: usize = 16;

/// Finds the secrets of a file and returns the places that nothing may show, sorted.
pub(crate) fn find(
    file: FileId,
    text: &str,
    tree: &Tree<'_>,
    suppressions: &[Suppression],
    acc: &mut Findings,
) -> Vec<Span> {
    let span = |start: usize, end: usize| {
        let offset = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Span { file, start: offset(start), end: offset(end) }
    };
    let shapes = shape::scan(text);
    let mut found: Vec<(Span, &'static str)> =
        shapes.into_iter().map(|shape| (span(shape.start, shape.end), shape.what)).collect();
    in_credential_places(tree, &mut found);
    found.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut allowed: Vec<Span> = suppressions
        .iter()
        .filter(|suppression| suppression.rule.value == rules::literal_secret::RULE.name)
        .map(|suppression| suppression.line)
        .collect();
    allowed.sort_unstable();
    let mut hidden: Vec<Span> = Vec::with_capacity(found.len());
    let mut last_end = 0;
    for (span, what) in found {
        if span.start < last_end {
            continue;
        }
        last_end = span.end;
        acc.push_with(|| rules::literal_secret::finding(span, what));
        let line = allowed.partition_point(|line| line.end < span.start);
        let is_allowed = allowed.get(line).is_some_and(|line| line.start <= span.start);
        if !is_allowed {
            hidden.push(span);
        }
    }
    hidden
}

/// Says whether a text holds something with the shape of a well-known secret.
pub(crate) fn looks_like_secret(text: &str) -> bool {
    !shape::scan(text).is_empty()
}

/// Says whether a place shares a byte with one of the places of secrets, which are sorted.
pub(crate) fn touches(secrets: &[Span], span: Span) -> bool {
    let after = secrets.partition_point(|secret| secret.end <= span.start);
    secrets.get(after).is_some_and(|secret| secret.start < span.end)
}

/// Adds the texts that look random under keys that say "here is a credential".
fn in_credential_places(tree: &Tree<'_>, found: &mut Vec<(Span, &'static str)>) {
    for id in tree.ids() {
        if !matches!(tree.node(id).kind, NodeKind::Mapping(_)) {
            continue;
        }
        for (key, value) in tree.entries(id) {
            let Some(text) = tree.text(value) else { continue };
            if text.len() < SHORTEST || !tree.text(key).is_some_and(is_credential_key) {
                continue;
            }
            let token = text.trim();
            let token = ["Bearer ", "Basic ", "bearer ", "basic "]
                .iter()
                .find_map(|scheme| token.strip_prefix(scheme))
                .map_or(token, str::trim_start);
            if token.len() != text.trim().len() || looks_random(token) {
                found.push((tree.span(value), "what looks like a credential"));
            }
        }
    }
}

/// Says whether a key names something that must be secret.
fn is_credential_key(key: &str) -> bool {
    let plain: String =
        key.chars().filter(|letter| letter.is_alphanumeric()).map(|letter| letter.to_ascii_lowercase()).collect();
    ["apikey", "accesskey", "privatekey", "secret", "password", "passwd", "credential", "authorization", "cookie"]
        .iter()
        .any(|word| plain.contains(word))
        || plain.ends_with("token")
        || plain.ends_with("key")
}

/// Says whether a text looks like it was made by a machine, and not of words and dates.
fn looks_random(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(&byte);
    if text.len() < SHORTEST || !text.bytes().all(is_part) {
        return false;
    }
    let mut parts = text.split(['-', '_', '.', '/', '~']);
    parts.any(|part| part.len() >= SHORTEST && changes(part) >= 5 && entropy(part) > 3.0)
        || text.len() >= 24 && changes(text) >= 8 && entropy(text) > 3.3
}

/// Counts how often a letter follows a digit or a capital a small letter, or the other way round.
fn changes(text: &str) -> usize {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'a'..=b'z' => 3,
        _ => 0,
    };
    let letters: Vec<u8> = text.bytes().map(|byte| class(&byte)).filter(|class| *class != 0).collect();
    letters.windows(2).filter(|pair| pair.first() != pair.last()).count()
}

/// Returns Shannon's entropy in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests;
