//! Questions about decision tables: must it hold, who may, what may it cost, who must agree.

mod approval;
pub mod ceiling;
pub mod explain;
mod invariant;
pub mod mutants;
pub mod policy_test;
pub mod render;
pub mod replay;
mod rules;
#[cfg(test)]
mod testing;
pub mod who;
mod words;

use maasc_diagnostics::Diagnostics;
use maasc_hir::hir::Hir;
use maasc_hir::units::Time;
use maasc_ir::Built;

pub use rules::RULES;

/// Reports what only whole decision tables show: invariants that do not hold, approvals that are missing or void,
/// ceilings that count more than once. `built` are the tables of all environments, compiled for `at`.
pub fn check(hir: &Hir, built: &[Built], at: Time, acc: &mut Diagnostics) {
    invariant::check(hir, built, acc);
    approval::check(hir, built, at, acc);
    ceiling::check(hir, built, acc);
}
