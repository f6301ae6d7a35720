//! `Subscription`: the only thing that grants access.

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::{Span, Spanned};

use super::{Entries, Limit, Text};

/// `Subscription.spec`.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Which teams.
    pub teams: Option<Selection>,
    /// Single persons beside the teams.
    pub users: Vec<Text>,
    /// Which models.
    pub models: Selection,
    /// Which endpoints of them; all when it says nothing.
    pub endpoints: Option<Vec<Spanned<Endpoint>>>,
    /// A `Quota`.
    pub quota: Option<Text>,
    /// Limits in place.
    pub limits: Vec<Limit>,
    /// Limits of single models.
    pub per_model: Vec<PerModel>,
    /// Higher wins.
    pub priority: Option<Text>,
    /// Included.
    pub starts_at: Option<Text>,
    /// Excluded.
    pub expires_at: Option<Text>,
    /// For people.
    pub purpose: Option<Text>,
    /// Who pays, instead of the team.
    pub cost_centre: Option<Text>,
    /// Bounds of its API keys.
    pub keys: Keys,
    /// It has no token or cost limit on purpose.
    pub unlimited: Option<Unlimited>,
    /// What happens to a cap that the client asked for and that does not fit.
    pub exceed: Option<Spanned<Exceed>>,
}

/// Names, or labels that all must match.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Names.
    Names(Vec<Text>),
    /// `matchLabels`.
    Labels(Spanned<Entries<Text>>),
}

/// One of `perModel`.
#[derive(Clone, Debug)]
pub struct PerModel {
    /// The whole entry.
    pub span: Span,
    /// A `Model`.
    pub model: Text,
    /// Its limits.
    pub limits: Vec<Limit>,
}

/// `keys`.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Longest life of a key.
    pub max_lifetime: Option<Text>,
    /// Most keys that one user may hold.
    pub max_per_user: Option<Text>,
}

/// `unlimited`.
#[derive(Clone, Debug)]
pub struct Unlimited {
    /// The whole entry.
    pub span: Span,
    /// Why.
    pub reason: Text,
}

/// What happens to a cap that the client asked for and that does not fit what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceed {
    /// 429.
    Refuse,
    /// The cap is lowered.
    Shorten,
}
