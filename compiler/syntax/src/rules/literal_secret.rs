//! `literal-secret`: a secret that is written out.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A secret that is written out.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0601",
    name: "literal-secret",
    summary: "a secret that is written out",
    level: Level::Error,
    page: include_str!("literal_secret.md"),
};

/// Returns the finding for a secret. Its place is masked wherever the text is shown.
pub(crate) fn finding(span: Span, what: &str) -> Diagnostic {
    let mut finding = Diagnostic::new(&RULE, span, format!("{what} is written out here"))
        .label("not shown")
        .note("it is in the history of the repository now: revoke it")
        .help("keep it in a Secret and write a reference: `{secret: <name>, key: <key>}`");
    finding.masked = true;
    finding
}
