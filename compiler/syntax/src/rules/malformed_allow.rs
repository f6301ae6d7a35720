//! `malformed-allow`: a `# maasc:` comment that cannot be understood.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A `# maasc:` comment that cannot be understood.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0012",
    name: "malformed-allow",
    summary: "a `# maasc:` comment that cannot be understood",
    level: Level::Error,
    page: include_str!("malformed_allow.md"),
};

/// Returns the finding for a comment.
pub(crate) fn finding(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("this `# maasc:` comment allows nothing: {what}"))
        .help("write `# maasc: allow <rule> reason=\"why\" until=2027-01-31`")
}
