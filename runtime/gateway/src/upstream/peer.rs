//! One request to one provider over HTTP, until the first bytes of its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use maas_llm::openai::error::ProviderError;
use maas_llm::provider::{CredentialHeader, Outgoing};
use secrecy::{ExposeSecret, SecretString};

use super::answer::{Answer, AnswerBody, Billed, Class, Failure};
use super::pool::Connections;
use crate::headers::API_KEY;

/// So much of an error body is read.
const LONGEST_ERROR: usize = 64 << 10;
/// So long an error body is waited for.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A request body that notes when it starts to travel: before that a provider cannot bill.
#[derive(Debug)]
pub(crate) struct Outbound {
    bytes: Option<Bytes>,
    sent: Arc<AtomicBool>,
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let body = self.get_mut();
        body.sent.store(true, Ordering::Relaxed);
        Poll::Ready(body.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
    }
}

/// Sends a request and waits for the first bytes of the answer, `timeout` for all of it.
pub(crate) async fn send(
    connections: &Connections,
    outgoing: Outgoing,
    mut headers: HeaderMap,
    credential: Option<&SecretString>,
    sent: &Arc<AtomicBool>,
    timeout: Duration,
) -> Result<Answer, Failure> {
    let uri = Uri::try_from(&outgoing.url)
        .map_err(|_| Failure::new(Class::Connect, "the address of the upstream is no URL"))?;
    if let Some(credential) = credential {
        let (name, text) = match outgoing.credential {
            CredentialHeader::Bearer => (header::AUTHORIZATION, ["Bearer ", credential.expose_secret()].concat()),
            CredentialHeader::ApiKey => (API_KEY, credential.expose_secret().to_owned()),
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Failure::new(Class::Auth, "the credential cannot stand in a header"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let mut request = Request::new(Outbound { bytes: Some(outgoing.body), sent: Arc::clone(sent) });
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let answer = tokio::time::timeout(timeout, first_bytes(connections, request)).await;
    let mut answer = answer.unwrap_or_else(|_| {
        let failure = Failure::new(Class::Timeout, "the upstream did not answer in time");
        Err(failure.billed(billed_if(sent)))
    })?;
    answer.strip_usage = outgoing.strip_usage;
    Ok(answer)
}

async fn first_bytes(connections: &Connections, request: Request<Outbound>) -> Result<Answer, Failure> {
    let sent = Arc::clone(&request.body().sent);
    let response = connections.request(request).await.map_err(|error| {
        if error.is_connect() {
            Failure::new(Class::Connect, "no connection to the upstream")
        } else {
            Failure::new(Class::Broken, "the upstream broke the connection").billed(billed_if(&sent))
        }
    })?;
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        return Err(refused(head.status.as_u16(), &head.headers, body).await);
    }
    if head.headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        let failure = Failure::new(Class::Broken, "the upstream compressed its answer though it was not asked to");
        return Err(failure.billed(Billed::Unknown));
    }
    let mut body = body;
    let first = loop {
        match body.frame().await {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if !data.is_empty() => break Some(data),
                _ => {}
            },
            Some(Err(_)) => {
                let failure = Failure::new(Class::Broken, "the upstream broke its answer before the first byte");
                return Err(failure.billed(Billed::Unknown));
            }
            None => break None,
        }
    };
    Ok(Answer::new(head.headers, AnswerBody::peer(first, body)))
}

fn billed_if(sent: &AtomicBool) -> Billed {
    if sent.load(Ordering::Relaxed) { Billed::Unknown } else { Billed::No }
}

/// Reads what a provider says about its refusal.
async fn refused(status: u16, headers: &HeaderMap, body: Incoming) -> Failure {
    let read = Limited::new(body, LONGEST_ERROR).collect();
    let body = match tokio::time::timeout(ERROR_BODY_TIMEOUT, read).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(_)) | Err(_) => Bytes::new(),
    };
    let class = match status {
        401..=403 => Class::Auth,
        429 => Class::RateLimited,
        503 | 529 => Class::Overloaded,
        // Not there, or not for us: the policy names a model that the provider does not have.
        404 | 405 | 500.. => Class::Server,
        408 => Class::Timeout,
        300..=399 => Class::Server,
        _ => Class::Rejected,
    };
    let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Failure {
        status,
        provider: ProviderError::read(&body),
        retry_after: retry_after.map(Duration::from_secs),
        ..Failure::new(class, "the upstream refused the request")
    }
}
