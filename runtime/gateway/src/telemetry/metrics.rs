//! Metrics in Prometheus' text form. Labels are names of the policy, so their number is bounded by it.

use crate::bundles::swap::Status;
use maas_schemas::abi::Reason;
use maas_schemas::usage::{UsageFlag, UsageRecord};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

const TOKEN_BUCKETS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const DURATION_BUCKETS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const FIRST_TOKEN_BUCKETS: [f64; 16] =
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    maas_model: String,
    maas_team: String,
    maas_subscription: String,
    status: u32,
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    gen_ai_token_type: &'static str,
    gen_ai_provider_name: String,
    maas_model: String,
    maas_team: String,
    maas_subscription: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabels {
    gen_ai_provider_name: String,
    maas_model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamLabels {
    provider: String,
    outcome: &'static str,
}

/// Whether the store of counters does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreIsLost(pub(crate) bool);

/// All metrics of one gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    estimated: Family<TokenLabels, Counter>,
    token_usage: Family<TokenLabels, Histogram>,
    duration: Family<ModelLabels, Histogram>,
    first_token: Family<ModelLabels, Histogram>,
    upstreams: Family<UpstreamLabels, Counter>,
    bundle_loads: Gauge,
    bundle_failures: Gauge,
    bundle_loaded: Gauge,
    store_lost: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) policy_failures: Counter,
    pub(crate) lease_fragmentation: Counter,
    pub(crate) overcharged: Counter,
    pub(crate) usage_invalid: Counter,
    pub(crate) ledger_failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let tokens = Family::default();
        let estimated = Family::default();
        let token_usage = Family::new_with_constructor((|| Histogram::new(TOKEN_BUCKETS)) as fn() -> Histogram);
        let duration = Family::new_with_constructor((|| Histogram::new(DURATION_BUCKETS)) as fn() -> Histogram);
        let first_token = Family::new_with_constructor((|| Histogram::new(FIRST_TOKEN_BUCKETS)) as fn() -> Histogram);
        let upstreams = Family::default();
        registry.register("maas_requests", "Requests that were ended", requests.clone());
        registry.register("maas_tokens", "Tokens charged", tokens.clone());
        registry.register("maas_tokens_estimated", "Tokens charged that we counted ourselves", estimated.clone());
        registry.register("gen_ai_client_token_usage", "Billed tokens of one request", token_usage.clone());
        registry.register_with_unit("gen_ai_server_request_duration", "Whole answer", Unit::Seconds, duration.clone());
        registry.register_with_unit(
            "gen_ai_server_time_to_first_token",
            "First byte of a stream",
            Unit::Seconds,
            first_token.clone(),
        );
        registry.register("maas_upstream_requests", "Attempts at providers", upstreams.clone());
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let in_flight = gauge("maas_requests_in_flight", "Requests being served");
        let bundle_loads = gauge("maas_bundle_loads", "Policies taken into use since the start");
        let bundle_failures = gauge("maas_bundle_failures", "Policies refused since the start");
        let bundle_loaded = gauge("maas_bundle_loaded_seconds", "Unix time at which the policy was taken into use");
        let store_lost = gauge("maas_counter_store_lost", "1 while the store of counters does not answer");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let policy_failures = counter("maas_policy_failures", "Decisions that the policy module did not make");
        let lease_fragmentation =
            counter("maas_lease_fragmentation", "Refusals because what is left lies in leases of other replicas");
        let overcharged = counter("maas_overcharged", "Requests charged more than was reserved");
        let usage_invalid = counter("maas_usage_invalid", "Answers whose token counts cannot be true");
        let ledger_failures = counter("maas_ledger_failures", "Records that were not written");
        Self {
            registry,
            requests,
            tokens,
            estimated,
            token_usage,
            duration,
            first_token,
            upstreams,
            bundle_loads,
            bundle_failures,
            bundle_loaded,
            store_lost,
            in_flight,
            policy_failures,
            lease_fragmentation,
            overcharged,
            usage_invalid,
            ledger_failures,
        }
    }
}

impl Metrics {
    /// Counts an ended request.
    pub(crate) fn ended(&self, record: &UsageRecord) {
        // A name that the policy does not know is the client's text and must not become a label.
        let model = if record.verdict == Reason::UnknownModel { String::new() } else { record.model.clone() };
        let labels = RequestLabels {
            maas_model: model.clone(),
            maas_team: record.team.clone(),
            maas_subscription: record.subscription.clone(),
            status: u32::from(record.status),
            verdict: record.verdict.name(),
        };
        self.requests.get_or_create(&labels).inc();
        let estimated = record.flags.contains(&UsageFlag::Estimated);
        for (kind, tokens) in [("input", record.tokens.input), ("output", record.tokens.output)] {
            if tokens == 0 {
                continue;
            }
            let labels = TokenLabels {
                gen_ai_token_type: kind,
                gen_ai_provider_name: record.provider.clone(),
                maas_model: model.clone(),
                maas_team: record.team.clone(),
                maas_subscription: record.subscription.clone(),
            };
            self.tokens.get_or_create(&labels).inc_by(tokens);
            if estimated {
                self.estimated.get_or_create(&labels).inc_by(tokens);
            } else {
                self.token_usage.get_or_create(&labels).observe(lossy(tokens));
            }
        }
        if let Some(first_byte_ms) = record.first_byte_ms {
            let labels = ModelLabels { gen_ai_provider_name: record.provider.clone(), maas_model: model };
            self.duration.get_or_create(&labels).observe(lossy(record.latency_ms) / 1_000.0);
            if record.stream {
                self.first_token.get_or_create(&labels).observe(lossy(first_byte_ms) / 1_000.0);
            }
        }
    }

    /// Counts an attempt at a provider.
    pub(crate) fn upstream(&self, provider: &str, outcome: &'static str) {
        self.upstreams.get_or_create(&UpstreamLabels { provider: provider.to_owned(), outcome }).inc();
    }

    /// Returns all metrics as text.
    pub(crate) fn encode(&self, bundle: &Status, store_is_lost: StoreIsLost) -> Result<String, std::fmt::Error> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.bundle_loads.set(number(bundle.loads));
        self.bundle_failures.set(number(bundle.failures));
        self.bundle_loaded.set(bundle.loaded_ms / 1_000);
        self.store_lost.set(i64::from(store_is_lost.0));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[expect(clippy::cast_precision_loss, reason = "buckets need no more than 53 bits")]
const fn lossy(number: u64) -> f64 {
    number as f64
}
