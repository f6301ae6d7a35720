//! What Kuadrant 1.5 cannot do of what the policy says: every rule is asked, nothing is silent.

use maasc_diagnostics::Diagnostics;

use crate::facts::Facts;
use crate::rules;

/// Reports everything that the target of an environment cannot do, accepted or not.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let checks: &[fn(&Facts<'_>, &mut Diagnostics)] = &[
        rules::calendar_window::check,
        rules::limit_counted_per_route::check,
        rules::cost_limit::check,
        rules::concurrency_limit::check,
        rules::limit_per_key::check,
        rules::input_output_limit::check,
        rules::shortened_output::check,
        rules::ceiling_not_counted::check,
        rules::several_token_counters::check,
        rules::overshoot::check,
        rules::store_failure_allows::check,
        rules::timed_grant::check,
        rules::approval_lapses::check,
        rules::hidden_model::check,
        rules::api_keys_not_served::check,
        rules::fallback_upstream::check,
        rules::weighted_upstreams::check,
        rules::retry::check,
        rules::provider_not_supported::check,
        rules::endpoint_not_routed::check,
        rules::usage_not_counted::check,
        rules::provider_credential::check,
        rules::provider_tls::check,
        rules::health_check::check,
        rules::model_not_rewritten::check,
        rules::model_unchecked::check,
        rules::unchecked_parameters::check,
        rules::output_cap::check,
        rules::model_alias::check,
        rules::window_from_first_use::check,
        rules::gateway_without_hostname::check,
        rules::too_many_hostnames::check,
        rules::dns_without_geo::check,
    ];
    for check in checks {
        check(facts, acc);
    }
}

/// Drops what the `Gateway` document accepts, and reports acceptances that nothing needs.
pub(crate) fn settle(facts: &Facts<'_>, acc: &mut Diagnostics) {
    rules::unneeded_acceptance::check(facts, acc);
    acc.retain(|finding| !facts.accepts(finding.rule.name));
}
