//! The JSON Schemas of what users write, embedded by kind.

/// The `apiVersion` of every document.
pub const API_VERSION: &str = "maasc.dev/v1alpha1";

/// Returns the JSON Schema of a kind, or `None` for a kind that is not ours.
#[must_use]
pub fn schema(kind: &str) -> Option<&'static str> {
    SCHEMAS.iter().find(|(name, _)| *name == kind).map(|(_, text)| *text)
}

/// Every kind with its schema, in the order in which the documentation introduces them.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("Organization", include_str!("../policy/v1alpha1/organization.schema.json")),
    ("Gateway", include_str!("../policy/v1alpha1/gateway.schema.json")),
    ("Team", include_str!("../policy/v1alpha1/team.schema.json")),
    ("Provider", include_str!("../policy/v1alpha1/provider.schema.json")),
    ("Model", include_str!("../policy/v1alpha1/model.schema.json")),
    ("Quota", include_str!("../policy/v1alpha1/quota.schema.json")),
    ("Subscription", include_str!("../policy/v1alpha1/subscription.schema.json")),
    ("Approval", include_str!("../policy/v1alpha1/approval.schema.json")),
    ("Invariant", include_str!("../policy/v1alpha1/invariant.schema.json")),
    ("PolicyTest", include_str!("../policy/v1alpha1/policy_test.schema.json")),
];

/// Returns the file name of a kind's schema, as editors are told: `policy_test.schema.json`.
#[must_use]
pub fn file_name(kind: &str) -> Option<String> {
    let (kind, _) = SCHEMAS.iter().find(|(name, _)| *name == kind)?;
    let mut name = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    Some(format!("{name}.schema.json"))
}
