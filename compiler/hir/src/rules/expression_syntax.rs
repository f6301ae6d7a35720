//! `expression-syntax`: an expression that CEL cannot read.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// An expression that CEL cannot read.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0413",
    name: "expression-syntax",
    summary: "an expression that CEL cannot read",
    level: Level::Error,
    page: include_str!("expression_syntax.md"),
};

pub(crate) fn finding(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&RULE, span, message)
}

pub(crate) fn empty(span: Span) -> Diagnostic {
    finding(span, "the expression is empty").help("write a condition: `model.exposure == \"internal\"`")
}

pub(crate) fn too_deep(span: Span, most: usize) -> Diagnostic {
    finding(span, format!("the expression nests more than {most} brackets")).help("split it into several documents")
}

pub(crate) fn too_long(span: Span, most: usize) -> Diagnostic {
    finding(span, format!("the expression is longer than {most} bytes")).help("split it into several documents")
}
