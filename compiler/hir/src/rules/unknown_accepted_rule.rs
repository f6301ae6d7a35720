//! `unknown-accepted-rule`: a name in `accept` that no rule about targets has.

use maasc_diagnostics::{Diagnostic, Level, Rule, nearest};
use maasc_syntax::ast::Text;

/// A name in `accept` that no rule about targets has.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0216",
    name: "unknown-accepted-rule",
    summary: "a name in `accept` that no rule about targets has",
    level: Level::Error,
    page: include_str!("unknown_accepted_rule.md"),
};

pub(crate) fn finding(name: &Text, known: &[&str]) -> Diagnostic {
    let message = format!("`accept` names unknown rule `{}`", name.value);
    let finding = Diagnostic::new(&RULE, name.span, message);
    match nearest(&name.value, known.iter().copied()) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")).replace(name.span, meant),
        None => finding.help("`maasc explain` lists all rules"),
    }
}
