//! A field of a mapping while it is decoded.

use crate::tree::NodeId;

/// A field that a mapping may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// Whose field it is, for people: `Team.spec`.
    pub(super) of: &'static str,
    /// The mapping that has it.
    pub(super) owner: NodeId,
    /// The key that the mapping stands under.
    pub(super) under: Option<NodeId>,
    /// Whether it was written.
    pub(super) state: State,
}

/// Whether a field was written.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// No.
    Absent,
    /// Yes.
    Present {
        /// The key.
        key: NodeId,
        /// The value.
        value: NodeId,
    },
}

impl Field {
    /// Says whether the field was written, with or without a value.
    pub(super) const fn is_present(self) -> bool {
        matches!(self.state, State::Present { .. })
    }

    /// Returns the key.
    pub(super) const fn key(self) -> Option<NodeId> {
        match self.state {
            State::Present { key, .. } => Some(key),
            State::Absent => None,
        }
    }
}
