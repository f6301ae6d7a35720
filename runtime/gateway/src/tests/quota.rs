//! Limits hold under concurrency, and every path gives back what it does not use.

use maas_schemas::abi::{LIMIT_SHORTEN, Measure};
use maas_schemas::usage::UsageFlag;
use serde_json::json;
use tokio::task::JoinSet;

use super::provider::{FakeProvider, Script, chat_answer, chunk};
use super::setup::{Client, Setup, chat, limit, next, policy, vllm};

/// What one request of the tests holds: bytes of the body and constants, and the cap.
async fn bound_of_one(extra: serde_json::Value) -> u64 {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    setup.chat(extra).await;
    setup.records()[0].reserved_tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_never_overshoot() {
    let one = bound_of_one(json!({"max_tokens": 50})).await;
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    // Room for ten and a half; the provider uses every bit of what it may.
    policy.limits = vec![limit(Measure::Tokens, one * 10 + one / 2)];
    let setup = std::sync::Arc::new(Setup::start(policy).await);
    for _ in 0..50 {
        fake.will_answer(&chat_answer("x", one - 50, 50));
    }
    let mut requests = JoinSet::new();
    for _ in 0..50 {
        let setup = std::sync::Arc::clone(&setup);
        requests.spawn(async move { setup.chat(json!({"max_tokens": 50})).await });
    }
    let answers = requests.join_all().await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((served, fake.seen().len()), (10, 10));
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        // While others are in flight it may yet fit, so it is asked to come back soon; once they are charged it cannot.
        let retry_after: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        let message = if answer.json()["error"]["code"] == "rate_limit_exceeded" {
            assert!(retry_after <= 3 && !answer.headers.contains_key("x-should-retry"), "{retry_after}");
            answer.error(429, "rate_limit_exceeded")
        } else {
            assert!(retry_after > 120);
            assert_eq!(answer.headers["x-should-retry"], "false");
            answer.error(429, "insufficient_quota")
        };
        assert!(message.contains("red-standard tokens per day") && message.contains("teams/red.yaml:12"), "{message}");
        assert_eq!(answer.json()["error"]["param"], "teams/red.yaml:12");
    }
    let late = setup.chat(json!({"max_tokens": 50})).await;
    late.error(429, "insufficient_quota");
    assert_eq!(late.headers["x-should-retry"], "false");
    let charged: u64 = setup.records().iter().map(|record| record.tokens.input + record.tokens.output).sum();
    assert_eq!(charged, one * 10);
}

#[tokio::test]
async fn what_is_not_used_is_given_back() {
    let one = bound_of_one(json!({})).await;
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.limits = vec![limit(Measure::Tokens, one + 30)];
    let setup = Setup::start(policy).await;
    // Each uses 13 of its bound, so three fit one after the other and the fourth is shortened.
    for _ in 0..3 {
        assert_eq!(setup.chat(json!({})).await.status, 200);
    }
    let shortened = setup.chat(json!({})).await;
    assert_eq!(shortened.status, 200);
    assert_eq!(fake.seen()[3].body["max_tokens"], 100 + 30 - 3 * 13);
    assert_eq!(shortened.headers["x-maas-output-cap"], "91");
    assert!(setup.records()[3].flags.contains(&UsageFlag::Shortened));
    // A cap that the client asked for is not shortened unless the subscription says so.
    setup.chat(json!({"max_tokens": 100})).await.error(429, "insufficient_quota");
}

#[tokio::test]
async fn a_cap_that_was_asked_for_shrinks_where_the_subscription_says_so() {
    let one = bound_of_one(json!({"max_tokens": 100})).await;
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    let mut tokens = limit(Measure::Tokens, one - 40);
    tokens.flags = LIMIT_SHORTEN;
    policy.limits = vec![tokens];
    let setup = Setup::start(policy).await;
    assert_eq!(setup.chat(json!({"max_tokens": 100})).await.status, 200);
    assert_eq!(fake.seen()[0].body["max_tokens"], 60);
}

#[tokio::test]
async fn a_request_that_can_never_fit_is_a_mistake_of_the_request() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.limits = vec![limit(Measure::Tokens, 50)];
    let setup = Setup::start(policy).await;
    setup.chat(json!({})).await.error(400, "request_exceeds_limit");
    assert_eq!(setup.records()[0].verdict.name(), "request-exceeds-limit");
}

#[tokio::test]
async fn several_answers_are_several_caps() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    setup.chat(json!({"n": 4, "max_tokens": 50})).await;
    let record = &setup.records()[0];
    let body = chat(json!({"n": 4, "max_tokens": 50})).to_string();
    assert_eq!(record.reserved_tokens, body.len() as u64 + 64 + 16 + 200);
}

#[tokio::test]
async fn slots_come_back_from_every_end() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.limits = vec![limit(Measure::Concurrency, 1)];
    policy.manifest.models[0].first_byte_timeout_ms = 50;
    let setup = Setup::start(policy).await;
    // Taken while one is in flight.
    let pieces = fake.will_stream();
    pieces.send(chunk("one")).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
    next(&mut response).await;
    let refused = setup.chat(json!({})).await;
    refused.error(429, "concurrency_limit");
    assert!(refused.headers.contains_key("retry-after") && !refused.headers.contains_key("x-should-retry"));
    // The client leaves.
    drop(response);
    fake.abandoned(1).await;
    setup.recorded(2).await;
    // An answer, a refusal of the provider, a broken connection, silence, a client that leaves before an answer.
    assert_eq!(setup.chat(json!({})).await.status, 200);
    fake.will_refuse(400, &[], "bad");
    setup.chat(json!({})).await.error(400, "c");
    fake.will(Script::Close);
    setup.chat(json!({})).await.error(502, "upstream_error");
    fake.will(Script::Hang);
    setup.chat(json!({"stream": true})).await.error(504, "upstream_timeout");
    fake.will(Script::Hang);
    let n = fake.seen().len() + 1;
    let request = setup.request("POST", "/v1/chat/completions", chat(json!({})).to_string());
    Client::connect(setup.gateway.local_address()).await.hang_up_when(request, fake.arrived(n)).await;
    setup.recorded(7).await;
    assert_eq!(setup.chat(json!({})).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_pays_for_what_was_made() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let pieces = fake.will_stream();
    for word in ["one", " two", " three"] {
        pieces.send(chunk(word)).await.unwrap();
    }
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
    let mut text = String::new();
    while !text.contains("three") {
        text.push_str(&next(&mut response).await);
    }
    drop(response);
    // The provider is told: it stops.
    fake.abandoned(1).await;
    let record = setup.recorded(1).await.remove(0);
    assert_eq!(record.verdict.name(), "client-gone");
    assert_eq!(record.tokens.output, 3);
    assert_eq!(record.tokens.input, record.reserved_tokens - 100);
    assert_eq!(record.flags, [UsageFlag::Estimated, UsageFlag::ClientGone]);
}

#[tokio::test]
async fn a_model_that_drains_is_read_to_its_end_without_a_client() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.manifest.models[0].on_disconnect = "drain".into();
    let setup = Setup::start(policy).await;
    // In the middle of a stream.
    let pieces = fake.will_stream();
    pieces.send(chunk("one")).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
    next(&mut response).await;
    drop(response);
    for piece in [chunk(" two"), super::provider::usage_chunk(9, 2), super::provider::done()] {
        pieces.send(piece).await.unwrap();
    }
    drop(pieces);
    let record = setup.recorded(1).await.remove(0);
    assert_eq!((record.tokens.input, record.tokens.output), (9, 2));
    assert_eq!(record.flags, [UsageFlag::ClientGone]);
    // Before the first byte.
    let pieces = fake.will_stream();
    let request = setup.request("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string());
    Client::connect(setup.gateway.local_address()).await.hang_up_when(request, fake.arrived(2)).await;
    for piece in [chunk("one"), super::provider::usage_chunk(9, 1), super::provider::done()] {
        pieces.send(piece).await.unwrap();
    }
    drop(pieces);
    let record = setup.recorded(2).await.remove(1);
    assert_eq!((record.tokens.input, record.tokens.output), (9, 1));
}

#[tokio::test]
async fn a_client_that_leaves_before_an_answer_pays_the_bound() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    fake.will(Script::Hang);
    let request = setup.request("POST", "/v1/chat/completions", chat(json!({})).to_string());
    Client::connect(setup.gateway.local_address()).await.hang_up_when(request, fake.arrived(1)).await;
    let record = setup.recorded(1).await.remove(0);
    assert_eq!(record.tokens.input + record.tokens.output, record.reserved_tokens);
    assert_eq!((record.status, record.verdict.name()), (0, "client-gone"));
}

#[tokio::test]
async fn a_provider_that_ignores_its_cap_is_cut() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let pieces = fake.will_stream();
    let body = chat(json!({"stream": true, "max_tokens": 3})).to_string();
    pieces.send(chunk("one")).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", body).await;
    next(&mut response).await;
    for word in [" two", " three", " four", " five", " six"] {
        // The gateway may have hung up already.
        drop(pieces.send(chunk(word)).await);
    }
    let rest = super::setup::Answer::read(response).await;
    assert!(rest.text().contains("\"finish_reason\":\"length\""), "{}", rest.text());
    assert!(rest.text().ends_with("data: [DONE]\n\n") && !rest.text().contains("error"));
    fake.abandoned(1).await;
    let record = &setup.records()[0];
    assert!((4..=6).contains(&record.tokens.output), "{record:?}");
    assert_eq!(record.flags, [UsageFlag::Estimated, UsageFlag::ProviderExceededCap]);
}

#[tokio::test]
async fn counts_that_cannot_be_true_are_not_believed() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let mut answer = chat_answer("one two three", 0, 0);
    fake.will_answer(&answer);
    setup.chat(json!({})).await;
    answer.as_object_mut().unwrap().remove("usage");
    fake.will_answer(&answer);
    setup.chat(json!({})).await;
    fake.will_answer(&chat_answer("x", 10, 5_000));
    setup.chat(json!({})).await;
    let records = setup.records();
    for record in &records[..2] {
        assert_eq!((record.tokens.input, record.tokens.output), (record.reserved_tokens - 100, 3));
        assert!(record.flags.contains(&UsageFlag::Estimated));
    }
    assert!(records[0].flags.contains(&UsageFlag::UsageInvalid));
    // More than the cap is charged as it is, and flagged.
    assert_eq!(records[2].tokens.output, 5_000);
    assert!(records[2].flags.contains(&UsageFlag::ProviderExceededCap));
}
