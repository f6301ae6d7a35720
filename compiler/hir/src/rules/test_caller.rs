//! `test-caller`: a test case with callers that exclude each other.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Case;

/// A test case with callers that exclude each other.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0417",
    name: "test-caller",
    summary: "a test case with callers that exclude each other",
    level: Level::Error,
    page: include_str!("test_caller.md"),
};

/// Returns what is wrong with `as`.
pub(crate) fn check(case: &Case) -> Option<Diagnostic> {
    let caller = &case.caller;
    let person = caller.user.as_ref().or(caller.groups.first());
    let mut named = [caller.team.as_ref(), person, caller.service_account.as_ref()].into_iter().flatten();
    let (first, second) = (named.next()?, named.next()?);
    let message = format!("case `{}` has two callers", case.name.value);
    Some(Diagnostic::new(&RULE, second.span, message).also(first.span, "the first one").help("write two cases"))
}
