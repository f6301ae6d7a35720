//! A workspace becomes a bundle, a gateway runs it, a client talks to it over loopback.
#![expect(clippy::disallowed_methods, reason = "reads what the gateway writes")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends where its harness cannot go on")]

use std::path::Path;

use maas_gateway::{BundleSource, Gateway, MAX_REQUEST_BYTES, MissingCredentials, RunConfig, RunningGateway};
use maas_schemas::provenance::Provenance;
use maas_tests::workspaces::from_texts;
use maasc_backend::wasm::{Exports, compile};
use maasc_diagnostics::Diagnostics;
use maasc_ir::eval::Reference;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const WORKSPACE: &str = "\
apiVersion: maasc.dev/v1alpha1
kind: Organization
metadata: {name: acme}
spec: {currency: EUR, timeZone: Europe/Berlin}
---
apiVersion: maasc.dev/v1alpha1
kind: Team
metadata: {name: red}
spec: {costCentre: '4711'}
---
apiVersion: maasc.dev/v1alpha1
kind: Team
metadata: {name: blue}
spec: {costCentre: '4712'}
---
apiVersion: maasc.dev/v1alpha1
kind: Provider
metadata: {name: lab}
spec: {type: simulator}
---
apiVersion: maasc.dev/v1alpha1
kind: Model
metadata: {name: granite}
spec:
  owner: red
  aliases: [granite-latest]
  endpoints: [chat, embeddings]
  exposure: internal
  dataClass: internal
  lifecycle: {stage: approved}
  contextWindow: 8k
  maxOutputTokens: 64
  price: {input: 1.00, output: 2.00}
  upstreams: [{provider: lab, model: granite-3}]
---
apiVersion: maasc.dev/v1alpha1
kind: Model
metadata: {name: secret}
spec:
  owner: blue
  visibility: hidden
  endpoints: [chat]
  exposure: internal
  dataClass: internal
  lifecycle: {stage: approved}
  contextWindow: 8k
  maxOutputTokens: 64
  price: {input: 1.00, output: 2.00}
  upstreams: [{provider: lab, model: secret-1}]
---
apiVersion: maasc.dev/v1alpha1
kind: Subscription
metadata: {name: red-standard}
spec:
  teams: [red]
  models: [granite]
  limits:
    - {requests: 3, per: month, scope: team}
    - {tokens: 100k, per: month, scope: team, over: subscription}
---
apiVersion: maasc.dev/v1alpha1
kind: Subscription
metadata: {name: blue-standard}
spec:
  teams: [blue]
  models: [granite, secret]
  limits:
    - {tokens: 100k, per: month, scope: team, over: subscription}
";

/// Compiles the workspace, with `change` made to its text.
fn bundle(change: impl Fn(&str) -> String) -> (Vec<u8>, Provenance) {
    let compiled = from_texts(&[("policy.yaml", &change(WORKSPACE))]);
    let findings = maas_tests::workspaces::findings(&compiled);
    let built = compiled.built.first().unwrap_or_else(|| panic!("nothing was built:\n{findings}"));
    let mut acc = Diagnostics::default();
    let module = compile(built, Exports::Maas, &mut Reference::new(&built.ir), &mut acc);
    let module = module.unwrap_or_else(|| panic!("no module:\n{findings}"));
    let mut provenance = compiled.provenance(built, None);
    provenance.bundle.clone_from(&module.digest);
    (module.bytes, provenance)
}

async fn start(state: &Path) -> RunningGateway {
    let (wasm, provenance) = bundle(str::to_owned);
    let config = RunConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin: None,
        state: state.to_owned(),
        credentials: None,
        bundle: BundleSource::Bytes { wasm, provenance: Some(provenance) },
        max_request_bytes: MAX_REQUEST_BYTES,
        missing_credentials: MissingCredentials::Refuse,
    };
    Gateway::start(config).await.unwrap()
}

struct Answer {
    status: u16,
    body: Value,
}

async fn ask(gateway: &RunningGateway, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    let body = if method == "GET" { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(gateway.local_address()).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, body: serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")) }
}

async fn key(gateway: &RunningGateway, team: &str) -> String {
    let issued = gateway.demonstration_key(team, &format!("{team}-standard")).await.unwrap();
    issued.text.expose_secret().to_owned()
}

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "hello"}]})
}

const CHAT: &str = "/v1/chat/completions";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_policy_says_is_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = start(folder.path()).await;
    let (red, blue) = (key(&gateway, "red").await, key(&gateway, "blue").await);

    let answer = ask(&gateway, &red, "POST", CHAT, &chat("granite-latest")).await;
    assert_eq!((answer.status, &answer.body["model"]), (200, &json!("granite-3")));
    let models = async |key: &str| {
        let list = ask(&gateway, key, "GET", "/v1/models", &Value::Null).await;
        list.body["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(models(&red).await, ["granite", "granite-latest"]);
    assert_eq!(models(&blue).await, ["granite", "granite-latest", "secret"]);

    let hidden = ask(&gateway, &red, "POST", CHAT, &chat("secret")).await;
    let nothing = ask(&gateway, &red, "POST", CHAT, &chat("nothin")).await;
    assert_eq!((hidden.status, nothing.status), (404, 404));
    assert_eq!(hidden.body.to_string().replace("secret", "nothin"), nothing.body.to_string());
    let endpoint = ask(&gateway, &red, "POST", "/v1/responses", &json!({"model": "granite", "input": "x"})).await;
    assert_eq!(endpoint.body["error"]["code"], "endpoint_not_served");

    // The third request of the month is the last.
    for expected in [200, 200, 429] {
        let answer = ask(&gateway, &red, "POST", CHAT, &chat("granite")).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
        if expected == 429 {
            let line = 1 + WORKSPACE.lines().position(|line| line.contains("requests: 3")).unwrap();
            assert_eq!(answer.body["error"]["param"], format!("policy.yaml:{line}"));
            assert_eq!(answer.body["error"]["code"], "insufficient_quota");
        }
    }
    assert_eq!(ask(&gateway, &blue, "POST", CHAT, &chat("secret")).await.status, 200);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_numbers_keeps_what_was_counted() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = start(folder.path()).await;
    let red = key(&gateway, "red").await;
    for _ in 0..3 {
        assert_eq!(ask(&gateway, &red, "POST", CHAT, &chat("granite")).await.status, 200);
    }
    assert_eq!(ask(&gateway, &red, "POST", CHAT, &chat("granite")).await.status, 429);
    let (wasm, provenance) = bundle(|text| text.replace("requests: 3", "requests: 4"));
    gateway.bundles().swap(wasm, Some(provenance)).await.unwrap();
    assert_eq!(ask(&gateway, &red, "POST", CHAT, &chat("granite")).await.status, 200);
    assert_eq!(ask(&gateway, &red, "POST", CHAT, &chat("granite")).await.status, 429);
    gateway.shutdown().await;

    // And so does a restart.
    let gateway = start(folder.path()).await;
    assert_eq!(ask(&gateway, &red, "POST", CHAT, &chat("granite")).await.status, 429);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = start(folder.path()).await;
    let red = key(&gateway, "red").await;
    ask(&gateway, &red, "POST", CHAT, &chat("granite")).await;
    gateway.shutdown().await;
    let secret = red.split('_').nth(2).unwrap().as_bytes();
    let mut folders = vec![folder.path().to_owned()];
    let mut n_files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            n_files += 1;
            let bytes = std::fs::read(&path).unwrap();
            let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
            assert!(!holds(secret), "{}", path.display());
            assert!(!holds(b"hello"), "the prompt is in {}", path.display());
        }
    }
    assert!(n_files >= 5, "{n_files}");
}
