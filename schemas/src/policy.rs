//! The JSON Schemas of what users write, embedded by kind.

/// The `apiVersion` of every document.
pub const API_VERSION: &str = "maasc.dev/v1alpha1";

/// Returns the JSON Schema of a kind, or `None` for a kind that is not ours.
#[must_use]
pub fn schema(kind: &str) -> Option<&'static str> {
    SCHEMAS.iter().find(|(name, _)| *name == kind).map(|(_, text)| *text)
}

/// Every kind with its schema, in the order in which the documentation introduces them.
pub const SCHEMAS: &[(&str, &str)] = &[];
