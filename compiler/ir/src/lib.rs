//! The canonical decision table and its reference evaluator: what is decided, for whom, when.
//!
//! Everything below this room (manifests, WebAssembly, plan, tests, queries) reads [`ir::Ir`] and nothing else.

pub mod evaluate;
pub mod ir;
