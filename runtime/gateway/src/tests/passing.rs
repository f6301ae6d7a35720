//! What passes, and what is changed on the way.

use http_body_util::BodyExt;
use maas_schemas::abi::Measure;
use maas_schemas::bundle::{Parameter, ProviderType, Simulator};
use serde_json::{Value, json};

use super::provider::{FakeProvider, Piece, chat_answer, chunk, done, usage_chunk};
use super::setup::{Answer, Setup, chat, limit, next, policy, provider, secret, simulator, vllm};

const FAST: Simulator = Simulator { latency_ms: 0, tokens_per_second: 0, faults: Vec::new() };

#[tokio::test]
async fn a_whole_answer_passes_byte_for_byte() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.limits = vec![limit(Measure::Tokens, 10_000), limit(Measure::Requests, 5)];
    let setup = Setup::start(policy).await;
    let body = "{ \"usage\": {\"prompt_tokens\":7,\"completion_tokens\":5}, \"odd\" : [1,  2], \"choices\":[] }";
    fake.will(super::provider::Script::Answer {
        status: 200,
        headers: vec![
            ("content-type", "application/json"),
            ("x-ratelimit-remaining-tokens", "1"),
            ("set-cookie", "a=b"),
            ("openai-organization", "secret"),
            ("x-request-id", "theirs"),
        ],
        body: body.into(),
    });
    let answer = setup.chat(json!({"temperature": 0.5})).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, body));
    assert_eq!(answer.headers["x-maas-subscription"], "red-standard");
    assert_eq!(answer.headers["x-maas-output-cap"], "100");
    assert_eq!(answer.headers["x-maas-policy"].len(), 12);
    assert_eq!(answer.headers["x-ratelimit-limit-tokens"], "10000");
    assert_eq!(answer.headers["x-ratelimit-remaining-requests"], "4");
    assert_eq!(answer.headers["x-request-id"], answer.headers["request-id"]);
    for name in ["set-cookie", "openai-organization", "server"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }

    let seen = &fake.seen()[0];
    assert_eq!(seen.path, "/v1/chat/completions");
    assert_eq!(seen.body, {
        let mut expected = chat(json!({"temperature": 0.5, "max_tokens": 100}));
        expected["model"] = "real-0".into();
        expected
    });
    for name in ["authorization", "x-api-key", "cookie", "x-maas-subscription"] {
        assert!(!seen.headers.contains_key(name), "{name}");
    }

    let record = &setup.records()[0];
    assert_eq!((record.tokens.input, record.tokens.output), (7, 5));
    assert_eq!((record.team.as_str(), record.model.as_str(), record.cost_centre.as_str()), ("red", "granite", "4711"));
    assert_eq!((record.provider.as_str(), record.provider_model.as_str()), ("vllm", "real-0"));
    assert_eq!((record.status, record.rule.as_str()), (200, "teams/red.yaml:10"));
    assert!(record.flags.is_empty());
    assert_eq!(record.request_id, answer.headers["x-request-id"]);
}

#[tokio::test]
async fn a_stream_passes_as_it_comes_and_hides_what_was_not_asked_for() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    for asked in [false, true] {
        let pieces = fake.will_stream();
        pieces.send(chunk("one")).await.unwrap();
        let extra = if asked { json!({"include_usage": true}) } else { Value::Null };
        let body = chat(json!({"stream": true, "stream_options": extra})).to_string();
        let mut response = setup.send("POST", "/v1/chat/completions", body).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        // The first event is here although the provider has not sent the second.
        assert!(next(&mut response).await.contains("\"one\""));
        pieces.send(chunk(" two")).await.unwrap();
        assert!(next(&mut response).await.contains("\" two\""));
        for piece in [usage_chunk(9, 2), done()] {
            pieces.send(piece).await.unwrap();
        }
        drop(pieces);
        let rest = Answer::read(response).await;
        assert_eq!(rest.text().contains("usage"), asked);
        assert!(rest.text().ends_with("data: [DONE]\n\n"));
    }
    for record in setup.records() {
        assert_eq!((record.tokens.input, record.tokens.output), (9, 2));
        assert_eq!(record.provider_model, "real-model-2026");
        assert!(record.stream && record.first_byte_ms.is_some());
    }
    for seen in fake.seen() {
        assert_eq!(seen.body["stream_options"]["include_usage"], true);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_stream_although_one_was_asked_for_is_metered_too() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    fake.will_answer(&chat_answer("x", 8, 4));
    let answer = setup.chat(json!({"stream": true})).await;
    assert_eq!(answer.json()["usage"]["total_tokens"], 12);
    assert_eq!(setup.records()[0].tokens.output, 4);
}

#[tokio::test]
async fn the_credential_goes_to_the_provider_and_nowhere_else() {
    let fake = FakeProvider::start().await;
    let with_key = |name: &str, kind| {
        let mut provider = provider(name, kind, fake.url());
        provider.credential = Some(secret());
        provider.headers.insert("x-extra".into(), "1".into());
        provider
    };
    for (kind, header, value) in
        [(ProviderType::Vllm, "authorization", "Bearer s3cret"), (ProviderType::AzureOpenai, "api-key", "s3cret")]
    {
        let setup = Setup::start_with(policy(vec![with_key("p", kind)]), |config| {
            let folder = config.credentials.clone().unwrap().join("vllm");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("api-key"), "s3cret\n").unwrap();
        })
        .await;
        let answer = setup.chat(json!({})).await;
        assert_eq!(answer.status, 200);
        let seen = fake.seen().pop().unwrap();
        assert_eq!(seen.headers[header], value);
        assert_eq!(seen.headers["x-extra"], "1");
        assert!(!format!("{:?}", setup.gateway).contains("s3cret"));
    }
}

#[tokio::test]
async fn parameters_are_bounded_and_filled_in() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    let text = |text: &str| Some(text.to_owned());
    policy.manifest.models[0].parameters = [
        ("temperature".to_owned(), Parameter { min: text("0"), max: text("1.5"), default: text("0.7") }),
        ("n".to_owned(), Parameter { min: None, max: text("2"), default: None }),
    ]
    .into();
    let setup = Setup::start(policy).await;
    let message = setup.chat(json!({"temperature": 1.6})).await.error(400, "parameter_out_of_bounds");
    assert_eq!(message, "`temperature` must be between 0 and 1.5 for model `granite`");
    setup.chat(json!({"n": 3})).await.error(400, "parameter_out_of_bounds");
    assert_eq!(setup.chat(json!({"n": 2})).await.status, 200);
    assert_eq!(fake.seen().len(), 1);
    assert_eq!(fake.seen()[0].body["temperature"], 0.7);
}

#[tokio::test]
async fn what_needs_no_change_reaches_the_provider_byte_for_byte() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let body = r#"{"max_tokens":100, "messages":[ {"role":"user","content":"\u0041"} ],"model":"granite"}"#;
    let answer = Answer::read(setup.send("POST", "/v1/chat/completions", body).await).await;
    assert_eq!(answer.status, 200);
    assert_eq!(fake.seen()[0].raw, body.replace("granite", "real-0").replace(", \"messages", ",\"messages"));
}

#[tokio::test]
async fn the_simulator_answers_every_endpoint() {
    let setup = Setup::start(policy(vec![simulator(FAST)])).await;
    let answer = setup.chat(json!({})).await;
    let content = answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(content.contains("simulated"), "{content}");
    let streamed = setup.chat(json!({"stream": true, "max_tokens": 5})).await;
    assert!(streamed.text().contains("\"finish_reason\":\"length\""));
    assert!(!streamed.text().contains("usage"));
    for (path, body) in [
        ("/v1/completions", json!({"model": "granite", "prompt": "hello"})),
        ("/v1/embeddings", json!({"model": "granite", "input": ["a", "b"]})),
        ("/v1/responses", json!({"model": "granite", "input": "hello"})),
        ("/v1/responses", json!({"model": "granite", "input": "hello", "stream": true})),
    ] {
        let answer = Answer::read(setup.send("POST", path, body.to_string()).await).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    let records = setup.records();
    assert_eq!(records.len(), 6);
    for record in &records {
        assert!(record.tokens.input > 0 && record.flags.is_empty(), "{record:?}");
    }
    assert_eq!(records[1].tokens.output, 5);
}

#[tokio::test]
async fn models_are_those_of_the_caller() {
    let mut policy = policy(vec![simulator(FAST)]);
    policy.manifest.models[0].aliases = vec!["granite/latest".into()];
    let setup = Setup::start(policy).await;
    let answer = Answer::read(setup.send("GET", "/v1/models", "").await).await;
    let ids: Vec<Value> = answer.json()["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect();
    assert_eq!(ids, ["granite", "granite/latest"]);
    let one = Answer::read(setup.send("GET", "/v1/models/granite%2Flatest", "").await).await;
    assert_eq!(one.json()["id"], "granite/latest");
    let hidden = Answer::read(setup.send("GET", "/v1/models/hidden", "").await).await;
    hidden.error(404, "model_not_found");
    assert!(setup.records().is_empty());
}

#[tokio::test]
async fn a_slow_reader_slows_the_provider() {
    let fake = FakeProvider::start().await;
    let mut policy = policy(vec![vllm(&fake)]);
    policy.manifest.models[0].max_output_tokens = u32::MAX;
    let setup = Setup::start(policy).await;
    let pieces = fake.will_stream();
    let large = "x".repeat(60_000);
    let mut sent = 0;
    pieces.send(chunk("a")).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
    // Without a reader everything between fills up: the channel, two sockets, and nothing without a bound.
    let full = async {
        loop {
            pieces.send(chunk(&large)).await.unwrap();
            sent += 1;
            assert!(sent < 2_000, "120 MB went somewhere");
        }
    };
    assert!(tokio::time::timeout(std::time::Duration::from_millis(500), full).await.is_err());
    drop(pieces);
    let mut received = 0;
    while let Some(frame) = response.body_mut().frame().await {
        received += frame.unwrap().into_data().unwrap().len();
    }
    assert!(received >= sent * large.len(), "{received} of {sent}");
}

#[tokio::test]
async fn responses_are_passed_through() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let pieces = fake.will_stream();
    let events = [
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":6,\"output_tokens\":1}}}\n\n",
    ];
    for event in events {
        pieces.send(Piece::Data(event.into())).await.unwrap();
    }
    drop(pieces);
    let body = json!({"model": "granite", "input": "x", "stream": true}).to_string();
    let answer = Answer::read(setup.send("POST", "/v1/responses", body).await).await;
    assert_eq!(answer.text(), events.concat());
    assert_eq!(fake.seen()[0].body["max_output_tokens"], 100);
    assert_eq!(setup.records()[0].tokens.input, 6);
}
