//! The source map of a bundle: which line of which file each `rule_id` stands for.
//!
//! It lies beside the bundle (`provenance.json`) and not inside it, so that renaming or reformatting files leaves
//! the bundle's bytes, and therefore its digest, as they were.

use serde::{Deserialize, Serialize};

/// The `format` of this version.
pub const FORMAT: &str = "maasc.provenance/v1";

/// `provenance.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// [`FORMAT`].
    pub format: String,
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// SHA-256 of `policy.wasm`, `sha256:` and 64 hex digits: the map fits this bundle only. Empty until the bundle is known.
    pub bundle: String,
    /// Commit of the sources, when the caller of `build` gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The position of each rule: index = `rule_id`.
    pub rules: Vec<Source>,
}

/// Where in the policy repository something was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Path relative to the workspace, with `/`.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode scalar values.
    pub column: u32,
    /// `Kind/name`.
    pub document: String,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
