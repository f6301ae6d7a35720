//! Findings as JSON: `maasc check --format json`.

use serde::{Deserialize, Serialize};

/// The `format` of this version.
pub const FORMAT: &str = "maasc.diagnostics/v1";

/// All findings of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`FORMAT`].
    pub format: String,
    /// Sorted by file, position, code.
    pub findings: Vec<Finding>,
    /// The counts.
    pub summary: Summary,
}

/// Counts of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Errors.
    pub error: u32,
    /// Warnings.
    pub warn: u32,
    /// Notes.
    pub note: u32,
    /// Findings with a safe fix.
    pub fixable: u32,
    /// Findings that a `# maasc: allow` comment silenced.
    pub suppressed: u32,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// `MAAS0201`.
    pub code: String,
    /// `unknown-model`.
    pub name: String,
    /// `error`, `warn` or `note`.
    pub severity: String,
    /// One phrase, true alone.
    pub message: String,
    /// The document that holds the place, `Kind/name`; empty when there is none.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub document: String,
    /// What is wrong; `None` for a finding about no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<Labelled>,
    /// What it conflicts with.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<Labelled>,
    /// Further facts.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Edits that would remove the finding.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fixes: Vec<Fix>,
    /// What the names in an expression stood for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub values: Vec<Value>,
    /// Stable while lines move: SHA-256 of code, document and message, 16 hex digits.
    pub fingerprint: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Relative to the workspace, with `/`.
    pub file: String,
    /// Offsets from 0, the end excluded.
    pub byte: Range,
    /// The first character.
    pub start: Position,
    /// The character after the last.
    pub end: Position,
    /// The text of the place, or its first 200 characters.
    pub text: String,
}

/// Byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// From 0.
    pub start: u32,
    /// Excluded.
    pub end: u32,
}

/// Line and column, both from 1; columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A place with what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// The place.
    #[serde(flatten)]
    pub location: Location,
    /// What it has to do with the finding; may be empty at the primary place.
    pub label: String,
}

/// Edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// `safe`, `unsafe` or `manual`.
    pub applicability: String,
    /// What the edits do.
    pub message: String,
    /// All or none.
    pub edits: Vec<Edit>,
}

/// One replacement in the original text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Relative to the workspace, with `/`.
    pub file: String,
    /// What is replaced.
    pub byte: Range,
    /// By what.
    pub insert: String,
}

/// What an expression stood for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// `team.limits`.
    pub expression: String,
    /// Its value as text.
    pub value: String,
}
