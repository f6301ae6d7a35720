//! `unknown-quota`: a name that no `Quota` document has.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::scope::Scope;

/// A name that no `Quota` document has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0204",
    name: "unknown-quota",
    summary: "a name that no `Quota` document has",
    level: Level::Error,
    page: include_str!("unknown_quota.md"),
};

pub(crate) fn finding(scope: &Scope<'_>, document: &Document, name: &Text) -> Diagnostic {
    super::unknown_name(&RULE, scope, Kind::Quota, document, name)
}
