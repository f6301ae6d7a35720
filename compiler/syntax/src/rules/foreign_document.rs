//! `foreign-document`: a document that is not a policy.

use maas_schemas::policy::API_VERSION;
use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use super::quote;

/// A document that is not a policy.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0107",
    name: "foreign-document",
    summary: "a document that is not a policy",
    level: Level::Error,
    page: include_str!("foreign_document.md"),
};

/// Returns the finding for a document with somebody else's `apiVersion`.
pub(crate) fn finding(span: Span, version: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("a document of `{}` is not a policy", quote(version)))
        .help(format!("policies are `{API_VERSION}`; keep others outside, or name the file in `.maascignore`"))
}
