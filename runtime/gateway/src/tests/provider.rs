//! A provider that does what its script says, checks what it is sent, and remembers it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

/// What the provider does with one request.
#[derive(Debug)]
pub(super) enum Script {
    /// Answers at once.
    Answer { status: u16, headers: Vec<(&'static str, &'static str)>, body: String },
    /// Streams what the test sends, piece by piece; ends or breaks when the test says so.
    Stream { headers: Vec<(&'static str, &'static str)>, pieces: mpsc::Receiver<Piece> },
    /// Never answers.
    Hang,
    /// Closes the connection without an answer.
    Close,
}

/// A piece of a streamed answer.
#[derive(Debug)]
pub(super) enum Piece {
    Data(String),
    /// The connection breaks.
    Cut,
}

/// What it was sent.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    pub(super) raw: Bytes,
}

#[derive(Debug, Default)]
struct Inner {
    scripts: Mutex<VecDeque<Script>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Debug)]
pub(super) struct FakeProvider {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
    arrived: watch::Receiver<usize>,
    /// Streams that the gateway stopped reading.
    abandoned: watch::Receiver<usize>,
    tracker: TaskTracker,
}

impl FakeProvider {
    pub(super) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Speaks TLS with the certificate of `provider.test`.
    pub(super) async fn start_tls(config: rustls::ServerConfig) -> Self {
        Self::start_with(Some(tokio_rustls::TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start_with(tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner::default());
        let (arrivals, arrived) = watch::channel(0);
        let (abandons, abandoned) = watch::channel(0);
        let (arrivals, abandons) = (Arc::new(arrivals), Arc::new(abandons));
        let tracker = TaskTracker::new();
        let (shared, connections) = (Arc::clone(&inner), tracker.clone());
        tracker.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (inner, arrivals, abandons) = (Arc::clone(&shared), Arc::clone(&arrivals), Arc::clone(&abandons));
                let tls = tls.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        answer(Arc::clone(&inner), Arc::clone(&arrivals), Arc::clone(&abandons), request)
                    });
                    let builder = hyper::server::conn::http1::Builder::new();
                    match tls {
                        None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                            Err(error) => drop(error),
                        },
                    }
                });
            }
        });
        Self { address, inner, arrived, abandoned, tracker }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What to do with the next request without a script.
    pub(super) fn will(&self, script: Script) {
        self.inner.scripts.lock().unwrap().push_back(script);
    }

    pub(super) fn will_answer(&self, body: &Value) {
        self.will(Script::Answer {
            status: 200,
            headers: vec![("content-type", "application/json")],
            body: body.to_string(),
        });
    }

    pub(super) fn will_refuse(&self, status: u16, headers: &[(&'static str, &'static str)], message: &str) {
        let body = json!({"error": {"message": message, "type": "t", "param": null, "code": "c"}}).to_string();
        self.will(Script::Answer { status, headers: headers.to_vec(), body });
    }

    pub(super) fn will_stream(&self) -> mpsc::Sender<Piece> {
        let (sender, pieces) = mpsc::channel(64);
        self.will(Script::Stream { headers: vec![("content-type", "text/event-stream")], pieces });
        sender
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// Waits until so many requests have arrived.
    pub(super) async fn arrived(&self, n: usize) {
        self.arrived.clone().wait_for(|arrived| *arrived >= n).await.unwrap();
    }

    /// Waits until the gateway has stopped reading so many streams.
    pub(super) async fn abandoned(&self, n: usize) {
        self.abandoned.clone().wait_for(|abandoned| *abandoned >= n).await.unwrap();
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.tracker.close();
    }
}

/// An answer of a real provider, in short.
pub(super) fn chat_answer(content: &str, input: u64, output: u64) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "real-model-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output},
    })
}

pub(super) fn chunk(content: &str) -> Piece {
    let data = json!({"id": "c", "model": "real-model-2026", "choices": [{"index": 0, "delta": {"content": content}}]});
    Piece::Data(format!("data: {data}\n\n"))
}

pub(super) fn usage_chunk(input: u64, output: u64) -> Piece {
    let usage = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output});
    Piece::Data(format!("data: {}\n\n", json!({"id": "c", "choices": [], "usage": usage})))
}

pub(super) fn done() -> Piece {
    Piece::Data("data: [DONE]\n\n".into())
}

async fn answer(
    inner: Arc<Inner>,
    arrivals: Arc<watch::Sender<usize>>,
    abandons: Arc<watch::Sender<usize>>,
    request: Request<Incoming>,
) -> Result<Response<ScriptedBody>, Infallible> {
    let (head, body) = request.into_parts();
    let raw = body.collect().await.unwrap().to_bytes();
    let length: usize = head.headers["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(length, raw.len());
    let body: Value = serde_json::from_slice(&raw).unwrap();
    let path = head.uri.path_and_query().unwrap().to_string();
    inner.seen.lock().unwrap().push(Seen { path, headers: head.headers, body, raw });
    let script = inner.scripts.lock().unwrap().pop_front();
    arrivals.send_modify(|arrived| *arrived += 1);
    let script = script.unwrap_or_else(|| Script::Answer {
        status: 200,
        headers: vec![("content-type", "application/json")],
        body: chat_answer("one two three", 10, 3).to_string(),
    });
    let (status, headers, body) = match script {
        Script::Answer { status, headers, body } => (status, headers, ScriptedBody::Whole(Some(body.into()))),
        Script::Stream { headers, pieces } => (200, headers, ScriptedBody::Pieces { pieces, ended: false, abandons }),
        Script::Hang => std::future::pending().await,
        Script::Close => (200, vec![("x-close", "1"), ("content-length", "10")], ScriptedBody::Broken),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Ok(response)
}

#[derive(Debug)]
enum ScriptedBody {
    Whole(Option<Bytes>),
    Pieces { pieces: mpsc::Receiver<Piece>, ended: bool, abandons: Arc<watch::Sender<usize>> },
    Broken,
}

impl Drop for ScriptedBody {
    fn drop(&mut self) {
        if let Self::Pieces { ended: false, abandons, .. } = self {
            abandons.send_modify(|abandoned| *abandoned += 1);
        }
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        use std::task::Poll;
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Broken => Poll::Ready(Some(Err(std::io::Error::other("scripted")))),
            Self::Pieces { pieces, ended, .. } => match std::task::ready!(pieces.poll_recv(context)) {
                Some(Piece::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data.into())))),
                Some(Piece::Cut) => {
                    *ended = true;
                    Poll::Ready(Some(Err(std::io::Error::other("scripted"))))
                }
                None => {
                    *ended = true;
                    Poll::Ready(None)
                }
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Pieces { .. } | Self::Broken => SizeHint::default(),
        }
    }
}
