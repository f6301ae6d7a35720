//! What each type of provider wants to hear: address, header of the credential, field of the cap.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::ProviderType;

use crate::call::{Call, Changes};
use crate::openai::stream::StripUsage;

pub mod azure;
pub mod openai;
pub mod simulator;

/// Where a call goes, and what is written into it.
#[derive(Clone, Debug, Default)]
pub struct Target<'a> {
    /// Base URL without a trailing slash; empty where the type knows it.
    pub endpoint: &'a str,
    /// The model's name there.
    pub model: &'a str,
    /// `api-version` of Azure.
    pub api_version: &'a str,
    /// The cap on output tokens of each answer, where one was reserved.
    pub output_cap: Option<u32>,
    /// Members that are written when the client left them out, as JSON text.
    pub defaults: Vec<(&'a str, &'a str)>,
}

/// A call as it goes over the wire, but for its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The whole URL.
    pub url: String,
    /// The body.
    pub body: Bytes,
    /// How the credential is sent.
    pub credential: CredentialHeader,
    /// Whether the usage in the stream is ours alone.
    pub strip_usage: StripUsage,
}

/// How a credential is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialHeader {
    /// `Authorization: Bearer …`
    Bearer,
    /// `api-key: …`
    ApiKey,
}

/// A type of provider.
pub trait Provider: std::fmt::Debug + Sync {
    /// Returns the call as this provider wants it, `None` when it does not serve the endpoint.
    fn write(&self, call: &Call, target: &Target<'_>) -> Option<Outgoing>;
}

/// Returns the provider of a type, `None` for a type that is not spoken yet and for the simulator, which is no peer.
#[must_use]
pub fn for_type(kind: ProviderType) -> Option<&'static dyn Provider> {
    match kind {
        ProviderType::Openai => Some(&openai::OPENAI),
        ProviderType::Vllm | ProviderType::Kserve | ProviderType::OpenaiCompatible => Some(&openai::COMPATIBLE),
        ProviderType::AzureOpenai => Some(&azure::Azure),
        ProviderType::Anthropic | ProviderType::Bedrock | ProviderType::Simulator => None,
    }
}

/// Returns the path of an endpoint below the base of OpenAI's protocol.
#[must_use]
pub const fn path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "/chat/completions",
        Endpoint::Completions => "/completions",
        Endpoint::Embeddings => "/embeddings",
        Endpoint::Responses => "/responses",
        Endpoint::Messages => "/messages",
        Endpoint::CountTokens => "/messages/count_tokens",
    }
}

/// Returns the body with model, cap, usage and defaults, and whether the client must not see the usage.
fn body(call: &Call, target: &Target<'_>, cap_field: Option<&'static str>) -> (Bytes, StripUsage) {
    let asks = call.stream && matches!(call.endpoint, Endpoint::Chat | Endpoint::Completions);
    let changes = Changes {
        model: Some(target.model),
        output_cap: cap_field.zip(target.output_cap.map(u64::from)),
        ask_usage: asks,
        defaults: target.defaults.clone(),
    };
    let strip = if asks && call.include_usage != Some(true) { StripUsage::Yes } else { StripUsage::No };
    (call.write(&changes), strip)
}

#[cfg(test)]
mod tests;
