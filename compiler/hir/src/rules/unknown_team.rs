//! `unknown-team`: a name that no `Team` document has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::scope::Scope;

/// A name that no `Team` document has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0202",
    name: "unknown-team",
    summary: "a name that no `Team` document has",
    level: Level::Error,
    page: include_str!("unknown_team.md"),
};

pub(crate) fn finding(scope: &Scope<'_>, document: &Document, name: &Text) -> Diagnostic {
    super::unknown_name(&RULE, scope, Kind::Team, document, name)
}
