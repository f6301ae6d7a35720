//! The resolved model: names looked up, units read, defaults not yet applied. Users' mistakes are explained here.

pub mod hir;
pub mod ids;
pub mod units;
