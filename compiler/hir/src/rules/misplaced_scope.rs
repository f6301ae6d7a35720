//! `misplaced-scope`: a `scope` that a ceiling or provider limit cannot have.

use maas_schemas::abi::Scope;
use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Limit;

use crate::lower::Place;

/// A `scope` that a ceiling or provider limit cannot have.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0309",
    name: "misplaced-scope",
    summary: "a `scope` that a ceiling or provider limit cannot have",
    level: Level::Error,
    page: include_str!("misplaced_scope.md"),
};

/// Returns what is wrong with the scope of a line at a place.
pub(crate) fn check(place: Place, line: &Limit) -> Option<Diagnostic> {
    let (message, meant) = match (place, line.scope.value) {
        (Place::Team, Scope::Organization) => ("a team's ceiling cannot count the whole organization", "team"),
        (Place::Organization, Scope::Team) => ("the organization's ceiling cannot count one team", "organization"),
        (Place::Provider, Scope::Team | Scope::User | Scope::Key) => {
            ("what a provider allows is for all callers together", "organization")
        }
        _ => return None,
    };
    let finding = Diagnostic::new(&RULE, line.scope.span, message).help(format!("write `scope: {meant}`"));
    Some(super::guess(finding, line.scope.span, meant))
}
