//! Who may consent: the person of an approval, its role, and what he owns.

use maasc_hir::hir::{self, Hir};

/// What the policy knows of a person in a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// One of the role's users, or a user or owner of one of its teams.
    Named,
    /// Perhaps in a group of one of its teams: only the identity provider knows.
    PerhapsByGroup,
    /// Neither.
    Stranger,
}

/// Whether the person of an approval may give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The approval is in the role that the requirement asks for.
    pub is_in_role: bool,
    /// Whether the person has that role.
    pub standing: Standing,
    /// The person owns what is approved, and the requirement refuses owners.
    pub is_refused_owner: bool,
}

impl Consent {
    /// Says whether the approval counts. One that does not is as if it was not there.
    #[must_use]
    pub const fn counts(self) -> bool {
        self.is_in_role && !matches!(self.standing, Standing::Stranger) && !self.is_refused_owner
    }
}

/// Returns whether the person of an approval may give it.
#[must_use]
pub fn consent(hir: &Hir, approval: &hir::Approval) -> Consent {
    let person = approval.approved_by.value.text.as_str();
    let requirement = hir.organization.requirements.get(approval.requirement.value.index());
    let is_in_role = requirement.is_some_and(|requirement| requirement.role.value == approval.role.value);
    let role = hir.organization.roles.get(&approval.role.value);
    let teams = || role.into_iter().flat_map(|role| &role.teams).filter_map(|id| hir.teams.get(id.value.index()));
    let mut people = role
        .into_iter()
        .flat_map(|role| &role.users)
        .chain(teams().flat_map(|team| team.users.iter().chain(&team.owners)));
    let standing = if people.any(|named| named.value.text == person) {
        Standing::Named
    } else if teams().any(|team| !team.groups.is_empty()) {
        Standing::PerhapsByGroup
    } else {
        Standing::Stranger
    };
    let refuses_owners = requirement.is_some_and(|requirement| requirement.not_by_owner);
    let is_refused_owner = refuses_owners && owners(hir, approval).any(|owner| owner == person);
    Consent { is_in_role, standing, is_refused_owner }
}

/// Returns the owners of what an approval is about: of the models' teams, and of the teams that a subscription grants.
fn owners<'a>(hir: &'a Hir, approval: &'a hir::Approval) -> impl Iterator<Item = &'a str> {
    let subscription = approval.subscription.as_ref().and_then(|id| hir.subscriptions.get(id.value.index()));
    let single = approval.model.as_ref().map(|id| id.value);
    let all =
        subscription.filter(|_| single.is_none()).into_iter().flat_map(|source| &source.models).map(|id| id.value);
    let models = single.into_iter().chain(all).filter_map(|id| hir.models.get(id.index()));
    let of_models = models.filter_map(|model| model.owner.as_ref()).map(|owner| owner.value);
    let granted = subscription.into_iter().flat_map(|source| &source.teams).map(|team| team.value);
    let teams = of_models.chain(granted).filter_map(|id| hir.teams.get(id.index()));
    teams.flat_map(|team| &team.owners).map(|owner| owner.value.text.as_str())
}
