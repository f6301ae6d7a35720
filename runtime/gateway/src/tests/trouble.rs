//! Providers that fail: what is tried again, what the client is told, and what is charged.

use http_body_util::BodyExt;
use maas_schemas::bundle::{Fault, ProviderType, Simulator};
use maas_schemas::usage::UsageFlag;
use serde_json::json;
use tokio::net::TcpListener;

use super::provider::{FakeProvider, Piece, Script, chat_answer, chunk, usage_chunk};
use super::setup::{Answer, Setup, TestPolicy, chat, next, policy, provider, secret, simulator, vllm};
use crate::config::MissingCredentials;

async fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_502_and_costs_nothing() {
    let setup = Setup::start(policy(vec![provider("vllm", ProviderType::Vllm, dead().await)])).await;
    let answer = setup.chat(json!({})).await;
    answer.error(502, "upstream_error");
    let record = &setup.records()[0];
    assert_eq!((record.tokens.input, record.tokens.output, record.status), (0, 0, 502));
    assert_eq!(record.verdict.name(), "upstream-error");
}

#[tokio::test]
async fn silence_is_a_504_and_may_be_billed() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.manifest.models[0].first_byte_timeout_ms = 30;
    let setup = Setup::start(policy).await;
    fake.will(Script::Hang);
    setup.chat(json!({"stream": true})).await.error(504, "upstream_timeout");
    // A head without a body is silence too.
    let _pieces = fake.will_stream();
    setup.chat(json!({"stream": true})).await.error(504, "upstream_timeout");
    for record in setup.records() {
        assert_eq!(record.tokens.input + record.tokens.output, record.reserved_tokens);
        assert_eq!(record.flags, [UsageFlag::Estimated]);
    }
}

#[tokio::test]
async fn a_whole_answer_has_the_time_of_the_whole_answer() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.manifest.models[0].first_byte_timeout_ms = 1;
    policy.manifest.models[0].total_timeout_ms = 60;
    let setup = Setup::start(policy).await;
    fake.will(Script::Hang);
    setup.chat(json!({})).await.error(504, "upstream_timeout");
    assert!(setup.records()[0].latency_ms >= 60);
}

fn two(fake: &FakeProvider, attempts: u32) -> TestPolicy {
    let second = provider("second", ProviderType::OpenaiCompatible, fake.url());
    let mut policy = policy(vec![vllm(fake), second]);
    policy.manifest.models[0].attempts = attempts;
    policy
}

#[tokio::test]
async fn what_fails_before_the_first_byte_is_tried_again_then_elsewhere() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(two(&fake, 2)).await;
    fake.will_refuse(500, &[], "oops");
    fake.will_refuse(503, &[], "busy");
    fake.will_answer(&chat_answer("x", 10, 3));
    let answer = setup.chat(json!({})).await;
    assert_eq!(answer.status, 200);
    let models: Vec<_> = fake.seen().iter().map(|seen| seen.body["model"].clone()).collect();
    assert_eq!(models, ["real-0", "real-0", "real-1"]);
    let record = &setup.records()[0];
    assert_eq!((record.provider.as_str(), record.tokens.input), ("second", 10));
    let earlier: Vec<_> =
        record.earlier_attempts.iter().map(|a| (a.provider.as_str(), a.status, a.tokens.input)).collect();
    assert_eq!(earlier, [("vllm", 500, 0), ("vllm", 503, 0)]);
}

#[tokio::test]
async fn what_may_have_been_billed_is_not_asked_again_unless_the_model_says_so() {
    let fake = FakeProvider::start().await;
    let mut policy = two(&fake, 1);
    policy.manifest.models[0].retry_on = vec!["connect".into()];
    policy.manifest.models[0].first_byte_timeout_ms = 30;
    let setup = Setup::start(policy).await;
    fake.will(Script::Hang);
    setup.chat(json!({"stream": true})).await.error(504, "upstream_timeout");
    assert_eq!(fake.seen().len(), 1);

    let mut policy = two(&fake, 1);
    policy.manifest.models[0].retry_on = vec!["timeout".into()];
    policy.manifest.models[0].first_byte_timeout_ms = 30;
    let setup = Setup::start(policy).await;
    fake.will(Script::Hang);
    fake.will_answer(&chat_answer("x", 10, 3));
    assert_eq!(setup.chat(json!({"stream": true})).await.status, 200);
    let record = &setup.records()[0];
    // Both are charged: the bound of the silent one, the truth of the other.
    assert_eq!(record.tokens.input + record.tokens.output, record.reserved_tokens + 13);
    assert_eq!(record.earlier_attempts[0].tokens.output, 100);
    assert_eq!(record.flags, [UsageFlag::Estimated]);
}

#[tokio::test]
async fn what_the_request_did_wrong_is_told_and_not_tried_elsewhere() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(two(&fake, 3)).await;
    fake.will_refuse(422, &[], "`tools` is malformed, see http://10.0.0.1/docs");
    let answer = setup.chat(json!({})).await;
    let message = answer.error(422, "c");
    assert_eq!(message, "the upstream refused the request: `tools` is malformed, see …");
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn the_providers_limits_are_not_the_callers() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let headers = [("retry-after", "7"), ("x-ratelimit-remaining-tokens", "0")];
    fake.will_refuse(429, &headers, "org limit");
    let answer = setup.chat(json!({})).await;
    answer.error(429, "upstream_rate_limited");
    assert_eq!(answer.headers["retry-after"], "7");
    assert!(!answer.headers.contains_key("x-ratelimit-remaining-tokens"));
    fake.will_refuse(429, &[("retry-after", "3600")], "org limit");
    let answer = setup.chat(json!({})).await;
    assert_eq!(answer.headers["x-should-retry"], "false");
    for status in [401, 402, 403] {
        fake.will_refuse(status, &[], "bad key sk-1234");
        let answer = setup.chat(json!({})).await;
        let message = answer.error(502, "upstream_auth");
        assert!(!message.contains("sk-"), "{message}");
        assert_eq!(answer.headers["x-should-retry"], "false");
    }
    fake.will_refuse(529, &[], "busy");
    setup.chat(json!({})).await.error(503, "upstream_overloaded");
}

#[tokio::test]
async fn a_cut_stream_ends_with_an_error_that_sdks_raise() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(two(&fake, 3)).await;
    for cut in [true, false] {
        let pieces = fake.will_stream();
        pieces.send(chunk("one")).await.unwrap();
        let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
        next(&mut response).await;
        pieces.send(chunk(" two")).await.unwrap();
        next(&mut response).await;
        if cut {
            pieces.send(Piece::Cut).await.unwrap();
        }
        drop(pieces);
        let rest = Answer::read(response).await;
        assert!(rest.text().starts_with("data: {\"error\":{\"code\":\"upstream_error\""), "{rest:?}");
    }
    assert_eq!(fake.seen().len(), 2, "nothing is tried again after the first byte");
    for record in setup.records() {
        assert_eq!((record.tokens.output, record.verdict.name()), (2, "upstream-error"));
        assert_eq!(record.flags, [UsageFlag::Estimated]);
    }
}

#[tokio::test]
async fn a_stream_that_has_counted_needs_no_last_event() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let pieces = fake.will_stream();
    for piece in [chunk("one"), usage_chunk(10, 1)] {
        pieces.send(piece).await.unwrap();
    }
    drop(pieces);
    let answer = setup.chat(json!({"stream": true})).await;
    assert!(!answer.text().contains("error"));
    assert_eq!(setup.records()[0].tokens.output, 1);
}

#[tokio::test]
async fn a_cut_document_is_not_taken_for_whole() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let (sender, pieces) = tokio::sync::mpsc::channel(4);
    fake.will(Script::Stream { headers: vec![("content-type", "application/json")], pieces });
    sender.send(Piece::Data("{\"choices\":[{\"message\":{\"content\":\"one two".into())).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({})).to_string()).await;
    next(&mut response).await;
    sender.send(Piece::Cut).await.unwrap();
    assert!(response.into_body().collect().await.is_err());
    let record = setup.recorded(1).await.remove(0);
    assert!(record.tokens.output > 0 && record.flags == [UsageFlag::Estimated]);
}

#[tokio::test]
async fn the_whole_answer_has_its_time() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.manifest.models[0].total_timeout_ms = 200;
    let setup = Setup::start(policy).await;
    let pieces = fake.will_stream();
    pieces.send(chunk("one")).await.unwrap();
    let answer = setup.chat(json!({"stream": true})).await;
    assert!(answer.text().contains("\"code\":\"upstream_timeout\""));
    assert_eq!(setup.records()[0].verdict.name(), "upstream-timeout");
    fake.abandoned(1).await;
}

#[tokio::test]
async fn a_missing_credential_fails_or_is_simulated() {
    let mut azure = provider("azure", ProviderType::AzureOpenai, "https://nowhere.example".into());
    azure.credential = Some(secret());
    let setup = Setup::start(policy(vec![azure.clone()])).await;
    let message = setup.chat(json!({})).await.error(502, "upstream_auth");
    assert_eq!(message, "the credential of provider `azure` is missing");
    let setup = Setup::start_with(policy(vec![azure]), |config| {
        config.missing_credentials = MissingCredentials::Simulate;
    })
    .await;
    let answer = setup.chat(json!({})).await;
    assert!(answer.text().contains("simulated"));
    assert_eq!(setup.gateway.stand_ins(), ["azure: no credential `vllm/api-key`, the simulator answers in its place"]);
}

#[tokio::test]
async fn a_type_that_is_not_spoken_is_refused_clearly_or_passed_over() {
    let bedrock = provider("aws", ProviderType::Bedrock, String::new());
    let setup = Setup::start(policy(vec![bedrock.clone()])).await;
    let message = setup.chat(json!({})).await.error(501, "upstream_type_not_supported");
    assert_eq!(message, "upstream type not supported yet: `bedrock` of provider `aws`");
    assert_eq!(setup.gateway.stand_ins(), ["aws: upstream type not supported yet: `bedrock`"]);
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![bedrock, vllm(&fake)])).await;
    assert_eq!(setup.chat(json!({})).await.status, 200);
}

#[tokio::test]
async fn the_simulators_faults_are_a_providers() {
    let settings = Simulator {
        latency_ms: 1,
        tokens_per_second: 100_000,
        faults: vec![Fault { every: 2, status: 503 }, Fault { every: 3, status: 0 }],
    };
    let mut policy = policy(vec![simulator(settings)]);
    policy.manifest.models[0].retry_on.clear();
    let setup = Setup::start(policy).await;
    assert_eq!(setup.chat(json!({"stream": true})).await.status, 200);
    setup.chat(json!({"stream": true})).await.error(503, "upstream_overloaded");
    assert!(setup.chat(json!({"stream": true})).await.text().contains("upstream_error"));
}
