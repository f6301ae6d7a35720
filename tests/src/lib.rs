//! The harness of the tests that span two rooms.

pub mod mdtest;
pub mod random;
pub mod wasm;
pub mod workspaces;
