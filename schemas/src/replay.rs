//! Past traffic under another policy as JSON: `maasc replay --format json`.

use serde::{Deserialize, Serialize};

use crate::provenance::Source;

/// The `format` of this version.
pub const FORMAT: &str = "maasc.replay/v1";

/// What the policy would have made of recorded requests. Money is in 10⁻⁹ of the currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// [`FORMAT`].
    pub format: String,
    /// For which time the policy was asked, RFC 3339 in UTC.
    pub at: String,
    /// Time of the first record, RFC 3339 in UTC, or empty.
    pub from: String,
    /// Time of the last record, RFC 3339 in UTC, or empty.
    pub until: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Records that were looked at.
    pub n_requests: u64,
    /// Records of environments that the policy does not have.
    pub n_elsewhere: u64,
    /// Requests that policy or limits refused then.
    pub n_refused_then: u64,
    /// Requests that policy or limits would refuse now.
    pub n_refused_now: u64,
    /// Allowed then, refused now.
    pub n_newly_refused: u64,
    /// Refused then, allowed now; what they would have used is not known.
    pub n_newly_allowed: u64,
    /// What was charged.
    pub cost_then: u64,
    /// What those allowed now would have been charged.
    pub cost_now: u64,
    /// Allowed then and refused now, most frequent first.
    pub refusals: Vec<ReplayRefusal>,
    /// By name.
    pub teams: Vec<ReplayTeam>,
}

/// Requests that were allowed and would be refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayRefusal {
    /// The environment.
    pub gateway: String,
    /// The team that was charged.
    pub team: String,
    /// The model.
    pub model: String,
    /// Why.
    pub reason: String,
    /// The limit that refuses, or empty.
    pub limit: String,
    /// How many.
    pub n_requests: u64,
    /// When it happens first, RFC 3339 in UTC.
    pub first: String,
    /// The line of the policy that refuses, where one does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Source>,
}

/// What changes for one team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayTeam {
    /// Its name.
    pub team: String,
    /// Its requests.
    pub n_requests: u64,
    /// Allowed then, refused now.
    pub n_newly_refused: u64,
    /// What was charged.
    pub cost_then: u64,
    /// What would have been charged.
    pub cost_now: u64,
}
