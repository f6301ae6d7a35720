//! Whose consent: which grants need an approval, and until when they have it.

use std::collections::BTreeMap;

use crate::ir::{ALWAYS, ApprovalAnswer, ApprovalState};

/// Which approvals each grant rests on.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Numbered as they were found.
    pub(super) states: Vec<ApprovalState>,
    /// By number of the model: what is asked once per model.
    of_model: BTreeMap<u32, Vec<u32>>,
    /// By subscription.
    of_subscription: BTreeMap<u32, SubscriptionNeeds>,
}

#[derive(Debug, Default)]
struct SubscriptionNeeds {
    /// Principals that need the same.
    groups: Vec<Vec<u32>>,
    /// By (group, model).
    of_cell: BTreeMap<(u32, u32), Vec<u32>>,
}

impl Needs {
    /// Returns what a grant rests on, ascending.
    pub(super) fn of(&self, subscription: u32, group: u32, model: u32) -> Vec<u32> {
        let cells = self.of_subscription.get(&subscription).map(|needs| &needs.of_cell);
        let own = cells.and_then(|cells| cells.get(&(group, model))).into_iter().flatten();
        let mut needs: Vec<u32> = self.of_model.get(&model).into_iter().flatten().chain(own).copied().collect();
        needs.sort_unstable();
        needs
    }

    /// Returns the principals of a subscription by what they need.
    pub(super) fn groups(&self, subscription: u32, principals: &[u32]) -> Vec<(u32, Vec<u32>)> {
        match self.of_subscription.get(&subscription) {
            Some(needs) => (0..).zip(needs.groups.iter().cloned()).collect(),
            None => vec![(0, principals.to_vec())],
        }
    }

    /// Returns until when a consent stands.
    pub(super) fn until_ms(&self, approval: u32) -> i64 {
        match self.states.get(approval as usize).map(|state| &state.answer) {
            Some(ApprovalAnswer::Given { until_ms, .. }) => *until_ms,
            _ => ALWAYS,
        }
    }
}
