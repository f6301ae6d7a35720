//! Stores of one process on the local disk.

mod keys;
mod leases;
mod ledger;

pub use keys::EmbeddedKeys;
pub use leases::EmbeddedLeases;
pub use ledger::EmbeddedLedger;
