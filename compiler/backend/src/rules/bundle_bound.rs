//! More than a compiled policy can hold.

use maasc_diagnostics::{Level, Rule};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0801",
    name: "bundle-bound",
    summary: "more limits, upstreams, subscriptions or models than a bundle can hold",
    level: Level::Error,
    page: include_str!("bundle_bound.md"),
};
