//! What a bundle carries beside its code and tables: the custom section [`SECTION_MANIFEST`] as canonical JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The `format` of this version.
pub const FORMAT: &str = "maas.bundle/v1";
/// Custom section that holds the manifest.
pub const SECTION_MANIFEST: &str = "maas.manifest";
/// Custom section that holds request and result pairs for the self-test: n × {u32 length, request, u32 length, result}.
pub const SECTION_VECTORS: &str = "maas.vectors";

/// Everything that the host needs and the tables do not hold. Lists are addressed by the indices of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`crate::abi::ABI_VERSION`].
    pub abi: u32,
    /// Names of features that a host must know to run this bundle; an unknown one is refused.
    pub requires: Vec<String>,
    /// Version of the compiler.
    pub compiler: String,
    /// `sha256:` of the canonical decision table without its date.
    pub ir_digest: String,
    /// `sha256:` of the program: all sections but memory, tables and texts (`abi.md`).
    pub code_digest: String,
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// Name of the organization.
    pub organization: String,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA name; calendar windows count in it.
    pub time_zone: String,
    /// What happens when the counter store does not answer.
    pub on_store_failure: OnStoreFailure,
    /// The next time at which some decision changes by itself, Unix milliseconds.
    pub next_breakpoint_ms: Option<i64>,
    /// Who issues tokens.
    pub identity_providers: Vec<IdentityProvider>,
    /// Groups whose members administer the gateway, `provider:group`.
    pub administrators: Vec<String>,
    /// By index of the team: teams in the order of their names, then single users with grants of their own.
    pub teams: Vec<Team>,
    /// By index of the subscription: (priority descending, name).
    pub subscriptions: Vec<Subscription>,
    /// By index of the model, in the order of their names.
    pub models: Vec<Model>,
    /// By index of the provider, in the order of their names.
    pub providers: Vec<Provider>,
    /// By index of the upstream.
    pub upstreams: Vec<Upstream>,
    /// By index of the price list.
    pub prices: Vec<PriceList>,
    /// By index of a limit's name: `Subscription/x tokens per 1h`.
    pub names: Vec<String>,
}

/// What the gateway does when the store of its counters does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnStoreFailure {
    /// Refuse at once.
    Deny,
    /// Go on with the leases in hand, then refuse.
    #[default]
    Share,
    /// Go on without counting.
    Allow,
}

/// A source of identities.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityProvider {
    /// Prefix of its users and groups.
    pub name: String,
    /// `keycloak`, `entra`, `okta`, `openshift`, `generic`.
    pub preset: String,
    /// The `iss` claim, exactly.
    pub issuer: String,
    /// One of them must be in `aud`.
    pub audiences: Vec<String>,
    /// Name of the claim that is the subject.
    pub subject_claim: String,
    /// Name of the claim that lists the groups.
    pub groups_claim: String,
}

/// A team, or a user who has grants without a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Team {
    /// `metadata.name`, or `provider:subject` of a single user.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Who pays; empty when nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cost_centre: String,
    /// Index of the parent team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// It is a single user.
    #[serde(default, skip_serializing_if = "is_false")]
    pub user: bool,
}

/// What the gateway must know of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// `metadata.name`.
    pub name: String,
    /// Who pays, when it is not the team's cost centre.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cost_centre: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// Longest life of a key in seconds, 0 for no bound.
    pub max_key_lifetime_s: u64,
    /// Most keys that one user may hold, 0 for no bound.
    pub max_keys_per_user: u32,
}

/// What the gateway must know of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Model {
    /// `metadata.name`.
    pub name: String,
    /// Other names that clients send.
    pub aliases: Vec<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Name of the team that owns it; empty when nobody does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Those without access may not learn that it exists.
    pub hidden: bool,
    /// Names of endpoints, in the order of their codes.
    pub endpoints: Vec<String>,
    /// Index into `prices`.
    pub price: Option<u32>,
    /// Input and output together, in tokens, 0 when not known.
    pub context_window: u64,
    /// The most output tokens one request may ask for, 0 for no cap.
    pub max_output_tokens: u32,
    /// `public`, `internal`, `confidential`, `restricted`.
    pub data_class: String,
    /// `draft`, `approved`, `deprecated`, `retired`.
    pub stage: String,
    /// When it is retired, Unix milliseconds.
    pub retires_at_ms: Option<i64>,
    /// The model that replaces it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub replaced_by: String,
    /// Until the first byte of the answer, in milliseconds.
    pub first_byte_timeout_ms: u64,
    /// For the whole answer, in milliseconds.
    pub total_timeout_ms: u64,
    /// How often one upstream is tried, at least 1.
    pub attempts: u32,
    /// On what a request is tried again: `connect`, `429`, `5xx`, `timeout`.
    pub retry_on: Vec<String>,
    /// `drain` or `cancel`.
    pub on_disconnect: String,
    /// Bounds and defaults of request parameters.
    pub parameters: BTreeMap<String, Parameter>,
}

/// Bounds and default of a number in a request; decimal text, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Smallest allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// Largest allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// Written when the client says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A place where models run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// `metadata.name`.
    pub name: String,
    /// What it speaks.
    #[serde(rename = "type")]
    pub kind: ProviderType,
    /// Base URL without a trailing slash; empty for `simulator` and where the type knows it.
    pub endpoint: String,
    /// Where its credential is; never the credential.
    pub credential: Option<SecretRef>,
    /// Region as the organization names it; empty when not said.
    pub region: String,
    /// Extra request headers.
    pub headers: BTreeMap<String, String>,
    /// TLS towards it.
    pub tls: ProviderTls,
    /// Active health check.
    pub health: Option<Health>,
    /// `api-version` of `azure-openai`.
    pub azure_api_version: String,
    /// AWS region of `bedrock`.
    pub bedrock_region: String,
    /// The LLMInferenceService of `kserve`.
    pub kserve: Option<ObjectRef>,
    /// Behaviour of `simulator`.
    pub simulator: Option<Simulator>,
    /// Data classes it may receive, ascending; all of them when it said nothing.
    pub data_classes: Vec<String>,
}

/// The wire format and the habits of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderType {
    /// A vLLM server.
    Vllm,
    /// An LLMInferenceService of KServe.
    Kserve,
    /// OpenAI.
    Openai,
    /// Azure OpenAI.
    AzureOpenai,
    /// Anthropic.
    Anthropic,
    /// Amazon Bedrock.
    Bedrock,
    /// Anything that speaks OpenAI's chat protocol.
    OpenaiCompatible,
    /// Answers by itself.
    Simulator,
}

impl ProviderType {
    /// All types with the names that policies write.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Vllm, "vllm"),
        (Self::Kserve, "kserve"),
        (Self::Openai, "openai"),
        (Self::AzureOpenai, "azure-openai"),
        (Self::Anthropic, "anthropic"),
        (Self::Bedrock, "bedrock"),
        (Self::OpenaiCompatible, "openai-compatible"),
        (Self::Simulator, "simulator"),
    ];

    /// Returns the name that policies write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::Kserve => "kserve",
            Self::Openai => "openai",
            Self::AzureOpenai => "azure-openai",
            Self::Anthropic => "anthropic",
            Self::Bedrock => "bedrock",
            Self::OpenaiCompatible => "openai-compatible",
            Self::Simulator => "simulator",
        }
    }
}

/// Where a secret is: never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// Name of the Secret.
    pub secret: String,
    /// Key in it.
    pub key: String,
}

/// A Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectRef {
    /// Name.
    pub name: String,
    /// Namespace; empty for the one of the models.
    pub namespace: String,
}

/// TLS towards a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderTls {
    /// Certificate authority instead of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<SecretRef>,
    /// Name to verify instead of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Client certificate and key: a Secret with `tls.crt` and `tls.key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
}

/// An active health check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Health {
    /// Path, answered with 2xx when healthy.
    pub path: String,
    /// Between two checks, in milliseconds.
    pub interval_ms: u64,
}

/// How the simulator behaves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Simulator {
    /// Until the first token, in milliseconds.
    pub latency_ms: u64,
    /// Speed of the stream, 0 for no delay.
    pub tokens_per_second: u32,
    /// Every n-th request fails so: `{every, status}`; status 0 cuts the connection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// A fault of the simulator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Every n-th request, from 1.
    pub every: u32,
    /// HTTP status; 0 cuts the stream.
    pub status: u16,
}

/// One line of a model's `upstreams`, resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Index into `providers`.
    pub provider: u32,
    /// The model's name there.
    pub model: String,
}

/// Prices with the dates from which they hold, ascending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// At least one.
    pub entries: Vec<Price>,
}

/// Prices per million tokens in 10⁻⁹ of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Price {
    /// From when, Unix milliseconds; the first entry holds from always.
    pub from_ms: i64,
    /// Input tokens.
    pub input: u64,
    /// Input tokens that the provider had cached.
    pub cached_input: u64,
    /// Output tokens.
    pub output: u64,
}

impl PriceList {
    /// Returns the price in force at a time.
    #[must_use]
    pub fn at(&self, now_ms: i64) -> Option<&Price> {
        let later = self.entries.iter().rev().find(|price| price.from_ms <= now_ms);
        later.or_else(|| self.entries.first())
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}
