//! Listens, hands each request to the pipeline, and stops without losing one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use crate::body::Body;
use crate::error::{Error, Kind};
use crate::exchange::{Exchange, Progress, identify};
use crate::paths::{Resource, resolve};
use crate::stall::Impatient;
use crate::state::State;
use crate::{models, phases};

/// The head of a request must arrive in this time; an idle connection is closed after it as well.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Requests in flight have this long to end.
pub(crate) const GRACE: Duration = Duration::from_secs(30);
/// A client that takes nothing for so long has gone, and must not keep what it holds of limits.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// After a failed accept: the system is out of descriptors, and busy waiting makes it worse.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Opens a port.
pub(crate) async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves a port until the gateway stops; then waits for requests in flight.
pub(crate) async fn serve<Serve, Answer>(state: Arc<State>, listener: TcpListener, respond: Serve)
where
    Serve: Fn(Arc<State>, Request<Incoming>) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Response<Body>> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = state.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        connect(&state, stream, &connections, respond.clone());
    }
    drop(listener);
    // Who waits for the connections, and how long, is the business of the one who stops us.
    drop(tokio::time::timeout(GRACE, connections.shutdown()).await);
}

fn connect<Serve, Answer>(state: &Arc<State>, stream: TcpStream, connections: &GracefulShutdown, respond: Serve)
where
    Serve: Fn(Arc<State>, Request<Incoming>) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Response<Body>> + Send + 'static,
{
    // Small events must leave at once; a connection that refuses the option is served all the same.
    drop(stream.set_nodelay(true));
    let shared = Arc::clone(state);
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = respond(Arc::clone(&shared), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(HEAD_TIMEOUT));
    let stream = Impatient::new(stream, STALL_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = connections.watch(connection);
    state.tracker.spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended");
        }
    });
}

/// Answers a client.
pub(crate) async fn respond(state: Arc<State>, request: Request<Incoming>) -> Response<Body> {
    let request_id = state.request_ids.next();
    let mut response = match resolve(request.method(), request.uri().path()) {
        Err(error) => path_error(&error),
        Ok(resource) => match state.bundles.current() {
            None => Error::new(Kind::NoPolicy, "no policy is in force").response(),
            Some(bundle) => match resource {
                Resource::Call(endpoint) => {
                    let exchange = Exchange::begin(&state, bundle, endpoint, &request_id);
                    let progress = exchange.progress.clone();
                    let (head, body) = request.into_parts();
                    let pipeline = Box::pin(phases::run(exchange, head, body));
                    return Outliving { pipeline: Some(pipeline), progress, state }.await;
                }
                Resource::Models => models::serve(&state, &bundle, request.headers(), None).await,
                Resource::Model(id) => models::serve(&state, &bundle, request.headers(), Some(&id)).await,
            },
        },
    };
    identify(response.headers_mut(), &request_id);
    response
}

fn path_error(error: &Error) -> Response<Body> {
    let mut response = error.response();
    if error.kind == Kind::WrongMethod
        && let Some(method) = &error.param
    {
        response.headers_mut().insert(header::ALLOW, crate::headers::value(method));
    }
    response
}

/// A pipeline that goes on without its client when the model says so and a provider is at work already.
struct Outliving {
    pipeline: Option<Pin<Box<dyn Future<Output = Response<Body>> + Send>>>,
    progress: Progress,
    state: Arc<State>,
}

impl Future for Outliving {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        let Some(pipeline) = &mut self.pipeline else { return std::task::Poll::Pending };
        let response = std::task::ready!(pipeline.as_mut().poll(context));
        self.pipeline = None;
        std::task::Poll::Ready(response)
    }
}

impl Drop for Outliving {
    fn drop(&mut self) {
        let Some(pipeline) = self.pipeline.take() else { return };
        if self.progress.outlives_client() {
            // The body of the answer drains itself when it is dropped.
            self.state.tracker.spawn(async move { drop(pipeline.await) });
        }
    }
}

/// Returns a plain answer, for the admin port.
pub(crate) fn text(status: u16, kind: &'static str, body: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::full(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
