//! `Organization.spec`.

use maas_schemas::bundle::OnStoreFailure;
use maasc_diagnostics::{Level, Spanned};

use super::Decoder;
use super::field::{Field, State};
use crate::ast::{
    ApprovalRule, Approvals, ChangeBudget, Claims, DataClass, IdentityProvider, Organization, Preset, Role, Text,
};
use crate::rules;
use crate::tree::NodeId;

const ON_STORE_FAILURE: &[(OnStoreFailure, &str)] =
    &[(OnStoreFailure::Deny, "deny"), (OnStoreFailure::Share, "share"), (OnStoreFailure::Allow, "allow")];
const PRESETS: &[(Preset, &str)] = &[
    (Preset::Keycloak, "keycloak"),
    (Preset::Entra, "entra"),
    (Preset::Okta, "okta"),
    (Preset::Openshift, "openshift"),
    (Preset::Generic, "generic"),
];
const LEVELS: &[(Level, &str)] =
    &[(Level::Off, "off"), (Level::Note, "note"), (Level::Warn, "warn"), (Level::Error, "error")];

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Organization> {
    let [
        display_name,
        currency,
        time_zone,
        identity_providers,
        limits,
        approvals,
        change_budget,
        rules,
        packs,
        administrators,
        on_store_failure,
        data_regions,
        _gateways,
    ] = decoder.section(
        spec,
        "Organization.spec",
        [
            "displayName",
            "currency",
            "timeZone",
            "identityProviders",
            "limits",
            "approvals",
            "changeBudget",
            "rules",
            "packs",
            "administrators",
            "onStoreFailure",
            "dataRegions",
            "gateways",
        ],
    )?;
    Some(Organization {
        display_name: decoder.text(display_name),
        currency: decoder.text(currency),
        time_zone: decoder.text(time_zone),
        identity_providers: decoder.list(identity_providers, identity_provider),
        limits: decoder.limits(limits),
        approvals: approvals_of(decoder, approvals),
        change_budget: change_budget_of(decoder, change_budget),
        rules: decoder.entries(rules, |decoder, entry| decoder.word(entry, LEVELS)),
        packs: decoder.texts(packs),
        administrator_groups: administrator_groups(decoder, administrators),
        on_store_failure: decoder.word(on_store_failure, ON_STORE_FAILURE),
        data_regions: data_regions_of(decoder, data_regions),
    })
}

fn identity_provider(decoder: &mut Decoder<'_>, node: NodeId) -> Option<IdentityProvider> {
    let [name, preset, issuer, audiences, claims] = decoder.fields(
        node,
        "Organization.spec.identityProviders",
        ["name", "preset", "issuer", "audiences", "claims"],
    )?;
    decoder.require(name);
    let name = decoder.name(name);
    let preset = decoder.word(preset, PRESETS);
    let issuer = decoder.text(issuer);
    let audiences = decoder.texts(audiences);
    let claims = claims_of(decoder, claims);
    Some(IdentityProvider { span: decoder.tree.span(node), name: name?, preset, issuer, audiences, claims })
}

fn claims_of(decoder: &mut Decoder<'_>, field: Field) -> Claims {
    let of = "Organization.spec.identityProviders.claims";
    let Some([subject, groups]) = decoder.section(field, of, ["subject", "groups"]) else {
        return Claims::default();
    };
    Claims { subject: decoder.text(subject), groups: decoder.text(groups) }
}

fn approvals_of(decoder: &mut Decoder<'_>, field: Field) -> Approvals {
    let Some([roles, required]) = decoder.section(field, "Organization.spec.approvals", ["roles", "required"]) else {
        return Approvals::default();
    };
    Approvals { roles: decoder.entries(roles, role), required: decoder.list(required, approval_rule) }
}

fn role(decoder: &mut Decoder<'_>, field: Field) -> Option<Role> {
    let [teams, users] = decoder.section(field, "Organization.spec.approvals.roles", ["teams", "users"])?;
    Some(Role { teams: decoder.texts(teams), users: decoder.texts(users) })
}

fn approval_rule(decoder: &mut Decoder<'_>, node: NodeId) -> Option<ApprovalRule> {
    let [name, when, role, not_by_owner] =
        decoder.fields(node, "Organization.spec.approvals.required", ["name", "when", "role", "notByOwner"])?;
    let name = decoder.required_text(name);
    let when = decoder.required_text(when);
    let role = decoder.required_text(role);
    let not_by_owner = decoder.boolean(not_by_owner);
    Some(ApprovalRule { span: decoder.tree.span(node), name: name?, when: when?, role: role?, not_by_owner })
}

fn change_budget_of(decoder: &mut Decoder<'_>, field: Field) -> Option<ChangeBudget> {
    let [cells, percent, spend, teams] = decoder.section(
        field,
        "Organization.spec.changeBudget",
        ["maxGrantedCells", "maxRevokedPercent", "maxSpendIncrease", "maxTeams"],
    )?;
    Some(ChangeBudget {
        max_granted_cells: decoder.text(cells),
        max_revoked_percent: decoder.text(percent),
        max_spend_increase: decoder.text(spend),
        max_teams: decoder.text(teams),
    })
}

fn administrator_groups(decoder: &mut Decoder<'_>, field: Field) -> Vec<Text> {
    match decoder.section(field, "Organization.spec.administrators", ["groups"]) {
        Some([groups]) => {
            decoder.require(groups);
            decoder.texts(groups)
        }
        None => Vec::new(),
    }
}

fn data_regions_of(decoder: &mut Decoder<'_>, field: Field) -> Vec<(Spanned<DataClass>, Vec<Text>)> {
    let known: Vec<&str> = DataClass::ALL.iter().map(|(_, name)| *name).collect();
    let entries = decoder.entries(field, |decoder, entry| {
        let State::Present { key, .. } = entry.state else { return None };
        let name = decoder.tree.text(key)?;
        let class = DataClass::ALL.iter().find(|(_, word)| *word == name);
        if class.is_none() {
            let span = decoder.tree.span(key);
            decoder.acc.push(rules::unknown_word::finding(span, "dataRegions", name, &known));
        }
        let regions = decoder.optional_texts(entry);
        Some((class?.0, regions?))
    });
    entries.into_iter().map(|(name, (class, regions))| (Spanned::new(class, name.span), regions)).collect()
}
