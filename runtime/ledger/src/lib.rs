//! Usage records, their hash chain and statements.
