//! `bad-unit`: a text that is no count, length of time, money or date.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

use crate::units::UnitError;

/// A text that is no count, length of time, money or date.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0301",
    name: "bad-unit",
    summary: "a text that is no count, length of time, money or date",
    level: Level::Error,
    page: include_str!("bad_unit.md"),
};

pub(crate) fn finding(span: Span, error: UnitError) -> Diagnostic {
    let finding = Diagnostic::new(&RULE, span, error.message).help(error.help);
    match error.meant {
        Some(meant) => finding.replace(span, meant),
        None => finding,
    }
}
