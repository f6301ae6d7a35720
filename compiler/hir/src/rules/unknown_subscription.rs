//! `unknown-subscription`: a name that no `Subscription` document has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::scope::Scope;

/// A name that no `Subscription` document has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0205",
    name: "unknown-subscription",
    summary: "a name that no `Subscription` document has",
    level: Level::Error,
    page: include_str!("unknown_subscription.md"),
};

pub(crate) fn finding(scope: &Scope<'_>, document: &Document, name: &Text) -> Diagnostic {
    super::unknown_name(&RULE, scope, Kind::Subscription, document, name)
}
