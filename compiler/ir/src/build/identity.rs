//! Who: the organization, its teams with what they inherit, and which principals an identity has.

use std::collections::BTreeMap;

use maas_schemas::bundle;
use maasc_hir::hir::{self, DataClass, Hir, Preset};
use maasc_hir::ids::TeamId;

use super::gateway::sorted;
use super::tables::View;
use crate::ir::{ChangeBudget, Member, MemberKind, Organization, OwnerKind, RuleId, Team, User};
use crate::normalize::{Limits, Line, Origin, lines, tightest};
use crate::provenance::Rules;

/// The teams of one environment.
#[derive(Clone, Debug)]
pub(super) struct Teams {
    pub(super) teams: Vec<Team>,
    /// By position in the resolved model.
    numbers: Vec<Option<u32>>,
}

impl Teams {
    /// Returns the number of a team, if it is in this environment.
    pub(super) fn number(&self, team: TeamId) -> Option<u32> {
        self.numbers.get(team.index()).copied().flatten()
    }
}

/// Returns the organization.
pub(super) fn organization(hir: &Hir, rules: &mut Rules, limits: &mut Limits) -> Organization {
    let organization = &hir.organization;
    let document = format!("Organization/{}", organization.header.name.value);
    let rule = rules.add(organization.header.name.span, &document);
    let budget = &organization.change_budget;
    let change_budget = ChangeBudget {
        max_granted_cells: budget.max_granted_cells.as_ref().map(|n| (n.value, rules.add(n.span, &document))),
        max_revoked_percent: budget.max_revoked_percent.as_ref().map(|n| (n.value, rules.add(n.span, &document))),
        max_spend_increase: budget.max_spend_increase.as_ref().map(|n| (n.value.0, rules.add(n.span, &document))),
        max_teams: budget.max_teams.as_ref().map(|n| (n.value, rules.add(n.span, &document))),
    };
    let owner = (OwnerKind::Organization, organization.header.name.value.as_str());
    let data_regions = organization.data_regions.iter();
    Organization {
        name: organization.header.name.value.clone(),
        display_name: organization.display_name.clone(),
        currency: organization.currency.clone(),
        time_zone: organization.time_zone.clone(),
        administrators: sorted(organization.administrator_groups.iter().map(|group| group.value.clone())),
        on_store_failure: organization.on_store_failure,
        ceilings: ceilings(owner, &organization.limits, Origin::Organization, &document, rules, limits),
        data_regions: data_regions.map(|(class, regions)| (data_class(*class), sorted(regions.clone()))).collect(),
        change_budget,
        rule,
    }
}

/// Returns the identity providers by name.
pub(super) fn identity_providers(hir: &Hir) -> Vec<bundle::IdentityProvider> {
    let providers = hir.organization.identity_providers.iter();
    sorted(providers.map(|provider| bundle::IdentityProvider {
        name: provider.name.value.clone(),
        preset: preset(provider.preset).to_owned(),
        issuer: provider.issuer.value.clone(),
        audiences: sorted(provider.audiences.iter().map(|audience| audience.value.clone())),
        subject_claim: provider.subject_claim.clone(),
        groups_claim: provider.groups_claim.clone(),
    }))
}

/// Returns the teams of an environment by name, with the organization's ceilings behind their own and their parents'.
pub(super) fn teams(hir: &Hir, view: View, organization: &[u32], rules: &mut Rules, limits: &mut Limits) -> Teams {
    let mut present: Vec<(&hir::Team, usize)> =
        hir.teams.iter().zip(0..).filter(|(team, _)| view.has(&team.header)).collect();
    present.sort_by(|a, b| a.0.header.name.value.cmp(&b.0.header.name.value));
    let mut numbers = vec![None; hir.teams.len()];
    for ((_, position), number) in present.iter().zip(0..) {
        if let Some(place) = numbers.get_mut(*position) {
            *place = Some(number);
        }
    }
    let mut teams: Vec<Team> = present
        .iter()
        .zip(0..)
        .map(|((team, _), number)| {
            let parent = ancestors(hir, view, team).next().and_then(|(id, _)| *numbers.get(id.index())?);
            own(team, number, parent, rules, limits)
        })
        .collect();
    let own_ceilings: Vec<Vec<u32>> = teams.iter().map(|team| team.own_ceilings.clone()).collect();
    for ((source, _), team) in present.iter().zip(&mut teams) {
        team.ceilings.clone_from(&team.own_ceilings);
        for (id, ancestor) in ancestors(hir, view, source) {
            let number: Option<u32> = numbers.get(id.index()).copied().flatten();
            team.ceilings.extend(number.and_then(|number| own_ceilings.get(number as usize)).into_iter().flatten());
            if team.cost_centre.is_empty() {
                team.cost_centre = ancestor.cost_centre.as_ref().map_or_else(String::new, |text| text.value.clone());
            }
        }
        team.ceilings.extend(organization);
    }
    Teams { teams, numbers }
}

fn own(team: &hir::Team, number: u32, parent: Option<u32>, rules: &mut Rules, limits: &mut Limits) -> Team {
    let name = &team.header.name;
    let document = format!("Team/{}", name.value);
    let rule = rules.add(name.span, &document);
    let owner = (OwnerKind::Team, name.value.as_str());
    Team {
        own_ceilings: ceilings(owner, &team.limits, Origin::Team(number), &document, rules, limits),
        ceilings: Vec::new(),
        name: name.value.clone(),
        display_name: team.display_name.clone(),
        labels: team.header.labels.clone(),
        parent,
        owners: sorted(team.owners.iter().map(|owner| owner.value.text.clone())),
        groups: sorted(team.groups.iter().map(|group| group.value.clone())),
        users: sorted(team.users.iter().map(|user| user.value.text.clone())),
        service_accounts: sorted(team.service_accounts.iter().map(|account| account.value.clone())),
        cost_centre: team.cost_centre.as_ref().map_or_else(String::new, |text| text.value.clone()),
        rule,
    }
}

/// Returns the parents of a team that are in the environment, nearest first. One that is not is passed over: its
/// ceilings do not count here, those above it do.
fn ancestors<'a>(hir: &'a Hir, view: View, team: &'a hir::Team) -> impl Iterator<Item = (TeamId, &'a hir::Team)> {
    let parent_of = |team: &hir::Team| {
        let id = team.parent.as_ref()?.value;
        Some((id, hir.teams.get(id.index())?))
    };
    let chain = std::iter::successors(parent_of(team), move |(_, team)| parent_of(team));
    // Cycles are broken while lowering; the bound makes this loop end in any case.
    chain.take(hir.teams.len()).filter(move |(_, team)| view.has(&team.header))
}

fn ceilings(
    owner: (OwnerKind, &str),
    limits: &[hir::Limit],
    origin: Origin,
    document: &str,
    rules: &mut Rules,
    acc: &mut Limits,
) -> Vec<u32> {
    let kept = tightest(lines(limits, origin, document));
    let add = |line: &Line<'_>| {
        let rule = rules.line(line.id(), line.span, document);
        acc.add(owner, line, false, rule)
    };
    kept.values().map(add).collect()
}

/// Returns the single users who have grants of their own, by name; their rules are set when subscriptions are known.
pub(super) fn users<'a>(subscriptions: impl Iterator<Item = &'a hir::Subscription>, organization: &[u32]) -> Vec<User> {
    let names = sorted(subscriptions.flat_map(|subscription| &subscription.users).map(|user| &user.value.text));
    let user = |name: &String| User { name: name.clone(), ceilings: organization.to_vec(), rule: RuleId::MAX };
    names.into_iter().map(user).collect()
}

/// Returns which principals each attribute of an identity has.
pub(super) fn members(teams: &[Team], users: &[User]) -> Vec<Member> {
    let mut principals: BTreeMap<(MemberKind, &str), Vec<u32>> = BTreeMap::new();
    for (team, number) in teams.iter().zip(0..) {
        let names = team.users.iter().map(|name| (MemberKind::User, name));
        let names = names.chain(team.groups.iter().map(|name| (MemberKind::Group, name)));
        let names = names.chain(team.service_accounts.iter().map(|name| (MemberKind::ServiceAccount, name)));
        for (kind, name) in names {
            principals.entry((kind, name)).or_default().push(number);
        }
    }
    let first_user = u32::try_from(teams.len()).unwrap_or(u32::MAX);
    for (user, number) in users.iter().zip(first_user..) {
        principals.entry((MemberKind::User, &user.name)).or_default().push(number);
    }
    let member =
        |((kind, name), principals): ((MemberKind, &str), Vec<u32>)| Member { kind, name: name.to_owned(), principals };
    principals.into_iter().map(member).collect()
}

/// Returns the name that policies write.
pub(super) fn data_class(class: DataClass) -> String {
    class.name().to_owned()
}

const fn preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Keycloak => "keycloak",
        Preset::Entra => "entra",
        Preset::Okta => "okta",
        Preset::Openshift => "openshift",
        Preset::Generic => "generic",
    }
}
