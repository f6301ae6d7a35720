//! `GET /v1/models`: only what the caller may use.

use serde_json::{Value, json};

/// A model as a client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model<'a> {
    /// The name to ask for.
    pub id: &'a str,
    /// Who owns it here.
    pub owner: &'a str,
}

/// Returns the body of the list.
#[must_use]
pub fn list(models: &[Model<'_>]) -> Vec<u8> {
    let data: Vec<Value> = models.iter().map(entry).collect();
    json!({"object": "list", "data": data}).to_string().into_bytes()
}

/// Returns the body for a single model.
#[must_use]
pub fn one(model: &Model<'_>) -> Vec<u8> {
    entry(model).to_string().into_bytes()
}

fn entry(model: &Model<'_>) -> Value {
    let owner = if model.owner.is_empty() { "organization" } else { model.owner };
    json!({"id": model.id, "object": "model", "created": 0, "owned_by": owner})
}
