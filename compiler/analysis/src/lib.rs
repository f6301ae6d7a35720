//! Questions about decision tables: must it hold, who may, what may it cost, who must agree.

pub mod explain;
pub mod policy_test;
pub mod render;
pub mod who;
mod words;
