//! `unknown-model`: a name that no `Model` document has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::scope::Scope;

/// A name that no `Model` document has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0201",
    name: "unknown-model",
    summary: "a name that no `Model` document has",
    level: Level::Error,
    page: include_str!("unknown_model.md"),
};

pub(crate) fn finding(scope: &Scope<'_>, document: &Document, name: &Text) -> Diagnostic {
    super::unknown_name(&RULE, scope, Kind::Model, document, name)
}
