//! The contract: `maasc.plan/v1`.

use maas_schemas::plan::Plan;

/// Returns the plan as indented JSON that ends with a line break.
#[must_use]
pub fn render(plan: &Plan) -> String {
    // The types of a plan have no maps with keys that JSON cannot have, so an error cannot reach a user.
    let mut out = serde_json::to_string_pretty(plan).unwrap_or_default();
    out.push('\n');
    out
}
