//! A gateway with a policy of our own making, and a client for it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use maas_schemas::abi::{Count, Measure, Over, Reason, Scope, WindowKind};
use maas_schemas::bundle::{
    Manifest, Model, OnStoreFailure, Provider, ProviderTls, ProviderType, SecretRef, Simulator, Subscription, Team,
    Upstream,
};
use maas_schemas::decision::{Decision, Limit, Request as Question, UpstreamChoice};
use maas_schemas::provenance::{Provenance, Source};
use maas_schemas::usage::UsageRecord;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

use super::provider::FakeProvider;
use crate::bundles::policy::{Policy, PolicyFailure};
use crate::bundles::swap::{Loader, digest};
use crate::config::{MissingCredentials, RunConfig};
use crate::{BundleSource, Gateway, RunningGateway};

/// The prompt that most tests send.
pub(super) fn chat(extra: Value) -> Value {
    let mut body = json!({"model": "granite", "messages": [{"role": "user", "content": "hello there"}]});
    for (name, value) in extra.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// A policy as a test writes it: the bytes of its bundle are its number in a list.
#[derive(Clone, Debug)]
pub(super) struct TestPolicy {
    pub(super) manifest: Manifest,
    pub(super) limits: Vec<Limit>,
    pub(super) upstreams: Vec<UpstreamChoice>,
    pub(super) fails: bool,
}

impl Policy for TestPolicy {
    fn decide(&self, question: &Question) -> Result<Decision, PolicyFailure> {
        if self.fails {
            return Err(PolicyFailure::Broken("unreachable".into()));
        }
        assert_eq!(question.teams, ["red"]);
        let known = |name: &str| self.manifest.models.iter().position(|model| model.name == name);
        let model = question.model.as_deref().unwrap_or_default();
        let refuse = |reason: Reason, http: u16| Decision {
            http,
            rule: Some(1),
            model: known(model).map(|index| index as u32),
            ..Decision::refusal(reason, false)
        };
        Ok(match model {
            "granite" => Decision {
                rule: Some(0),
                team: Some(0),
                subscription: Some(0),
                model: Some(0),
                limits: self.limits.clone(),
                upstreams: self.upstreams.clone(),
                ..Decision::refusal(Reason::Allow, false)
            },
            "listed" => refuse(Reason::NotGranted, 403),
            "hidden" => refuse(Reason::NotGranted, 404),
            "retired" => refuse(Reason::ModelRetired, 404),
            _ => Decision { rule: None, ..refuse(Reason::UnknownModel, 404) },
        })
    }

    fn visible(&self, _: &Question) -> Result<Vec<u32>, PolicyFailure> {
        if self.fails { Err(PolicyFailure::Broken("unreachable".into())) } else { Ok(vec![0]) }
    }
}

/// Bundles are numbers of policies.
#[derive(Debug, Default)]
pub(super) struct TestLoader {
    pub(super) policies: std::sync::Arc<Mutex<Vec<TestPolicy>>>,
}

impl Loader for TestLoader {
    fn load(&self, wasm: &[u8]) -> Result<(Box<dyn Policy>, Manifest), String> {
        let number: usize = std::str::from_utf8(wasm).unwrap().parse().map_err(|_| "not a number".to_owned())?;
        let policy = self.policies.lock().unwrap().get(number).cloned().ok_or("no such policy")?;
        Ok((Box::new(policy.clone()), policy.manifest))
    }
}

/// Returns a policy whose model `granite` is served by these providers, each its own tier.
pub(super) fn policy(providers: Vec<Provider>) -> TestPolicy {
    let upstreams =
        (0..providers.len()).map(|index| Upstream { provider: index as u32, model: format!("real-{index}") }).collect();
    let choices = (0..providers.len())
        .map(|index| UpstreamChoice { upstream: index as u32, weight: 1, tier: index as u8, flags: 0, rule: 0 })
        .collect();
    let model = |name: &str, hidden| Model {
        name: name.into(),
        aliases: vec![],
        description: String::new(),
        owner: "red".into(),
        hidden,
        endpoints: vec!["chat".into()],
        price: None,
        context_window: 0,
        max_output_tokens: 100,
        data_class: "public".into(),
        stage: "approved".into(),
        retires_at_ms: None,
        replaced_by: String::new(),
        first_byte_timeout_ms: 10_000,
        total_timeout_ms: 20_000,
        attempts: 1,
        retry_on: vec!["connect".into(), "429".into(), "5xx".into()],
        on_disconnect: "cancel".into(),
        parameters: BTreeMap::new(),
    };
    let manifest = Manifest {
        format: maas_schemas::bundle::FORMAT.into(),
        abi: maas_schemas::abi::ABI_VERSION,
        requires: vec![],
        compiler: "test".into(),
        ir_digest: String::new(),
        code_digest: String::new(),
        gateway: "test".into(),
        organization: "acme".into(),
        currency: "EUR".into(),
        time_zone: "Europe/Berlin".into(),
        on_store_failure: OnStoreFailure::Share,
        next_breakpoint_ms: None,
        identity_providers: vec![],
        administrators: vec![],
        teams: vec![Team {
            name: "red".into(),
            display_name: String::new(),
            cost_centre: "4711".into(),
            parent: None,
            user: false,
        }],
        subscriptions: vec![Subscription {
            name: "red-standard".into(),
            cost_centre: String::new(),
            purpose: String::new(),
            max_key_lifetime_s: 0,
            max_keys_per_user: 0,
        }],
        models: vec![model("granite", false), model("listed", false), model("hidden", true), model("retired", false)],
        providers,
        upstreams,
        prices: vec![],
        names: vec!["red-standard tokens per day".into()],
    };
    TestPolicy { manifest, limits: vec![], upstreams: choices, fails: false }
}

pub(super) fn provider(name: &str, kind: ProviderType, endpoint: String) -> Provider {
    Provider {
        name: name.into(),
        kind,
        endpoint,
        credential: None,
        region: String::new(),
        headers: BTreeMap::new(),
        tls: ProviderTls::default(),
        health: None,
        azure_api_version: String::new(),
        bedrock_region: String::new(),
        kserve: None,
        simulator: None,
        data_classes: vec![],
    }
}

pub(super) fn vllm(fake: &FakeProvider) -> Provider {
    provider("vllm", ProviderType::Vllm, fake.url())
}

pub(super) fn simulator(settings: Simulator) -> Provider {
    Provider { simulator: Some(settings), ..provider("simulator", ProviderType::Simulator, String::new()) }
}

pub(super) fn secret() -> SecretRef {
    SecretRef { secret: "vllm".into(), key: "api-key".into() }
}

/// A limit per day, so that no test crosses its end (but for one at midnight in Berlin, which is then all the wiser).
pub(super) fn limit(measure: Measure, amount: u64) -> Limit {
    Limit {
        key: 7 + u64::from(measure.code()),
        amount,
        window_s: 0,
        measure,
        count: if measure == Measure::Tokens { Count::Total } else { Count::None },
        scope: Scope::Team,
        over: Over::Subscription,
        window: if measure == Measure::Concurrency { WindowKind::None } else { WindowKind::Day },
        flags: 0,
        owner: None,
        name: 0,
        rule: 2,
    }
}

/// A running gateway, its state folder, and a key for it.
pub(super) struct Setup {
    pub(super) gateway: RunningGateway,
    pub(super) folder: tempfile::TempDir,
    pub(super) key: String,
    pub(super) policies: std::sync::Arc<Mutex<Vec<TestPolicy>>>,
}

pub(super) fn config(folder: &Path, number: usize) -> RunConfig {
    RunConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin: Some("127.0.0.1:0".parse().unwrap()),
        state: folder.join("state"),
        credentials: Some(folder.join("credentials")),
        bundle: BundleSource::Bytes { wasm: number.to_string().into(), provenance: Some(provenance(number)) },
        max_request_bytes: 100_000,
        missing_credentials: MissingCredentials::Refuse,
    }
}

pub(super) fn provenance(number: usize) -> Provenance {
    let line = |line| Source { file: "teams/red.yaml".into(), line, column: 1, document: "Team/red".into() };
    Provenance {
        bundle: digest(number.to_string().as_bytes()),
        rules: vec![line(10), line(11), line(12)],
        ..Provenance::default()
    }
}

impl Setup {
    pub(super) async fn start(policy: TestPolicy) -> Self {
        Self::start_with(policy, |_| {}).await
    }

    pub(super) async fn start_with(policy: TestPolicy, change: impl FnOnce(&mut RunConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path(), 0);
        change(&mut config);
        let loader = TestLoader::default();
        let policies = std::sync::Arc::clone(&loader.policies);
        policies.lock().unwrap().push(policy);
        let gateway = Gateway::start_with(config, Box::new(loader)).await.unwrap();
        let key = gateway.demonstration_key("red", "red-standard").await.unwrap();
        let key = key.text.expose_secret().to_owned();
        Self { gateway, folder, key, policies }
    }

    /// Sends a request and returns the head of the answer, with the body to come.
    pub(super) async fn send(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Response<Incoming> {
        let request = self.request(method, path, body);
        Client::connect(self.gateway.local_address()).await.send(request).await
    }

    pub(super) fn request(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "gateway")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.key))
            .body(Full::new(body.into()))
            .unwrap()
    }

    pub(super) async fn chat(&self, extra: Value) -> Answer {
        Answer::read(self.send("POST", "/v1/chat/completions", chat(extra).to_string()).await).await
    }

    pub(super) async fn admin(&self, path: &str) -> Answer {
        let request = Request::builder().uri(path).header("host", "admin").body(Full::default()).unwrap();
        let address = self.gateway.admin_address().unwrap();
        Answer::read(Client::connect(address).await.send(request).await).await
    }

    pub(super) fn records(&self) -> Vec<UsageRecord> {
        let mut records = Vec::new();
        self.gateway.ledger().read(0, i64::MAX, &mut |record| records.push(record)).unwrap();
        records
    }

    /// Waits until so many requests are written down: a client that has left cannot be told.
    pub(super) async fn recorded(&self, n: usize) -> Vec<UsageRecord> {
        let wait = async {
            loop {
                let records = self.records();
                if records.len() >= n {
                    return records;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), wait).await.unwrap()
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) async fn read(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: head.status, headers: head.headers, body }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Checks an error in OpenAI's shape and returns its message.
    #[track_caller]
    pub(super) fn error(&self, status: u16, code: &str) -> String {
        let body = self.json();
        let error = &body["error"];
        assert_eq!((self.status.as_u16(), error["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(self.headers["content-type"], "application/json");
        assert!(self.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
        error["message"].as_str().unwrap().to_owned()
    }
}

/// One connection.
pub(super) struct Client {
    sender: hyper::client::conn::http1::SendRequest<Full<Bytes>>,
    tracker: TaskTracker,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let tracker = TaskTracker::new();
        // The connection lives as long as somebody reads from it.
        tracker.spawn(async move { drop(connection.await) });
        Self { sender, tracker }
    }

    pub(super) async fn send(mut self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        self.sender.send_request(request).await.unwrap()
    }

    /// Sends a request and hangs up without waiting for an answer.
    pub(super) async fn hang_up_when(mut self, request: Request<Full<Bytes>>, when: impl Future<Output = ()>) {
        tokio::select! {
            _ = self.sender.send_request(request) => panic!("answered"),
            () = when => {}
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.tracker.close();
    }
}

/// Reads the next bytes of a streamed answer.
pub(super) async fn next(response: &mut Response<Incoming>) -> String {
    let frame = response.body_mut().frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}
