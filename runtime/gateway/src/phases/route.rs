//! Where to? The upstreams of the decision in the order to try.

use tokio::time::Instant;

use super::decide::Grant;
use crate::bundles::bundle::Target;
use crate::exchange::Exchange;
use crate::upstream::balance;

/// Returns upstreams by index: tiers ascend, inside a tier weight and health draw.
pub(crate) fn route(exchange: &Exchange, grant: &Grant) -> Vec<u32> {
    let now = Instant::now();
    let is_well = |choice: &maas_schemas::decision::UpstreamChoice| {
        let target = exchange.bundle.target(choice.upstream);
        target.is_some_and(|target| exchange.state.health.is_well(&name(&target), now))
    };
    balance::order(&grant.decision.upstreams, is_well, exchange.state.request_ids.seed())
}

/// Returns the name under which the health of an upstream is known.
pub(crate) fn name(target: &Target<'_>) -> String {
    format!("{}/{}", target.provider.name, target.upstream.model)
}
