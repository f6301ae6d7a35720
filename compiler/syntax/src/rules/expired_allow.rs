//! `expired-allow`: a `# maasc: allow` comment whose time is over.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use super::quote;
use crate::ast::Text;

/// A `# maasc: allow` comment whose time is over.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0014",
    name: "expired-allow",
    summary: "a `# maasc: allow` comment whose time is over",
    level: Level::Error,
    page: include_str!("expired_allow.md"),
};

/// Returns the finding for a comment.
pub(crate) fn finding(until: &Text, rule: &str) -> Diagnostic {
    Diagnostic::new(&RULE, until.span, format!("the permission for `{}` ended on {}", quote(rule), quote(until)))
        .help("correct what it allowed, or decide again and write a new date")
}
