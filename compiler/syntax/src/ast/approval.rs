//! `Approval`: who consented to what.

use super::Text;

/// `Approval.spec`.
#[derive(Clone, Debug)]
pub struct Approval {
    /// What was approved.
    pub subject: ApprovalFor,
    /// The name of the rule that asks for it.
    pub requirement: Text,
    /// `provider:subject`.
    pub approved_by: Text,
    /// In which role.
    pub role: Text,
    /// When.
    pub date: Text,
    /// Until when, excluded; for ever when it says nothing.
    pub expires_at: Option<Text>,
    /// Where it was discussed.
    pub ticket: Option<Text>,
    /// For people.
    pub comment: Option<Text>,
    /// What it is bound to; written by `maasc approve`.
    pub digest: Option<Text>,
}

/// `for`.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFor {
    /// A `Model`.
    pub model: Option<Text>,
    /// A `Subscription`; with `model` for one of its models.
    pub subscription: Option<Text>,
}
