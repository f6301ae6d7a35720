//! Tests of provider.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::ProviderType;
use proptest::prelude::*;

use super::{CredentialHeader, Target, for_type};
use crate::call::Call;
use crate::openai::stream::StripUsage;

fn check(kind: ProviderType, endpoint: Endpoint, body: &str, target: &Target<'_>) -> super::Outgoing {
    let call = Call::read(endpoint, Bytes::copy_from_slice(body.as_bytes())).unwrap();
    for_type(kind).unwrap().write(&call, target).unwrap()
}

#[test]
fn the_cap_is_written_where_the_provider_reads_it() {
    let body = r#"{"model":"a","messages":[],"max_tokens":99999,"max_completion_tokens":5}"#;
    let target = Target { endpoint: "http://v/v1", model: "b", output_cap: Some(5), ..Target::default() };
    let openai = check(ProviderType::Openai, Endpoint::Chat, body, &target);
    assert_eq!(openai.body, r#"{"model":"b","messages":[],"max_completion_tokens":5}"#);
    let vllm = check(ProviderType::Vllm, Endpoint::Chat, body, &target);
    assert_eq!(vllm.body, r#"{"model":"b","messages":[],"max_tokens":5}"#);
    assert_eq!(vllm.url, "http://v/v1/chat/completions");
}

#[test]
fn what_needs_no_change_is_the_clients_own_bytes() {
    let body = r#" {"messages": [], "model":"a", "max_tokens": 5} "#;
    let target = Target { endpoint: "http://v", model: "a", output_cap: Some(5), ..Target::default() };
    assert_eq!(check(ProviderType::Vllm, Endpoint::Chat, body, &target).body, body);
}

#[test]
fn usage_is_asked_for_in_streams_and_hidden_from_those_who_did_not() {
    let target = Target { endpoint: "http://v", model: "a", ..Target::default() };
    for (options, expected, strip) in [
        ("", r#","stream_options":{"include_usage":true}"#, StripUsage::Yes),
        (r#","stream_options":null"#, r#","stream_options":{"include_usage":true}"#, StripUsage::Yes),
        (
            r#","stream_options":{"x":1,"include_usage":false}"#,
            r#","stream_options":{"x":1,"include_usage":true}"#,
            StripUsage::Yes,
        ),
        (
            r#","stream_options":{ "include_usage": true }"#,
            r#","stream_options":{ "include_usage": true }"#,
            StripUsage::No,
        ),
    ] {
        let body = format!(r#"{{"model":"a","messages":[],"stream":true{options}}}"#);
        let outgoing = check(ProviderType::Vllm, Endpoint::Chat, &body, &target);
        assert_eq!(outgoing.body, format!(r#"{{"model":"a","messages":[],"stream":true{expected}}}"#));
        assert_eq!(outgoing.strip_usage, strip);
    }
    let responses = r#"{"model":"a","input":"x","stream":true}"#;
    let outgoing = check(ProviderType::Openai, Endpoint::Responses, responses, &target);
    assert_eq!((outgoing.body, outgoing.strip_usage), (responses.into(), StripUsage::No));
}

#[test]
fn azure_has_its_own_addresses() {
    let target = Target {
        endpoint: "https://x.openai.azure.com",
        model: "gpt 4",
        api_version: "2024-10-21",
        ..Target::default()
    };
    let body = r#"{"model":"a","messages":[],"input":""}"#;
    let chat = check(ProviderType::AzureOpenai, Endpoint::Chat, body, &target);
    assert_eq!(
        chat.url,
        "https://x.openai.azure.com/openai/deployments/gpt%204/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(chat.credential, CredentialHeader::ApiKey);
    let responses = check(ProviderType::AzureOpenai, Endpoint::Responses, body, &target);
    assert_eq!(responses.url, "https://x.openai.azure.com/openai/v1/responses");
    let v1 = check(ProviderType::AzureOpenai, Endpoint::Chat, body, &Target { api_version: "", ..target });
    assert_eq!(v1.url, "https://x.openai.azure.com/openai/v1/chat/completions");
}

#[test]
fn openai_knows_where_it_lives() {
    let body = r#"{"model":"a","input":"x"}"#;
    let outgoing = check(ProviderType::Openai, Endpoint::Embeddings, body, &Target { model: "a", ..Target::default() });
    assert_eq!(outgoing.url, "https://api.openai.com/v1/embeddings");
    assert_eq!(outgoing.body, body);
}

#[test]
fn defaults_fill_gaps_only() {
    let defaults = vec![("temperature", "0.2"), ("n", "1"), ("max_tokens", "9"), ("stream", "true")];
    let target = Target { endpoint: "http://v", model: "a", defaults, ..Target::default() };
    let outgoing = check(ProviderType::Vllm, Endpoint::Chat, r#"{"model":"a","messages":[],"n":2}"#, &target);
    assert_eq!(outgoing.body, r#"{"model":"a","messages":[],"n":2,"temperature":0.2}"#);
}

proptest! {
    #[test]
    fn the_upstream_always_carries_exactly_one_cap(
        legacy in prop::option::of(0u64..100_000), modern in prop::option::of(0u64..100_000), cap in 0u32..5_000,
    ) {
        let mut body = serde_json::json!({"model": "a", "messages": []});
        if let Some(legacy) = legacy { body["max_tokens"] = legacy.into(); }
        if let Some(modern) = modern { body["max_completion_tokens"] = modern.into(); }
        let target = Target { endpoint: "http://v", model: "b", output_cap: Some(cap), ..Target::default() };
        for (kind, field, other) in [
            (ProviderType::Openai, "max_completion_tokens", "max_tokens"),
            (ProviderType::Vllm, "max_tokens", "max_completion_tokens"),
        ] {
            let outgoing = check(kind, Endpoint::Chat, &body.to_string(), &target);
            let written: serde_json::Value = serde_json::from_slice(&outgoing.body).unwrap();
            prop_assert_eq!(&written[field], &serde_json::Value::from(cap));
            prop_assert!(written.get(other).is_none());
        }
    }
}
