//! One file per verb, and what they share: loading a workspace, printing its findings.

pub mod approve;
pub mod build;
pub mod check;
pub mod explain;
pub mod fix;
pub mod fmt;
pub mod matrix;
pub mod plan;
pub mod replay;
pub mod schema;
pub mod test;
pub mod up;
pub mod who_can;
pub mod why;
