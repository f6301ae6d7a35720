//! Questions about one decision table.
