//! `no-organization`: a workspace without an `Organization`.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Document;

/// A workspace without an `Organization`.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0212",
    name: "no-organization",
    summary: "a workspace without an `Organization`",
    level: Level::Error,
    page: include_str!("no_organization.md"),
};

pub(crate) fn finding(first: Option<&Document>) -> Diagnostic {
    let message = "no document of the workspace is an `Organization`";
    let finding = match first {
        Some(document) => Diagnostic::new(&RULE, document.kind.span, message),
        None => Diagnostic::global(&RULE, message),
    };
    finding.help("add one to `maasc.yaml`: `kind: Organization` with a `metadata.name`")
}
