//! `bad-digest`: an approval bound to something that is no digest.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// An approval bound to something that is no digest.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0412",
    name: "bad-digest",
    summary: "an approval bound to something that is no digest",
    level: Level::Error,
    page: include_str!("bad_digest.md"),
};

/// Returns what is wrong with a digest.
pub(crate) fn check(digest: &Text) -> Option<Diagnostic> {
    let is_digest = digest.value.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    let finding = || {
        Diagnostic::new(&RULE, digest.span, format!("`{}` is no digest", digest.value))
            .help("let `maasc approve` write it")
    };
    (!is_digest).then(finding)
}
