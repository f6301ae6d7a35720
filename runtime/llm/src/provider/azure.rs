//! Azure OpenAI: the deployment is part of the path, the key has a header of its own.

use std::fmt::Write;

use maas_schemas::abi::Endpoint;

use super::openai::cap_field;
use super::{CredentialHeader, Outgoing, Provider, Target, body, path};
use crate::call::Call;

/// Azure OpenAI. With an `api-version` the address by deployment, without one the `v1` address.
#[derive(Debug)]
pub(super) struct Azure;

impl Provider for Azure {
    fn write(&self, call: &Call, target: &Target<'_>) -> Option<Outgoing> {
        let (body, strip_usage) = body(call, target, cap_field(call.endpoint, "max_completion_tokens")?);
        let mut url = target.endpoint.to_owned();
        // Responses is served by the `v1` address alone.
        if target.api_version.is_empty() || call.endpoint == Endpoint::Responses {
            url.push_str("/openai/v1");
            url.push_str(path(call.endpoint));
        } else {
            url.push_str("/openai/deployments/");
            push_segment(&mut url, target.model);
            url.push_str(path(call.endpoint));
            url.push_str("?api-version=");
            push_segment(&mut url, target.api_version);
        }
        Some(Outgoing { url, body, credential: CredentialHeader::ApiKey, strip_usage })
    }
}

fn push_segment(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else if write!(url, "%{byte:02X}").is_err() {
            return;
        }
    }
}
