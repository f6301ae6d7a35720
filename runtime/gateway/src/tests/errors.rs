//! Refusals: status, code, message, headers, and that nothing reached a provider.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::provider::FakeProvider;
use super::setup::{Answer, Client, Setup, chat, policy, vllm};

async fn setup() -> (FakeProvider, Setup) {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    (fake, setup)
}

#[tokio::test]
async fn paths_methods_and_bodies() {
    let (fake, setup) = setup().await;
    for (method, path, body, status, code) in [
        ("POST", "/v1/unknown", "{}", 404, "unknown_url"),
        ("GET", "/", "", 404, "unknown_url"),
        ("GET", "/v1/chat/completions", "", 405, "method_not_supported"),
        ("DELETE", "/v1/models", "", 405, "method_not_supported"),
        ("POST", "/v1/chat/completions", "{", 400, "invalid_json"),
        ("POST", "/v1/chat/completions", "", 400, "invalid_json"),
        ("POST", "/v1/chat/completions", "{\"messages\":[]}", 400, "missing_required_parameter"),
        ("POST", "/v1/chat/completions", "{\"model\":7}", 400, "invalid_type"),
        ("POST", "/v1/embeddings", "{\"model\":\"granite\"}", 400, "missing_required_parameter"),
    ] {
        let answer = Answer::read(setup.send(method, path, body).await).await;
        answer.error(status, code);
        if status == 405 {
            assert_eq!(answer.headers["allow"], if path.ends_with("models") { "GET" } else { "POST" });
        }
    }
    assert!(fake.seen().is_empty());
    assert!(setup.records().is_empty(), "the policy was not asked");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_declared_or_not() {
    let (fake, setup) = setup().await;
    let body = chat(json!({"padding": "x".repeat(100_000)})).to_string();
    let answer = Answer::read(setup.send("POST", "/v1/chat/completions", body.clone()).await).await;
    answer.error(413, "request_too_large");

    // The same in chunks, without a length.
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(setup.gateway.local_address()).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\n\r\n",
        setup.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn who_is_nobody_gets_401_before_anything_is_read() {
    let (fake, setup) = setup().await;
    let key = setup.key.clone();
    let other = setup.gateway.demonstration_key("red", "red-standard").await.unwrap();
    let other = secrecy::ExposeSecret::expose_secret(&other.text).to_owned();
    let mut wrong = key.clone();
    wrong.pop();
    let cases: Vec<Vec<(&str, String)>> = vec![
        vec![],
        vec![("authorization", "Bearer nonsense".into())],
        vec![("authorization", format!("Bearer {wrong}"))],
        vec![("authorization", format!("Basic {key}"))],
        vec![("authorization", format!("Bearer {key}")), ("x-api-key", other)],
    ];
    for headers in cases {
        let mut request = Request::post("/v1/chat/completions").header("host", "g");
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(chat(json!({})).to_string()))).unwrap();
        let answer = Client::connect(setup.gateway.local_address()).await.send(request).await;
        let answer = Answer::read(answer).await;
        let message = answer.error(401, "invalid_api_key");
        assert!(!message.contains(&key));
    }
    let id = setup.gateway.keys().list(&crate::keys::KeyFilter::default()).await.unwrap().remove(0).id;
    for id in [id] {
        setup.gateway.keys().revoke(&id, crate::now_ms()).await.unwrap();
    }
    assert!(fake.seen().is_empty());
    let models = Answer::read(
        Client::connect(setup.gateway.local_address())
            .await
            .send(Request::get("/v1/models").header("host", "g").body(Full::default()).unwrap())
            .await,
    )
    .await;
    models.error(401, "invalid_api_key");
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let (_fake, setup) = setup().await;
    assert_eq!(setup.chat(json!({})).await.status, 200);
    let key = setup.gateway.keys().list(&crate::keys::KeyFilter::default()).await.unwrap().remove(0);
    setup.gateway.keys().revoke(&key.id, crate::now_ms()).await.unwrap();
    let message = setup.chat(json!({})).await.error(401, "invalid_api_key");
    assert_eq!(message, "the API key was revoked");
}

#[tokio::test]
async fn what_is_hidden_and_what_does_not_exist_look_the_same() {
    let (fake, setup) = setup().await;
    let bodies = |answer: &Answer, name: &str| answer.text().replace(name, "NAME");
    let hidden = setup.chat(json!({"model": "hidden"})).await;
    let nothing = setup.chat(json!({"model": "nothing"})).await;
    hidden.error(404, "model_not_found");
    assert_eq!(bodies(&hidden, "hidden"), bodies(&nothing, "nothing"));
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&hidden), names(&nothing));
    let records = setup.records();
    assert_eq!(records[0].verdict.name(), "not-granted");
    assert_eq!(records[0].rule, "teams/red.yaml:11");
    assert_eq!(records[1].verdict.name(), "unknown-model");
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_listed_model_says_which_line_to_ask_for() {
    let (_fake, setup) = setup().await;
    let answer = setup.chat(json!({"model": "listed"})).await;
    let message = answer.error(403, "model_not_allowed");
    assert_eq!(message, "no subscription of team `red` grants model `listed` (teams/red.yaml:11)");
    assert_eq!(answer.json()["error"]["param"], "teams/red.yaml:11");
    setup.chat(json!({"model": "retired"})).await.error(404, "model_retired");
}

#[tokio::test]
async fn a_key_is_bound_to_its_subscription() {
    let (fake, setup) = setup().await;
    let mut request = setup.request("POST", "/v1/chat/completions", chat(json!({})).to_string());
    request.headers_mut().insert("x-maas-subscription", "blue".parse().unwrap());
    let answer = Answer::read(Client::connect(setup.gateway.local_address()).await.send(request).await).await;
    answer.error(403, "model_not_allowed");
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_client_cannot_smuggle_a_second_model() {
    let (fake, setup) = setup().await;
    let body = r#"{"model":"granite","messages":[],"mod\u0065l":"hidden"}"#;
    let answer = Answer::read(setup.send("POST", "/v1/chat/completions", body).await).await;
    answer.error(400, "duplicate_parameter");
    assert!(fake.seen().is_empty());
}
