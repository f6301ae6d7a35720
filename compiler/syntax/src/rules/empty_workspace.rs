//! `empty-workspace`: a workspace without documents.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use super::quote;

/// A workspace without documents.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0005",
    name: "empty-workspace",
    summary: "a workspace without documents",
    level: Level::Error,
    page: include_str!("empty_workspace.md"),
};

/// Returns the finding for a workspace in which no document was found.
#[must_use]
pub fn empty_workspace(path: &str) -> Diagnostic {
    Diagnostic::global(&RULE, format!("workspace `{}` holds no document", quote(path)))
        .help("begin with an `Organization` in `maasc.yaml`: `apiVersion`, `kind` and a `metadata.name`")
}
