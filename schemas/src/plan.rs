//! The semantic difference of two policies as JSON: `maasc plan --format json`.

/// The `format` of this version.
pub const FORMAT: &str = "maasc.plan/v1";
