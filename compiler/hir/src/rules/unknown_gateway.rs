//! `unknown-gateway`: a name that no `Gateway` document has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::scope::Scope;

/// A name that no `Gateway` document has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0206",
    name: "unknown-gateway",
    summary: "a name that no `Gateway` document has",
    level: Level::Error,
    page: include_str!("unknown_gateway.md"),
};

pub(crate) fn finding(scope: &Scope<'_>, document: &Document, name: &Text) -> Diagnostic {
    super::unknown_name(&RULE, scope, Kind::Gateway, document, name)
}
