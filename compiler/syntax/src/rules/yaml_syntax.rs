//! `yaml-syntax`: text that is not YAML.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// Text that is not YAML.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0001",
    name: "yaml-syntax",
    summary: "text that is not YAML",
    level: Level::Error,
    page: include_str!("yaml_syntax.md"),
};

/// Returns the finding for a place where the parser gave up.
pub(crate) fn finding(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&RULE, span, message).note("the rest of this document was not read")
}
