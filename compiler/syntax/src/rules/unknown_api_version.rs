//! `unknown-api-version`: a version of the language that does not exist.

use maas_schemas::policy::API_VERSION;
use maasc_diagnostics::{Diagnostic, Level, Rule, Span, nearest};

use super::quote;

/// A version of the language that does not exist.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0106",
    name: "unknown-api-version",
    summary: "a version of the language that does not exist",
    level: Level::Error,
    page: include_str!("unknown_api_version.md"),
};

/// Returns the finding for the value of `apiVersion`.
pub(crate) fn finding(span: Span, version: &str) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, span, format!("unknown apiVersion `{}`", quote(version)))
        .help(format!("this compiler reads `{API_VERSION}`, the first and only version"));
    match nearest(version, [API_VERSION]) {
        Some(near) => finding.replace(span, near),
        None => finding,
    }
}
