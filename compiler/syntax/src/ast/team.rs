//! `Team`: who.

use super::{Limit, Text};

/// `Team.spec`.
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// For people.
    pub display_name: Option<Text>,
    /// Team that hands down ceilings and cost centre.
    pub parent: Option<Text>,
    /// Persons who answer for it.
    pub owners: Vec<Text>,
    /// Who belongs to it.
    pub members: Members,
    /// Who pays.
    pub cost_centre: Option<Text>,
    /// Ceilings.
    pub limits: Vec<Limit>,
}

/// `members`.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// `provider:group`.
    pub groups: Vec<Text>,
    /// `provider:subject`.
    pub users: Vec<Text>,
    /// `namespace/name`.
    pub service_accounts: Vec<Text>,
}
