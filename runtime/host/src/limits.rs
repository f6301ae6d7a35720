//! What a module may hold: the memory that it declared, and nothing that grows.

use wasmtime::{StoreLimits, StoreLimitsBuilder};

/// Returns the limits of one store.
pub(crate) fn limits(memory_bytes: usize) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(memory_bytes)
        .memories(1)
        .tables(0)
        .instances(1)
        .trap_on_grow_failure(true)
        .build()
}
