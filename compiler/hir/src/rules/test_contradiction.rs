//! `test-contradiction`: an expectation that no answer can meet.

use maas_schemas::abi::Reason;
use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Expectation;

/// An expectation that no answer can meet.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0418",
    name: "test-contradiction",
    summary: "an expectation that no answer can meet",
    level: Level::Error,
    page: include_str!("test_contradiction.md"),
};

/// Returns what contradicts `allow`.
pub(crate) fn check(expect: &Expectation) -> Option<Diagnostic> {
    let says_allow = expect.allow.value;
    let allow_reason = expect.reason.as_ref().filter(|reason| (reason.value == Reason::Allow) != says_allow);
    let (span, message) = match (says_allow, allow_reason) {
        (true, Some(reason)) => (reason.span, "an allowed request has no reason"),
        (false, Some(reason)) => (reason.span, "`allow` is no reason for a refusal"),
        (true, None) => return None,
        (false, None) => {
            let named = expect.subscription.as_ref().or(expect.upstream.as_ref()).map(|name| name.span);
            let limit = expect.limits.first().map(|limit| limit.span);
            (named.or(limit)?, "a refused request has no subscription, upstream or limits")
        }
    };
    Some(Diagnostic::new(&RULE, span, message).also(expect.allow.span, "this says whether it is allowed"))
}
