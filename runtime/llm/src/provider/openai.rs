//! OpenAI itself, and servers that speak its protocol.

use maas_schemas::abi::Endpoint;

use super::{CredentialHeader, Outgoing, Provider, Target, body, path};
use crate::call::Call;

/// OpenAI: chat wants `max_completion_tokens`.
pub(super) static OPENAI: OpenAi =
    OpenAi { default_endpoint: "https://api.openai.com/v1", chat_cap: "max_completion_tokens" };
/// vLLM, KServe and the rest: `max_tokens` is what every version knows.
pub(super) static COMPATIBLE: OpenAi = OpenAi { default_endpoint: "", chat_cap: "max_tokens" };

/// A server with OpenAI's paths.
#[derive(Debug)]
pub(super) struct OpenAi {
    default_endpoint: &'static str,
    chat_cap: &'static str,
}

impl Provider for OpenAi {
    fn write(&self, call: &Call, target: &Target<'_>) -> Option<Outgoing> {
        let base = if target.endpoint.is_empty() { self.default_endpoint } else { target.endpoint };
        let (body, strip_usage) = body(call, target, cap_field(call.endpoint, self.chat_cap)?);
        let url = [base, path(call.endpoint)].concat();
        Some(Outgoing { url, body, credential: CredentialHeader::Bearer, strip_usage })
    }
}

/// Returns the field of the output cap, `Some(None)` where an endpoint has none; `None` for foreign endpoints.
pub(super) const fn cap_field(endpoint: Endpoint, chat: &'static str) -> Option<Option<&'static str>> {
    match endpoint {
        Endpoint::Chat => Some(Some(chat)),
        Endpoint::Completions => Some(Some("max_tokens")),
        Endpoint::Responses => Some(Some("max_output_tokens")),
        Endpoint::Embeddings => Some(None),
        Endpoint::Messages | Endpoint::CountTokens => None,
    }
}
