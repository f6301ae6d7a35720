//! `Organization`: one per workspace, in `maasc.yaml`.

use maas_schemas::bundle::OnStoreFailure;
use maasc_diagnostics::{Level, Span, Spanned};

use super::{DataClass, Entries, Limit, Text};

/// `Organization.spec`.
#[derive(Clone, Debug, Default)]
pub struct Organization {
    /// For people.
    pub display_name: Option<Text>,
    /// ISO 4217 code.
    pub currency: Option<Text>,
    /// IANA name.
    pub time_zone: Option<Text>,
    /// Who issues tokens.
    pub identity_providers: Vec<IdentityProvider>,
    /// Ceilings over everything below.
    pub limits: Vec<Limit>,
    /// Which changes need whose approval.
    pub approvals: Approvals,
    /// Limits on one change.
    pub change_budget: Option<ChangeBudget>,
    /// Level of each rule by its name.
    pub rules: Entries<Spanned<Level>>,
    /// Packs that join the workspace.
    pub packs: Vec<Text>,
    /// `administrators.groups`.
    pub administrator_groups: Vec<Text>,
    /// What happens when the counter store does not answer.
    pub on_store_failure: Option<Spanned<OnStoreFailure>>,
    /// Where a data class may go: class → regions.
    pub data_regions: Vec<(Spanned<DataClass>, Vec<Text>)>,
}

/// One of `identityProviders`.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// The whole entry.
    pub span: Span,
    /// Prefix of its users and groups.
    pub name: Text,
    /// Sets the claim names.
    pub preset: Option<Spanned<Preset>>,
    /// The `iss` claim.
    pub issuer: Option<Text>,
    /// Accepted `aud` claims.
    pub audiences: Vec<Text>,
    /// Claim names instead of the preset's.
    pub claims: Claims,
}

/// Names of claims.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// Claim that is the subject.
    pub subject: Option<Text>,
    /// Claim that lists groups.
    pub groups: Option<Text>,
}

/// Known identity providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "product names")]
pub enum Preset {
    Keycloak,
    Entra,
    Okta,
    Openshift,
    Generic,
}

/// `approvals`.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    /// Who may give which consent.
    pub roles: Entries<Role>,
    /// Which changes need one.
    pub required: Vec<ApprovalRule>,
}

/// Members of a role.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// Users and owners of these teams.
    pub teams: Vec<Text>,
    /// Single persons.
    pub users: Vec<Text>,
}

/// One of `approvals.required`.
#[derive(Clone, Debug)]
pub struct ApprovalRule {
    /// The whole entry.
    pub span: Span,
    /// Name that approvals give as `requirement`.
    pub name: Text,
    /// CEL: when it is required.
    pub when: Text,
    /// Who must consent.
    pub role: Text,
    /// Owners of the model or team may not consent.
    pub not_by_owner: Option<Spanned<bool>>,
}

/// `changeBudget`.
#[derive(Clone, Debug, Default)]
pub struct ChangeBudget {
    /// Most cells that one change may grant.
    pub max_granted_cells: Option<Text>,
    /// Most cells that one change may revoke, percent of the base's.
    pub max_revoked_percent: Option<Text>,
    /// Most money per month that one change may add.
    pub max_spend_increase: Option<Text>,
    /// Most teams that one change may touch.
    pub max_teams: Option<Text>,
}
