//! `team-without-owners`: a team without owners.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::Hir;
use crate::lower::Lowering;

/// A team without owners.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0410",
    name: "team-without-owners",
    summary: "a team without owners",
    level: Level::Off,
    page: include_str!("team_without_owners.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for team in &hir.teams {
        if team.owners.is_empty() {
            let name = &team.header.name;
            let message = format!("team `{}` has no owners", name.value);
            lowering.acc.push(Diagnostic::new(&RULE, name.span, message).help("add `owners`"));
        }
    }
}
