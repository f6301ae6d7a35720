//! `invariant-broken`: an invariant does not hold.

use maasc_diagnostics::{Level, Rule};

/// An invariant does not hold.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0430",
    name: "invariant-broken",
    summary: "an invariant does not hold",
    level: Level::Error,
    page: include_str!("invariant_broken.md"),
};
