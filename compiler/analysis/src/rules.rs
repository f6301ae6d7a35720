//! The rules of this room, by code.

use maasc_diagnostics::Rule;

pub(crate) mod approval_by_group;
pub(crate) mod approval_by_owner;
pub(crate) mod approval_expired;
pub(crate) mod approval_missing;
pub(crate) mod approval_unbound;
pub(crate) mod approval_unneeded;
pub(crate) mod approval_void;
pub(crate) mod approval_wrong_role;
pub(crate) mod ceilings_summed;
pub(crate) mod invariant_broken;

/// The rules of this room, by code.
pub static RULES: &[&Rule] = &[
    &invariant_broken::RULE,
    &approval_missing::RULE,
    &approval_void::RULE,
    &approval_unbound::RULE,
    &approval_expired::RULE,
    &approval_wrong_role::RULE,
    &approval_by_owner::RULE,
    &approval_unneeded::RULE,
    &approval_by_group::RULE,
    &ceilings_summed::RULE,
];

#[cfg(test)]
mod tests;
