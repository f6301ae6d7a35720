//! One structured line for each request, without prompts and secrets.

use maas_schemas::usage::UsageRecord;

/// Writes the line of an ended request.
pub(crate) fn ended(record: &UsageRecord) {
    tracing::info!(
        target: "maas_gateway::access",
        request_id = record.request_id,
        status = record.status,
        verdict = record.verdict.name(),
        endpoint = record.endpoint.map_or("", maas_schemas::abi::Endpoint::name),
        key = record.key_id,
        team = record.team,
        subscription = record.subscription,
        model = record.model,
        provider = record.provider,
        input = record.tokens.input,
        output = record.tokens.output,
        cost = record.cost,
        limit = record.limit,
        rule = record.rule,
        latency_ms = record.latency_ms,
        first_byte_ms = record.first_byte_ms,
        "request"
    );
}
