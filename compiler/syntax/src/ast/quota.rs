//! `Quota`: a named set of limits.

use super::{Limit, Text};

/// `Quota.spec`.
#[derive(Clone, Debug, Default)]
pub struct Quota {
    /// For people.
    pub display_name: Option<Text>,
    /// The limits.
    pub limits: Vec<Limit>,
}
