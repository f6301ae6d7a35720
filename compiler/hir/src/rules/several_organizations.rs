//! `several-organizations`: a workspace with more than one `Organization`.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Document;

/// A workspace with more than one `Organization`.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0213",
    name: "several-organizations",
    summary: "a workspace with more than one `Organization`",
    level: Level::Error,
    page: include_str!("several_organizations.md"),
};

pub(crate) fn finding(other: &Document, first: &Document) -> Diagnostic {
    let name = &other.metadata.name;
    let message = format!("the workspace has a second organization, `{}`", name.value);
    Diagnostic::new(&RULE, name.span, message)
        .also(first.metadata.name.span, "the first one")
        .help("keep one, or put the other into a folder with a `maasc.yaml` of its own")
}
