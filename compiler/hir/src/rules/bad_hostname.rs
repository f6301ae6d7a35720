//! `bad-hostname`: a host name that DNS or Gateway API would refuse.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A host name that DNS or Gateway API would refuse.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0227",
    name: "bad-hostname",
    summary: "a host name that DNS or Gateway API would refuse",
    level: Level::Error,
    page: include_str!("bad_hostname.md"),
};

/// Returns what is wrong with a host name.
pub(crate) fn check(hostname: &Text) -> Option<Diagnostic> {
    let text = hostname.value.as_str();
    if is_hostname(text) {
        return None;
    }
    let finding = Diagnostic::new(&RULE, hostname.span, format!("`{text}` is no host name"));
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split(['/', ':']).next().unwrap_or("").trim_end_matches('.').to_lowercase();
    Some(if is_hostname(&bare) {
        finding.help(format!("write `{bare}`")).replace(hostname.span, bare)
    } else {
        finding.help("write lower-case letters, digits and `-`, with dots between: `maas.acme.example`")
    })
}

fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}
