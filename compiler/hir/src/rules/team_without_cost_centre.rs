//! `team-without-cost-centre`: a team with members and without a cost centre.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Team};
use crate::lower::Lowering;

/// A team with members and without a cost centre.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0409",
    name: "team-without-cost-centre",
    summary: "a team with members and without a cost centre",
    level: Level::Note,
    page: include_str!("team_without_cost_centre.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, team) in (0_u32..).zip(&hir.teams) {
        let has_members = !(team.groups.is_empty() && team.users.is_empty() && team.service_accounts.is_empty());
        if has_members && !lowering.is_broken(Kind::Team, index) && !has_cost_centre(hir, team) {
            let name = &team.header.name;
            let message = format!("team `{}` has no cost centre", name.value);
            lowering
                .acc
                .push(Diagnostic::new(&RULE, name.span, message).help("add `costCentre`, also to a parent team"));
        }
    }
}

fn has_cost_centre(hir: &Hir, team: &Team) -> bool {
    let mut team = Some(team);
    while let Some(here) = team {
        if here.cost_centre.is_some() {
            return true;
        }
        team = here.parent.as_ref().and_then(|id| hir.teams.get(id.value.index()));
    }
    false
}
