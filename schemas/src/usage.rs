//! Usage records: one line of the ledger for every request that reached the policy.
//!
//! A line of a ledger file is `{"hash":"…","record":{…}}`. The hash is SHA-256 over the hash of the line before (64 zeros
//! for the first) and the bytes of `record`, both as they stand in the file, so that a changed, lost or moved line shows.

use serde::{Deserialize, Serialize};

use crate::abi::{Endpoint, Reason};

/// The `format` of this version.
pub const FORMAT: &str = "maas.usage/v1";

/// One request. Texts that are not known are empty and left out. Prompts, answers and secrets are never in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsageRecord {
    /// [`FORMAT`].
    pub format: String,
    /// Unique; a record is written once for each.
    pub request_id: String,
    /// When the request came in, Unix milliseconds.
    pub time_ms: i64,
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// Id of the API key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_id: String,
    /// `provider:subject`, or `namespace/name` of a service account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The team that is charged.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub team: String,
    /// Who pays.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cost_centre: String,
    /// The subscription that granted or came closest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    /// The governed name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// What was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The provider that answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The model's name there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider_model: String,
    /// Billed tokens, all attempts together.
    pub tokens: TokenCounts,
    /// What was reserved: input and output together.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reserved_tokens: u64,
    /// Index of the price list in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<u32>,
    /// What it cost, 10⁻⁹ of the currency.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cost: u64,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub currency: String,
    /// Attempts before the last one, billed or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_attempts: Vec<Attempt>,
    /// How it ended.
    pub verdict: Reason,
    /// The status that the client saw, 0 when it had left.
    pub status: u16,
    /// The limit that refused, by name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limit: String,
    /// The line of the policy that granted or refused, `file:line`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// Whole answer, in milliseconds.
    pub latency_ms: u64,
    /// First byte, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// The answer was streamed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stream: bool,
    /// What else people should know, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<UsageFlag>,
    /// Digest of the bundle that decided.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bundle: String,
    /// Commit of the policy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
}

impl UsageRecord {
    /// Returns a record that knows nothing but its request.
    #[must_use]
    pub fn new(request_id: impl Into<String>, time_ms: i64, gateway: impl Into<String>, verdict: Reason) -> Self {
        Self {
            format: FORMAT.to_owned(),
            request_id: request_id.into(),
            time_ms,
            gateway: gateway.into(),
            key_id: String::new(),
            user: String::new(),
            team: String::new(),
            cost_centre: String::new(),
            subscription: String::new(),
            model: String::new(),
            endpoint: None,
            provider: String::new(),
            provider_model: String::new(),
            tokens: TokenCounts::default(),
            reserved_tokens: 0,
            price: None,
            cost: 0,
            currency: String::new(),
            earlier_attempts: Vec::new(),
            verdict,
            status: 0,
            limit: String::new(),
            rule: String::new(),
            latency_ms: 0,
            first_byte_ms: None,
            stream: false,
            flags: Vec::new(),
            bundle: String::new(),
            commit: String::new(),
        }
    }

    /// Adds a flag once.
    pub fn flag(&mut self, flag: UsageFlag) {
        if let Err(place) = self.flags.binary_search(&flag) {
            self.flags.insert(place, flag);
        }
    }
}

/// Tokens by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenCounts {
    /// All input.
    pub input: u64,
    /// Part of `input` that the provider read from its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_input: u64,
    /// Part of `input` that the provider wrote to its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write: u64,
    /// All output.
    pub output: u64,
    /// Part of `output` that nobody saw.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning: u64,
}

/// An attempt that was followed by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// The provider.
    pub provider: String,
    /// The model's name there.
    pub provider_model: String,
    /// The status that it answered, 0 for none.
    pub status: u16,
    /// What it billed.
    pub tokens: TokenCounts,
}

/// What is unusual about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsageFlag {
    /// The provider did not say; tokens were counted from the text.
    Estimated,
    /// What the provider said cannot be true.
    UsageInvalid,
    /// The provider wrote more than its cap.
    ProviderExceededCap,
    /// More was charged than reserved.
    Overcharged,
    /// The store did not answer and the policy allows to go on without counting.
    Unverified,
    /// The client left before the end.
    ClientGone,
    /// The answer was shortened to what was left of a limit.
    Shortened,
    /// The exchange ended without a settlement; the whole reservation was charged.
    Unsettled,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

fn is_false(value: &bool) -> bool {
    !*value
}
