//! Which headers cross the gateway: lists of what is let through, never of what is held back.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// The longest position of a line of policy in `param`, in characters.
pub(crate) const POLICY_PARAM_LIMIT: usize = 300;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("api-key");
pub(crate) const X_MAAS_POLICY: HeaderName = HeaderName::from_static("x-maas-policy");
pub(crate) const X_MAAS_SUBSCRIPTION: HeaderName = HeaderName::from_static("x-maas-subscription");
pub(crate) const X_MAAS_OUTPUT_CAP: HeaderName = HeaderName::from_static("x-maas-output-cap");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What we say we are.
pub(crate) const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("maas-gateway/", env!("CARGO_PKG_VERSION")));

/// Whether an upstream lies inside our own network: traces go there, and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Inside,
    Outside,
}

/// Returns the headers of an upstream request, built from nothing. `key_id` tells the callers of one account apart.
pub(crate) fn upstream_request(client: &HeaderMap, reach: Reach, key_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    // The body was read as JSON, whatever the client called it; its usage must be readable, so nothing is compressed.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(header::USER_AGENT, USER_AGENT);
    if let Some(value) = client.get(header::ACCEPT) {
        headers.insert(header::ACCEPT, value.clone());
    }
    if let Some(value) = client.get(IDEMPOTENCY_KEY).and_then(|value| isolated(value, key_id)) {
        headers.insert(IDEMPOTENCY_KEY, value);
    }
    if reach == Reach::Inside {
        for name in [TRACEPARENT, TRACESTATE] {
            if let Some(value) = client.get(&name) {
                headers.insert(name, value.clone());
            }
        }
    }
    headers
}

/// Equal idempotency keys of two callers must not meet at the provider, whose account they share.
fn isolated(value: &HeaderValue, key_id: &str) -> Option<HeaderValue> {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    hasher.update(u64::try_from(key_id.len()).unwrap_or(u64::MAX).to_le_bytes());
    hasher.update(key_id.as_bytes());
    hasher.update(value.as_bytes());
    HeaderValue::from_str(&hex(&hasher.finalize())).ok()
}

/// Returns the headers of an upstream's answer that a client may see.
pub(crate) fn client_response(upstream: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    for (name, value) in upstream {
        let timing = name.as_str() == "openai-processing-ms" || name.as_str() == "openai-version";
        if timing || matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers
}

/// Returns bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Returns a text as one line without control characters, as messages and headers want it.
pub(crate) fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}

/// Returns a text as a header, what cannot stand in one replaced.
pub(crate) fn value(text: &str) -> HeaderValue {
    let plain: String = text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).collect();
    HeaderValue::from_str(&plain).unwrap_or(HeaderValue::from_static("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that must never reach a provider.
    const DROPPED: &[&str] = &[
        "authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "cookie",
        "proxy-authorization",
        "openai-organization",
        "openai-project",
        "openai-beta",
        "anthropic-beta",
        "anthropic-workspace-id",
        "anthropic-user-profile-id",
        "x-amz-security-token",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-connection",
        "host",
        "content-length",
        "expect",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "via",
        "x-maas-subscription",
        "x-maas-team",
        "x-gateway-inference-fairness-id",
        "x-gateway-inference-objective",
        "x-ai-eg-model",
        "x-stainless-retry-count",
        "baggage",
        "origin",
        "referer",
    ];

    fn client() -> HeaderMap {
        let names =
            DROPPED.iter().chain(&["accept", "idempotency-key", "traceparent", "user-agent", "accept-encoding"]);
        names.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("secret"))).collect()
    }

    #[test]
    fn only_what_is_listed_goes_upstream() {
        let headers = upstream_request(&client(), Reach::Outside, "k1");
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "accept-encoding", "content-type", "idempotency-key", "user-agent"]);
        assert_eq!(headers["user-agent"], USER_AGENT);
        assert_eq!(headers["accept-encoding"], "identity");
        assert!(upstream_request(&client(), Reach::Inside, "k1").contains_key("traceparent"));
    }

    #[test]
    fn equal_idempotency_keys_of_two_callers_differ() {
        let of = |key| upstream_request(&client(), Reach::Outside, key)["idempotency-key"].clone();
        assert_eq!(of("k1"), of("k1"));
        assert_ne!(of("k1"), of("k2"));
        assert_ne!(of("k1"), "secret");
    }

    #[test]
    fn only_what_is_listed_comes_back() {
        let names = [
            "x-ratelimit-limit-tokens",
            "anthropic-ratelimit-tokens-limit",
            "ratelimit",
            "retry-after",
            "retry-after-ms",
            "x-should-retry",
            "set-cookie",
            "server",
            "via",
            "alt-svc",
            "strict-transport-security",
            "cf-ray",
            "openai-organization",
            "openai-project",
            "x-envoy-upstream-service-time",
            "connection",
            "x-request-id",
            "content-encoding",
            "content-type",
            "content-length",
            "openai-processing-ms",
        ];
        let upstream: HeaderMap =
            names.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1"))).collect();
        let headers = client_response(&upstream);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "openai-processing-ms"]);
    }
}
