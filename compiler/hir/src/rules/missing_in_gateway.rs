//! `missing-in-gateway`: a reference to what is not there in the same environment.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};
use maasc_syntax::ast::{Document, Kind};

use crate::scope::Scope;

/// A reference to what is not there in the same environment.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0215",
    name: "missing-in-gateway",
    summary: "a reference to what is not there in the same environment",
    level: Level::Error,
    page: include_str!("missing_in_gateway.md"),
};

/// The two have no environment in common.
pub(crate) fn nowhere(scope: &Scope<'_>, document: &Document, span: Span, to: (Kind, u32)) -> Diagnostic {
    let other = called(scope, to);
    let message = format!("{} and {other} have no environment in common", super::called(document));
    labelled(scope, Diagnostic::new(&RULE, span, message), document, to)
}

/// The referred one is not in one of the referring one's environments.
pub(crate) fn partly(scope: &Scope<'_>, document: &Document, span: Span, to: (Kind, u32), gateway: &str) -> Diagnostic {
    let other = called(scope, to);
    let message = format!("{} is for `{gateway}`, where {other} is not", super::called(document));
    labelled(scope, Diagnostic::new(&RULE, span, message), document, to)
}

fn called(scope: &Scope<'_>, to: (Kind, u32)) -> String {
    scope.document(to.0, to.1).map(super::called).unwrap_or_default()
}

fn labelled(scope: &Scope<'_>, finding: Diagnostic, document: &Document, to: (Kind, u32)) -> Diagnostic {
    let finding = match scope.document(to.0, to.1) {
        Some(other) => finding.also(Scope::gateways_span(other), "it is for these environments only"),
        None => finding,
    };
    let finding = match &document.gateways {
        Some(_) => finding.also(Scope::gateways_span(document), "this document is for these"),
        None => finding,
    };
    finding.help("change `gateways` of one of the two")
}
