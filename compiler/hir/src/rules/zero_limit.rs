//! `zero-limit`: a limit of 0, which refuses every request.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Limit;

/// A limit of 0, which refuses every request.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0302",
    name: "zero-limit",
    summary: "a limit of 0, which refuses every request",
    level: Level::Warn,
    page: include_str!("zero_limit.md"),
};

pub(crate) fn finding(line: &Limit) -> Diagnostic {
    let message = format!("a limit of 0 {} refuses every request", line.measure.value);
    Diagnostic::new(&RULE, line.amount.span, message).help("remove the line, or do not grant the model")
}
