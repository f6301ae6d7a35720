//! The manifest of a bundle: what the host needs and the tables do not hold.

use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::{self, Manifest};
use maasc_ir::digest;
use maasc_ir::ir::{ALWAYS, Ir, Model, NEVER, Subscription};

use super::ABI;

/// Returns the digest of a decision table without its date: what stands in the manifest. A commit that changes nothing
/// leaves the bundle as it was.
#[must_use]
pub fn ir_digest(ir: &Ir) -> String {
    digest::of_ir(&Ir { at_ms: 0, ..ir.clone() })
}

/// Returns the section's content: canonical JSON, since the fields of its types have one order.
pub(super) fn manifest(ir: &Ir, code_digest: &str) -> Vec<u8> {
    let users = ir.users.iter().map(|user| bundle::Team {
        name: user.name.clone(),
        display_name: String::new(),
        cost_centre: String::new(),
        parent: None,
        user: true,
    });
    let teams = ir.teams.iter().map(|team| bundle::Team {
        name: team.name.clone(),
        display_name: team.display_name.clone(),
        cost_centre: team.cost_centre.clone(),
        parent: team.parent,
        user: false,
    });
    let manifest = Manifest {
        format: bundle::FORMAT.to_owned(),
        abi: ABI,
        requires: Vec::new(),
        compiler: env!("CARGO_PKG_VERSION").to_owned(),
        ir_digest: ir_digest(ir),
        code_digest: code_digest.to_owned(),
        gateway: ir.gateway.name.clone(),
        organization: ir.organization.name.clone(),
        currency: ir.organization.currency.clone(),
        time_zone: ir.organization.time_zone.clone(),
        on_store_failure: ir.organization.on_store_failure,
        next_breakpoint_ms: next_breakpoint(ir),
        identity_providers: ir.identity_providers.clone(),
        administrators: ir.organization.administrators.clone(),
        teams: teams.chain(users).collect(),
        subscriptions: ir.subscriptions.iter().map(subscription).collect(),
        models: ir.models.iter().map(model).collect(),
        providers: ir.providers.clone(),
        upstreams: ir.upstreams.clone(),
        prices: ir.prices.clone(),
        names: ir.names.clone(),
    };
    serde_json::to_vec(&manifest).unwrap_or_default()
}

fn subscription(subscription: &Subscription) -> bundle::Subscription {
    bundle::Subscription {
        name: subscription.name.clone(),
        cost_centre: subscription.cost_centre.clone(),
        purpose: subscription.purpose.clone(),
        max_key_lifetime_s: subscription.max_key_lifetime_s,
        max_keys_per_user: subscription.max_keys_per_user,
    }
}

fn model(model: &Model) -> bundle::Model {
    let endpoints = Endpoint::ALL.iter().filter(|endpoint| model.endpoints & endpoint.bit() != 0);
    bundle::Model {
        name: model.name.clone(),
        aliases: model.aliases.clone(),
        description: model.description.clone(),
        owner: model.owner.clone(),
        hidden: model.hidden,
        endpoints: endpoints.map(|endpoint| endpoint.name().to_owned()).collect(),
        price: model.price,
        context_window: model.context_window,
        max_output_tokens: model.max_output_tokens,
        data_class: model.data_class.clone(),
        stage: model.stage.clone(),
        retires_at_ms: Some(model.retires_at_ms).filter(|time| is_date(*time)),
        replaced_by: model.replaced_by.clone(),
        first_byte_timeout_ms: model.first_byte_timeout_ms,
        total_timeout_ms: model.total_timeout_ms,
        attempts: model.attempts,
        retry_on: model.retry_on.clone(),
        on_disconnect: model.on_disconnect.clone(),
        parameters: model.parameters.clone(),
    }
}

/// Returns the first time after the table's date at which a decision or a price changes by itself.
fn next_breakpoint(ir: &Ir) -> Option<i64> {
    let grants = ir.access.grants.iter().flat_map(|grant| [grant.from_ms, grant.until_ms]);
    let prices = ir.prices.iter().flat_map(|list| list.entries.iter().skip(1)).map(|price| price.from_ms);
    grants.chain(prices).filter(|time| is_date(*time) && *time > ir.at_ms).min()
}

fn is_date(time: i64) -> bool {
    time != ALWAYS && time != NEVER
}
