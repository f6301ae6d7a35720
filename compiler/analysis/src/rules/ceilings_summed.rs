//! `ceilings-summed`: a spend ceiling counts in several environments.

use maasc_diagnostics::{Level, Rule};

/// A spend ceiling counts in several environments.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0450",
    name: "ceilings-summed",
    summary: "a spend ceiling counts in several environments",
    level: Level::Note,
    page: include_str!("ceilings_summed.md"),
};
