//! Answers to questions about access as JSON: `maasc matrix`, `maasc who-can`, `maasc why`.

use serde::{Deserialize, Serialize};

use crate::provenance::Source;

/// The `format` of [`Matrix`].
pub const MATRIX: &str = "maasc.matrix/v1";
/// The `format` of [`WhoCan`].
pub const WHO_CAN: &str = "maasc.who-can/v1";
/// The `format` of [`Why`].
pub const WHY: &str = "maasc.why/v1";

/// Who may call what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matrix {
    /// [`MATRIX`].
    pub format: String,
    /// For which time, RFC 3339 in UTC.
    pub at: String,
    /// Environments with equal answers share a table.
    pub tables: Vec<MatrixTable>,
}

/// The matrix of some environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixTable {
    /// Names of the `Gateway` documents.
    pub gateways: Vec<String>,
    /// All models, by name.
    pub models: Vec<String>,
    /// All teams, then single users with grants of their own, each by name.
    pub rows: Vec<MatrixRow>,
}

/// One team or user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixRow {
    /// Name of the team, or `provider:subject`.
    pub name: String,
    /// Cells in the order of the models; a model that is not here is `not-granted`.
    pub cells: Vec<MatrixCell>,
}

/// One team or user and one model, asked for the model's first endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixCell {
    /// Name.
    pub model: String,
    /// `allow`, or why not.
    pub reason: String,
    /// The subscription that grants or comes closest.
    pub subscription: String,
}

/// Who may call one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhoCan {
    /// [`WHO_CAN`].
    pub format: String,
    /// For which time, RFC 3339 in UTC.
    pub at: String,
    /// Name of the model, also when an alias was asked for.
    pub model: String,
    /// Environments with equal answers share one.
    pub answers: Vec<WhoCanAnswer>,
}

/// Who may call one model in some environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhoCanAnswer {
    /// Names of the `Gateway` documents.
    pub gateways: Vec<String>,
    /// Teams, then single users; those who may not, but nearly, are here with their reason.
    pub callers: Vec<WhoCanCaller>,
}

/// A team or user who has a grant for the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhoCanCaller {
    /// Name of the team, or `provider:subject`.
    pub name: String,
    /// How somebody comes to be it: `group corp:acme-payments`.
    pub members: Vec<String>,
    /// `allow`, or why not.
    pub reason: String,
    /// The subscription that grants or comes closest.
    pub subscription: String,
    /// Endpoints that the grant serves.
    pub endpoints: Vec<String>,
    /// Limits in the order of a decision.
    pub limits: Vec<String>,
    /// From when, RFC 3339 in UTC, or empty.
    pub from: String,
    /// Until when, RFC 3339 in UTC, or empty.
    pub until: String,
    /// The line that grants.
    pub source: Source,
}

/// Why somebody may, or may not, call a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// [`WHY`].
    pub format: String,
    /// For which time, RFC 3339 in UTC.
    pub at: String,
    /// Who asked, as given.
    pub who: String,
    /// Groups that the token would list.
    pub groups: Vec<String>,
    /// Model or alias as given.
    pub model: String,
    /// Environments with equal answers share one.
    pub answers: Vec<WhyAnswer>,
}

/// The answer of some environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyAnswer {
    /// Names of the `Gateway` documents.
    pub gateways: Vec<String>,
    /// The endpoint that was asked for.
    pub endpoint: String,
    /// `allow`, or why not.
    pub reason: String,
    /// HTTP status of a refusal, 0 when allowed.
    pub status: u16,
    /// The answer in one sentence.
    pub summary: String,
    /// What led to it, in the order of the decision.
    pub steps: Vec<Step>,
    /// What would have to change, smallest edit first; only for a refusal.
    pub changes: Vec<Step>,
}

/// One line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which part of the decision it belongs to.
    pub topic: Topic,
    /// One phrase.
    pub text: String,
    /// The line of the policy that says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Source>,
}

/// Parts of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Who the caller is.
    Caller,
    /// What was asked for.
    Model,
    /// A subscription that was looked at.
    Grant,
    /// Consent that the grant rests on.
    Approval,
    /// A limit that the request must fit.
    Limit,
    /// Where the request goes.
    Upstream,
    /// An edit that would turn the answer.
    Change,
}

impl Topic {
    /// Returns the word before the text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Model => "model",
            Self::Grant => "grant",
            Self::Approval => "approval",
            Self::Limit => "limit",
            Self::Upstream => "upstream",
            Self::Change => "change",
        }
    }
}
