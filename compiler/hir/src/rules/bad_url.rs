//! `bad-url`: a URL that cannot be a base or an issuer.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Text;

/// A URL that cannot be a base or an issuer.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0226",
    name: "bad-url",
    summary: "a URL that cannot be a base or an issuer",
    level: Level::Error,
    page: include_str!("bad_url.md"),
};

/// What is wrong with a URL, and what to write.
pub(crate) struct Mistake {
    message: &'static str,
    help: String,
    meant: Option<String>,
}

/// Returns what is wrong with a base URL.
pub(crate) fn mistake(text: &str) -> Option<Mistake> {
    // What stood here was a secret and has its finding; nothing can be said of what it hides.
    if text == maasc_syntax::MASK {
        return None;
    }
    let wrong = |message, help: &str| Some(Mistake { message, help: help.to_owned(), meant: None });
    let Some((scheme, rest)) = text.split_once("://") else {
        let meant = format!("https://{text}");
        let is_host = mistake(&meant).is_none();
        let help = if is_host { format!("write `{meant}`") } else { "write `https://host/path`".to_owned() };
        return Some(Mistake { message: "has no scheme", help, meant: is_host.then_some(meant) });
    };
    if scheme != "http" && scheme != "https" {
        return wrong("has a scheme that is neither `http` nor `https`", "write `https://host/path`");
    }
    let host = rest.split('/').next().unwrap_or("");
    if host.contains('@') {
        return wrong("holds a user name or password", "write a `credential` reference instead");
    }
    if rest.contains(['?', '#']) {
        return wrong("has a query or fragment", "write the base URL alone: paths are added to it");
    }
    let (name, port) = host.rsplit_once(':').filter(|_| !host.ends_with(']')).unwrap_or((host, "443"));
    let is_host = !name.is_empty() && !name.contains('*') && !text.contains(char::is_whitespace);
    if !is_host || port.parse::<u16>().map_or(true, |port| port == 0) {
        return wrong("names no host", "write `https://host/path`");
    }
    None
}

/// Returns what is wrong with an issuer.
pub(crate) fn issuer_mistake(text: &str) -> Option<Mistake> {
    mistake(text).or_else(|| {
        let rest = text.strip_prefix("http://")?;
        let host = rest.split([':', '/']).next().unwrap_or("");
        let help = "an issuer has `https`: its keys are fetched from there".to_owned();
        let is_local = matches!(host, "localhost" | "127.0.0.1");
        (!is_local).then_some(Mistake { message: "is not safe to fetch keys from", help, meant: None })
    })
}

pub(crate) fn finding(text: &Text, mistake: Mistake) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, text.span, format!("`{}` {}", text.value, mistake.message)).help(mistake.help);
    match mistake.meant {
        Some(meant) => finding.replace(text.span, meant),
        None => finding,
    }
}
