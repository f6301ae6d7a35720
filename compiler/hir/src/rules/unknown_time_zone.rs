//! `unknown-time-zone`: a time zone that the IANA database does not have.

use maasc_diagnostics::{Diagnostic, Level, Rule, nearest};
use maasc_syntax::ast::Text;

/// A time zone that the IANA database does not have.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0224",
    name: "unknown-time-zone",
    summary: "a time zone that the IANA database does not have",
    level: Level::Error,
    page: include_str!("unknown_time_zone.md"),
};

pub(crate) fn finding(name: &Text) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, name.span, format!("there is no time zone `{}`", name.value));
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    match nearest(&name.value, known.iter().map(String::as_str)) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")).replace(name.span, meant),
        None => finding.help("write an IANA name like `Europe/Berlin`, or `UTC`"),
    }
}
