//! Rules about targets: everything that a policy can say and a target cannot do.

pub(crate) mod api_keys_not_served;
pub(crate) mod approval_lapses;
pub(crate) mod bundle_bound;
pub(crate) mod calendar_window;
pub(crate) mod ceiling_not_counted;
pub(crate) mod concurrency_limit;
pub(crate) mod cost_limit;
pub(crate) mod dns_without_geo;
pub(crate) mod endpoint_not_routed;
pub(crate) mod fallback_upstream;
pub(crate) mod gateway_without_hostname;
pub(crate) mod health_check;
pub(crate) mod hidden_model;
pub(crate) mod input_output_limit;
pub(crate) mod large_bundle;
pub(crate) mod large_object;
pub(crate) mod limit_counted_per_route;
pub(crate) mod limit_per_key;
pub(crate) mod model_alias;
pub(crate) mod model_not_rewritten;
pub(crate) mod model_unchecked;
pub(crate) mod output_cap;
pub(crate) mod overshoot;
pub(crate) mod provider_credential;
pub(crate) mod provider_not_supported;
pub(crate) mod provider_tls;
pub(crate) mod retry;
pub(crate) mod several_token_counters;
pub(crate) mod shortened_output;
pub(crate) mod store_failure_allows;
pub(crate) mod target_not_supported;
pub(crate) mod timed_grant;
pub(crate) mod too_large_object;
pub(crate) mod too_many_hostnames;
pub(crate) mod unchecked_parameters;
pub(crate) mod unneeded_acceptance;
pub(crate) mod unwritable_object;
pub(crate) mod usage_not_counted;
pub(crate) mod weighted_upstreams;
pub(crate) mod window_from_first_use;

use maasc_diagnostics::Rule;

/// The rules of this room, by code.
pub static RULES: &[&Rule] = &[
    &calendar_window::RULE,
    &limit_counted_per_route::RULE,
    &ceiling_not_counted::RULE,
    &cost_limit::RULE,
    &concurrency_limit::RULE,
    &limit_per_key::RULE,
    &input_output_limit::RULE,
    &several_token_counters::RULE,
    &shortened_output::RULE,
    &overshoot::RULE,
    &store_failure_allows::RULE,
    &timed_grant::RULE,
    &approval_lapses::RULE,
    &hidden_model::RULE,
    &api_keys_not_served::RULE,
    &fallback_upstream::RULE,
    &weighted_upstreams::RULE,
    &retry::RULE,
    &provider_not_supported::RULE,
    &endpoint_not_routed::RULE,
    &usage_not_counted::RULE,
    &provider_credential::RULE,
    &provider_tls::RULE,
    &health_check::RULE,
    &model_not_rewritten::RULE,
    &model_unchecked::RULE,
    &unchecked_parameters::RULE,
    &output_cap::RULE,
    &model_alias::RULE,
    &window_from_first_use::RULE,
    &gateway_without_hostname::RULE,
    &too_many_hostnames::RULE,
    &dns_without_geo::RULE,
    &unneeded_acceptance::RULE,
    &large_object::RULE,
    &too_large_object::RULE,
    &unwritable_object::RULE,
    &target_not_supported::RULE,
    &bundle_bound::RULE,
    &large_bundle::RULE,
];

/// Says whether `Gateway.accept` may name a rule: those about what a target cannot do, and not those about what no
/// target takes.
#[must_use]
pub fn is_acceptable(name: &str) -> bool {
    RULES.iter().any(|rule| rule.name == name && rule.code < "MAAS0740")
}

#[cfg(test)]
mod tests;
