//! `Team`: who.

use maasc_diagnostics::Spanned;
use maasc_syntax::ast::{self, Kind, Spec};

use super::{Cover, Lowering, Place, Subject, text};
use crate::hir::Team;
use crate::ids::TeamId;
use crate::rules::team_cycle;

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Team> {
    let subjects = lowering.subjects(Kind::Team);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Team(spec) = &subject.document.spec else { return None };
        Some(team(lowering, subject, spec))
    });
    let mut teams: Vec<Team> = lowered.collect();
    break_cycles(lowering, &mut teams);
    teams
}

fn team<'a>(lowering: &mut Lowering<'a>, subject: Subject<'a>, spec: &ast::Team) -> Team {
    let parent = spec.parent.as_ref().and_then(|parent| lowering.resolve(subject, Kind::Team, parent, Cover::All));
    let service_accounts =
        spec.members.service_accounts.iter().filter_map(|text| lowering.service_account(subject, text)).collect();
    let display_name = text(spec.display_name.as_ref());
    Team {
        header: lowering.header(subject),
        display_name: if display_name.is_empty() { subject.document.metadata.name.value.clone() } else { display_name },
        parent: parent.map(|id| id.map(TeamId)),
        owners: lowering.persons(subject, &spec.owners),
        groups: lowering.groups(subject, &spec.members.groups),
        users: lowering.persons(subject, &spec.members.users),
        service_accounts: lowering.without_repeats(service_accounts, String::clone),
        cost_centre: spec.cost_centre.clone(),
        limits: lowering.limits(subject, &spec.limits, Place::Team),
    }
}

/// Reports each cycle once, at its first team by name, and takes the parents in it away.
fn break_cycles(lowering: &mut Lowering<'_>, teams: &mut [Team]) {
    // 0: not looked at, 1: on the way up, 2: known to end.
    let mut state = vec![0_u8; teams.len()];
    let parent_of = |teams: &[Team], index: usize| teams.get(index)?.parent.as_ref().map(|parent| parent.value.index());
    let mut cycles: Vec<Vec<usize>> = Vec::new();
    for start in 0..teams.len() {
        let mut path = Vec::new();
        let mut current = Some(start);
        while let Some(index) = current {
            match state.get(index) {
                Some(0) => {}
                Some(1) => {
                    let cycle = path.iter().copied().skip_while(|step| *step != index).collect();
                    cycles.push(cycle);
                    break;
                }
                _ => break,
            }
            if let Some(seen) = state.get_mut(index) {
                *seen = 1;
            }
            path.push(index);
            current = parent_of(teams, index);
        }
        for index in path {
            if let Some(seen) = state.get_mut(index) {
                *seen = 2;
            }
        }
    }
    for cycle in cycles {
        let members: Vec<(Spanned<String>, maasc_diagnostics::Span)> = cycle
            .iter()
            .filter_map(|index| teams.get(*index))
            .filter_map(|team| Some((team.header.name.clone(), team.parent.as_ref()?.span)))
            .collect();
        lowering.acc.push(team_cycle::finding(&members));
        for index in cycle {
            if let Some(team) = teams.get_mut(index) {
                team.parent = None;
            }
        }
    }
}
