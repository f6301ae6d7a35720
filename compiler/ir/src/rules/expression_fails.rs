//! `expression-fails`: an expression that has no answer for something it is asked about.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_hir::hir::Expression;

use crate::cel::EvalError;

/// An expression of a requirement or an invariant that fails when it is evaluated.
pub static RULE: Rule = Rule {
    code: "MAAS0440",
    name: "expression-fails",
    summary: "an expression that has no answer for something it is asked about",
    level: Level::Error,
    page: include_str!("expression_fails.md"),
};

/// Returns the finding for one subject, described in words.
#[must_use]
pub fn finding(expression: &Expression, subject: &str, error: &EvalError) -> Diagnostic {
    Diagnostic::new(&RULE, expression.text.span, format!("the expression fails for {subject}"))
        .label(error.to_string())
        .help(
            "make it true or false for everything: test first what may be missing, as in `size(team.owners) > 0 && …`",
        )
}
