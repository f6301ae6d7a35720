//! `Invariant`: what must hold.

use maasc_diagnostics::Spanned;

use super::Text;

/// `Invariant.spec`.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Over what it ranges.
    pub for_each: Spanned<ForEach>,
    /// CEL: only where this holds.
    pub condition: Option<Text>,
    /// CEL: what must hold.
    pub must: Text,
    /// What a person reads when it does not.
    pub message: Option<Text>,
}

/// What an invariant ranges over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForEach {
    /// Team × model, as granted by a subscription.
    Grant,
    /// Each model.
    Model,
    /// Each team.
    Team,
    /// Each subscription.
    Subscription,
}
