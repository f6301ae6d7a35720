//! `unknown-provider`: a name that no `Provider` document has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::scope::Scope;

/// A name that no `Provider` document has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0203",
    name: "unknown-provider",
    summary: "a name that no `Provider` document has",
    level: Level::Error,
    page: include_str!("unknown_provider.md"),
};

pub(crate) fn finding(scope: &Scope<'_>, document: &Document, name: &Text) -> Diagnostic {
    super::unknown_name(&RULE, scope, Kind::Provider, document, name)
}
