//! What the tests of several modules need.

use maasc_diagnostics::Span;

/// Returns the text of a place.
pub(crate) fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).expect("a place in the text")
}
