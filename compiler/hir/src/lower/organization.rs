//! `Organization`: identity providers, ceilings, roles and requirements.

use std::collections::BTreeMap;

use maasc_diagnostics::{Span, Spanned};
use maasc_syntax::ast::{self, Kind, Spec};

use super::{Cover, Lowering, Place, Subject, text};
use crate::cel;
use crate::hir::{ChangeBudget, Header, IdentityProvider, Labels, Organization, Preset, Requirement, Role};
use crate::ids::TeamId;
use crate::rules::{
    bad_url, duplicate_name, missing_audience, missing_issuer, no_organization, several_organizations,
    unknown_currency, unknown_role, unknown_time_zone,
};
use crate::units;

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Organization {
    let subjects = lowering.subjects(Kind::Organization);
    if let Some((first, others)) = subjects.split_first() {
        for other in others {
            lowering.acc.push(several_organizations::finding(other.document, first.document));
        }
    }
    let Some(subject) = subjects.first().copied() else {
        if !lowering.organization_is_damaged {
            lowering.acc.push(no_organization::finding(lowering.scope.first()));
        }
        // Without one there are no identity providers either: that is the same mistake.
        lowering.said_no_identity_provider = true;
        return empty();
    };
    let Spec::Organization(spec) = &subject.document.spec else { return empty() };
    if let Some(name) = &spec.time_zone {
        match units::zone(&name.value) {
            Some(zone) => lowering.zone = zone,
            None => lowering.acc.push(unknown_time_zone::finding(name)),
        }
    }
    if let Some(finding) = spec.currency.as_ref().and_then(unknown_currency::check) {
        lowering.acc.push(finding);
    }
    let identity_providers = identity_providers(lowering, subject, &spec.identity_providers);
    lowering.identity_providers = identity_providers.iter().map(|provider| provider.name.value.clone()).collect();
    let roles = roles(lowering, subject, &spec.approvals.roles);
    Organization {
        header: lowering.header(subject),
        display_name: text(spec.display_name.as_ref()),
        currency: spec.currency.as_ref().map_or_else(|| "USD".to_owned(), |currency| currency.value.clone()),
        time_zone: spec.time_zone.as_ref().map_or_else(|| "UTC".to_owned(), |zone| zone.value.clone()),
        identity_providers,
        limits: lowering.limits(subject, &spec.limits, Place::Organization),
        requirements: requirements(lowering, subject, &spec.approvals),
        roles,
        change_budget: spec
            .change_budget
            .as_ref()
            .map(|budget| change_budget(lowering, subject, budget))
            .unwrap_or_default(),
        rules: spec
            .rules
            .iter()
            .map(|(name, level)| (name.value.clone(), Spanned::new(level.value, name.span)))
            .collect(),
        packs: lowering.without_repeats(spec.packs.clone(), String::clone),
        administrator_groups: lowering.groups(subject, &spec.administrator_groups),
        on_store_failure: spec.on_store_failure.as_ref().map(|written| written.value).unwrap_or_default(),
        data_regions: spec
            .data_regions
            .iter()
            .map(|(class, regions)| (class.value, regions.iter().map(|region| region.value.clone()).collect()))
            .collect(),
    }
}

fn empty() -> Organization {
    let name = Spanned::new("default".to_owned(), Span::default());
    Organization {
        header: Header { name, labels: Labels::new(), gateways: None, span: Span::default() },
        display_name: String::new(),
        currency: "USD".to_owned(),
        time_zone: "UTC".to_owned(),
        identity_providers: Vec::new(),
        limits: Vec::new(),
        roles: BTreeMap::new(),
        requirements: Vec::new(),
        change_budget: ChangeBudget::default(),
        rules: BTreeMap::new(),
        packs: Vec::new(),
        administrator_groups: Vec::new(),
        on_store_failure: maas_schemas::bundle::OnStoreFailure::default(),
        data_regions: BTreeMap::new(),
    }
}

fn identity_providers(
    lowering: &mut Lowering<'_>,
    subject: Subject<'_>,
    written: &[ast::IdentityProvider],
) -> Vec<IdentityProvider> {
    let mut sorted: Vec<&ast::IdentityProvider> = written.iter().collect();
    sorted.sort_by(|a, b| (&a.name.value, a.span).cmp(&(&b.name.value, b.span)));
    let mut lowered: Vec<IdentityProvider> = Vec::with_capacity(sorted.len());
    for provider in sorted {
        if let Some(last) = lowered.last().filter(|last| last.name.value == provider.name.value) {
            lowering.acc.push(duplicate_name::finding("identity provider", &provider.name, last.name.span));
            continue;
        }
        lowered.push(identity_provider(lowering, subject, provider));
    }
    lowered
}

fn identity_provider(
    lowering: &mut Lowering<'_>,
    subject: Subject<'_>,
    written: &ast::IdentityProvider,
) -> IdentityProvider {
    let preset = written.preset.as_ref().map_or(Preset::Generic, |preset| preset.value);
    match &written.issuer {
        // Of a document with an error of shape it is not known whether it was written.
        None if lowering.organization_is_damaged => {}
        None => {
            lowering.acc.push(missing_issuer::finding(&written.name));
            lowering.mark_broken(subject);
        }
        Some(issuer) => {
            if let Some(mistake) = bad_url::issuer_mistake(&issuer.value) {
                lowering.acc.push(bad_url::finding(issuer, mistake));
                lowering.mark_broken(subject);
            }
        }
    }
    if written.audiences.is_empty() && !lowering.organization_is_damaged {
        lowering.acc.push(missing_audience::finding(&written.name));
        lowering.mark_broken(subject);
    }
    let (subject_claim, groups_claim) = preset_claims(preset);
    let claim = |claim: Option<&ast::Text>, preset: &str| claim.map_or_else(|| preset.to_owned(), |c| c.value.clone());
    IdentityProvider {
        span: written.span,
        name: written.name.clone(),
        preset,
        issuer: written.issuer.clone().unwrap_or_else(|| Spanned::new(String::new(), written.name.span)),
        audiences: lowering.without_repeats(written.audiences.clone(), String::clone),
        subject_claim: claim(written.claims.subject.as_ref(), subject_claim),
        groups_claim: claim(written.claims.groups.as_ref(), groups_claim),
    }
}

/// The claims that hold subject and groups by default. Entra's `sub` differs by application, so `oid` names the person.
const fn preset_claims(preset: Preset) -> (&'static str, &'static str) {
    match preset {
        Preset::Entra => ("oid", "groups"),
        Preset::Keycloak | Preset::Okta | Preset::Openshift | Preset::Generic => ("sub", "groups"),
    }
}

fn roles<'a>(
    lowering: &mut Lowering<'a>,
    subject: Subject<'a>,
    written: &ast::Entries<ast::Role>,
) -> BTreeMap<String, Role> {
    let mut roles = BTreeMap::new();
    for (name, role) in written {
        let teams = role
            .teams
            .iter()
            .filter_map(|team| lowering.resolve(subject, Kind::Team, team, Cover::Any).map(|id| id.map(TeamId)))
            .collect();
        let users = lowering.persons(subject, &role.users);
        roles.insert(name.value.clone(), Role { span: name.span, teams, users });
    }
    roles
}

fn requirements(lowering: &mut Lowering<'_>, subject: Subject<'_>, written: &ast::Approvals) -> Vec<Requirement> {
    let mut sorted: Vec<&ast::ApprovalRule> = written.required.iter().collect();
    sorted.sort_by(|a, b| (&a.name.value, a.span).cmp(&(&b.name.value, b.span)));
    let mut lowered: Vec<Requirement> = Vec::with_capacity(sorted.len());
    let mut previous: Option<&ast::Text> = None;
    for rule in sorted {
        if let Some(first) = previous.filter(|previous| previous.value == rule.name.value) {
            lowering.acc.push(duplicate_name::finding("requirement", &rule.name, first.span));
            continue;
        }
        previous = Some(&rule.name);
        let requirement = requirement(lowering, subject, rule, written);
        let index = requirement.is_some().then(|| u32::try_from(lowered.len()).ok()).flatten();
        lowering.requirements.push((rule.name.value.clone(), index));
        lowered.extend(requirement);
    }
    lowered
}

fn requirement(
    lowering: &mut Lowering<'_>,
    subject: Subject<'_>,
    written: &ast::ApprovalRule,
    approvals: &ast::Approvals,
) -> Option<Requirement> {
    let when = cel::expression(&written.when, cel::Place::Requirement, &mut lowering.acc);
    let is_role = approvals.roles.iter().any(|(name, _)| name.value == written.role.value);
    if !is_role && !lowering.organization_is_damaged {
        let names = approvals.roles.iter().map(|(name, _)| name.value.as_str());
        lowering.acc.push(unknown_role::finding(
            names,
            &format!("requirement `{}`", written.name.value),
            &written.role,
        ));
    }
    if when.is_none() || !is_role {
        lowering.mark_broken(subject);
    }
    let when = when.filter(|_| is_role)?;
    let beyond_model = ["team", "subscription", "grant"];
    let per_model = !when.reads.iter().any(|path| beyond_model.contains(&path.split('.').next().unwrap_or(path)));
    Some(Requirement {
        span: written.span,
        name: written.name.clone(),
        when,
        role: written.role.clone(),
        not_by_owner: written.not_by_owner.as_ref().is_some_and(|written| written.value),
        per_model,
    })
}

fn change_budget(lowering: &mut Lowering<'_>, subject: Subject<'_>, written: &ast::ChangeBudget) -> ChangeBudget {
    ChangeBudget {
        max_granted_cells: lowering.count(subject, written.max_granted_cells.as_ref()),
        max_revoked_percent: written
            .max_revoked_percent
            .as_ref()
            .and_then(|text| lowering.unit(subject, text, units::percent)),
        max_spend_increase: lowering.money(subject, written.max_spend_increase.as_ref()),
        max_teams: lowering.count(subject, written.max_teams.as_ref()),
    }
}
