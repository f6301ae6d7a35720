//! Fields that act at run time and are no cell: identity providers, prices, timeouts, keys, credentials by reference.

use std::collections::BTreeMap;

use maas_schemas::plan::Setting;
use maas_schemas::provenance::{Provenance, Source};
use maasc_ir::ir::{Ir, Model, RuleId, Subscription, Team};
use maasc_ir::normalize::money;

use super::merge;
use crate::words;

/// One gateway after and before, with its lines.
pub(crate) type Side<'a> = (&'a Ir, &'a Provenance);

/// Field, text, line.
type Fields = BTreeMap<(String, &'static str), (String, RuleId)>;

/// Compares the settings of documents that are on both sides.
pub(crate) fn settings(gateways: &[(&str, Option<Side<'_>>, Option<Side<'_>>)]) -> Vec<Setting> {
    let found = gateways.iter().map(|(gateway, before, after)| {
        let changes = before.zip(*after).map(|(before, after)| compare(before, after)).unwrap_or_default();
        ((*gateway).to_owned(), changes)
    });
    let merged = merge(found.collect::<Vec<_>>()).into_iter();
    merged
        .map(|(gateways, (document, field, before, after, source))| Setting {
            gateways,
            document,
            field: field.to_owned(),
            before,
            after,
            source,
        })
        .collect()
}

type Change = (String, &'static str, String, String, Source);

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Change> {
    let (from, to) = (fields(before.0, after.0), fields(after.0, before.0));
    let source = |side: Side<'_>, rule: RuleId| side.1.rules.get(rule as usize).cloned().unwrap_or_default();
    let mut changes = Vec::new();
    for (place, (text, rule)) in &to {
        // A document that is new says what it does in the access changes.
        let Some((earlier, _)) = from.get(place) else { continue };
        if earlier != text {
            changes.push((place.0.clone(), place.1, earlier.clone(), text.clone(), source(after, *rule)));
        }
    }
    // Whoever issues tokens is never silent, new or gone.
    let providers = |place: &&(String, &'static str)| place.0.starts_with(IDENTITY) && place.1 == "issuer";
    for place in to.keys().filter(providers).filter(|place| !from.contains_key(*place)) {
        let Some((text, rule)) = to.get(place) else { continue };
        changes.push((place.0.clone(), place.1, String::new(), text.clone(), source(after, *rule)));
    }
    for place in from.keys().filter(providers).filter(|place| !to.contains_key(*place)) {
        let Some((text, rule)) = from.get(place) else { continue };
        changes.push((place.0.clone(), place.1, text.clone(), String::new(), source(before, *rule)));
    }
    changes.sort();
    changes
}

const IDENTITY: &str = "identity provider ";

/// Returns the fields of documents that the other side has too, and not the same. Most documents are the same, so they
/// are compared before anything is written.
fn fields(ir: &Ir, other: &Ir) -> Fields {
    let mut fields = Fields::new();
    organization(ir, &mut fields);
    provider_fields(ir, &mut fields);
    let parent = |ir: &Ir, team: &Team| {
        let parent = team.parent.and_then(|parent| ir.teams.get(parent as usize));
        parent.map_or_else(String::new, |parent| parent.name.clone())
    };
    for (team, twin) in twins(&ir.teams, &other.teams, |team| &team.name) {
        let is_same = team.cost_centre == twin.cost_centre && team.owners == twin.owners;
        if !is_same || parent(ir, team) != parent(other, twin) {
            team_fields(team, parent(ir, team), &mut fields);
        }
    }
    for (model, _) in twins(&ir.models, &other.models, |model| &model.name) {
        model_fields(ir, model, &mut fields);
    }
    for (subscription, twin) in twins(&ir.subscriptions, &other.subscriptions, |subscription| &subscription.name) {
        let keys = |found: &Subscription| (found.max_key_lifetime_s, found.max_keys_per_user);
        let texts = subscription.cost_centre == twin.cost_centre && subscription.unlimited == twin.unlimited;
        if !texts || keys(subscription) != keys(twin) {
            subscription_fields(subscription, &mut fields);
        }
    }
    fields
}

/// Returns the documents that both sides have.
fn twins<'t, T>(these: &'t [T], those: &'t [T], name: fn(&T) -> &String) -> Vec<(&'t T, &'t T)> {
    let by_name: BTreeMap<&String, &T> = those.iter().map(|that| (name(that), that)).collect();
    these.iter().filter_map(|this| Some((this, *by_name.get(name(this))?))).collect()
}

fn organization(ir: &Ir, fields: &mut Fields) {
    let found = &ir.organization;
    let document = format!("Organization/{}", found.name);
    let mut add = |field, text: String| put(fields, &document, field, text, found.rule);
    add("currency", found.currency.clone());
    add("timeZone", found.time_zone.clone());
    add("onStoreFailure", format!("{:?}", found.on_store_failure).to_lowercase());
    add("administrators", found.administrators.join(", "));
    let budget = &found.change_budget;
    let number = |value: Option<(u64, RuleId)>| value.map_or_else(String::new, |(value, _)| value.to_string());
    add("changeBudget.maxGrantedCells", number(budget.max_granted_cells));
    add("changeBudget.maxRevokedPercent", number(budget.max_revoked_percent));
    add("changeBudget.maxSpendIncrease", budget.max_spend_increase.map_or_else(String::new, |(value, _)| money(value)));
    add("changeBudget.maxTeams", number(budget.max_teams));
    for provider in &ir.identity_providers {
        let document = format!("{IDENTITY}{}", provider.name);
        let mut add = |field, text: String| put(fields, &document, field, text, found.rule);
        add("issuer", provider.issuer.clone());
        add("preset", provider.preset.clone());
        add("audiences", provider.audiences.join(", "));
        add("claims.subject", provider.subject_claim.clone());
        add("claims.groups", provider.groups_claim.clone());
    }
    let gateway = &ir.gateway;
    let document = format!("Gateway/{}", gateway.name);
    let mut add = |field, text: String| put(fields, &document, field, text, gateway.rule);
    add("target", gateway.target.clone());
    add("enforcement", gateway.enforcement.clone());
    add("hostnames", gateway.hostnames.join(", "));
    add("stores.counters", optional(gateway.valkey.as_ref()));
    add("stores.ledger", optional(gateway.postgres.as_ref()));
}

fn team_fields(team: &Team, parent: String, fields: &mut Fields) {
    let document = format!("Team/{}", team.name);
    let mut add = |field, text: String| put(fields, &document, field, text, team.rule);
    add("costCentre", team.cost_centre.clone());
    add("owners", team.owners.join(", "));
    add("parent", parent);
}

fn model_fields(ir: &Ir, model: &Model, fields: &mut Fields) {
    let document = format!("Model/{}", model.name);
    let mut add = |field, text: String| put(fields, &document, field, text, model.rule);
    add("owner", model.owner.clone());
    add("aliases", model.aliases.join(", "));
    add("visibility", if model.hidden { "hidden" } else { "listed" }.to_owned());
    add("exposure", model.exposure.clone());
    add("lifecycle.replacedBy", model.replaced_by.clone());
    add("contextWindow", words::amount(model.context_window));
    add("timeouts", format!("first byte {} ms, total {} ms", model.first_byte_timeout_ms, model.total_timeout_ms));
    add("retry", format!("{} attempts on {}", model.attempts, model.retry_on.join(", ")));
    add("onDisconnect", model.on_disconnect.clone());
    let parameters = model.parameters.iter().map(|(name, bounds)| {
        let part = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what} {value}"));
        let parts = [part("min", &bounds.min), part("max", &bounds.max), part("default", &bounds.default)];
        format!("{name}: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    });
    add("parameters", parameters.collect::<Vec<_>>().join("; "));
    let prices = model.price.and_then(|list| ir.prices.get(list as usize));
    let prices = prices.into_iter().flat_map(|list| &list.entries).zip(0_usize..).map(|(price, place)| {
        let from = if place == 0 { String::new() } else { format!(" from {}", words::time(price.from_ms)) };
        let [input, cached, output] = [price.input, price.cached_input, price.output].map(money);
        format!("input {input}, cached input {cached}, output {output}{from}")
    });
    add("price", prices.collect::<Vec<_>>().join("; "));
}

fn subscription_fields(subscription: &Subscription, fields: &mut Fields) {
    let document = format!("Subscription/{}", subscription.name);
    let mut add = |field, text: String| put(fields, &document, field, text, subscription.rule);
    add("costCentre", subscription.cost_centre.clone());
    add("unlimited.reason", subscription.unlimited.clone());
    let life = Some(subscription.max_key_lifetime_s).filter(|seconds| *seconds > 0);
    add("keys.maxLifetime", life.map_or_else(String::new, |seconds| format!("{seconds} s")));
    let most = Some(subscription.max_keys_per_user).filter(|most| *most > 0);
    add("keys.maxPerUser", most.map_or_else(String::new, |most| most.to_string()));
}

/// Endpoints and regions are part of routes; the rest of a provider is here. Credentials are references.
fn provider_fields(ir: &Ir, fields: &mut Fields) {
    for provider in &ir.providers {
        let document = format!("Provider/{}", provider.name);
        // Providers have no line of their own in the table: that of a model that uses it leads there.
        let user = ir.models.iter().find(|model| model.providers.contains(&provider.name));
        let rule = user.map_or(RuleId::MAX, |model| model.rule);
        let mut add = |field, text: String| put(fields, &document, field, text, rule);
        add("credential", optional(provider.credential.as_ref()));
        let headers = provider.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        add("headers", headers.collect::<Vec<_>>().join(", "));
        let tls = &provider.tls;
        let name = |text: &Option<String>| text.clone().unwrap_or_default();
        add("tls.ca", optional(tls.ca.as_ref()));
        add("tls.serverName", name(&tls.server_name));
        add("tls.clientCertificate", name(&tls.client_certificate));
        let health = provider.health.as_ref();
        add(
            "health",
            health.map_or_else(String::new, |found| format!("{} every {} ms", found.path, found.interval_ms)),
        );
        add("azure.apiVersion", provider.azure_api_version.clone());
        add("bedrock.region", provider.bedrock_region.clone());
        let kserve = provider.kserve.as_ref();
        add("kserve", kserve.map_or_else(String::new, |object| format!("{}/{}", object.namespace, object.name)));
        add("dataClasses", provider.data_classes.join(", "));
        let simulator = provider.simulator.as_ref().map(|found| {
            let faults = found.faults.iter().map(|fault| format!("every {}th {}", fault.every, fault.status));
            let faults = faults.collect::<Vec<_>>().join(", ");
            format!("{} ms, {} tokens/s, faults [{faults}]", found.latency_ms, found.tokens_per_second)
        });
        add("simulator", simulator.unwrap_or_default());
    }
}

fn put(fields: &mut Fields, document: &str, field: &'static str, text: String, rule: RuleId) {
    fields.insert((document.to_owned(), field), (text, rule));
}

fn optional(reference: Option<&maas_schemas::bundle::SecretRef>) -> String {
    reference.map_or_else(String::new, |reference| format!("secret {}, key {}", reference.secret, reference.key))
}
