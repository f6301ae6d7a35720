//! What comes back from an upstream: an answer whose first bytes are there, or a failure before them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use hyper::body::{Body, Incoming};
use maas_llm::openai::error::ProviderError;
use maas_llm::openai::stream::StripUsage;

use super::simulator::ScriptBody;
use crate::error::{Error, Kind, Retry};

/// An answer whose first bytes are there.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
    /// Whether the usage in the stream is ours alone.
    pub(crate) strip_usage: StripUsage,
}

impl Answer {
    pub(crate) const fn new(headers: HeaderMap, body: AnswerBody) -> Self {
        Self { headers, body, strip_usage: StripUsage::No }
    }

    /// Says whether it is a stream of events, whatever was asked for.
    pub(crate) fn is_stream(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
    }
}

/// The rest of an answer.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    first: Option<Bytes>,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    Peer(Incoming),
    Script(ScriptBody),
}

/// The connection broke before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl AnswerBody {
    pub(crate) const fn peer(first: Option<Bytes>, rest: Incoming) -> Self {
        Self { first, rest: Rest::Peer(rest) }
    }

    pub(crate) const fn script(first: Option<Bytes>, rest: ScriptBody) -> Self {
        Self { first, rest: Rest::Script(rest) }
    }

    /// Returns the next bytes; nothing is read ahead of the one who asks.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        match &mut self.rest {
            Rest::Script(script) => script.poll(context),
            Rest::Peer(body) => loop {
                match ready!(Pin::new(&mut *body).poll_frame(context)) {
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                        _ => {}
                    },
                    Some(Err(_)) => return Poll::Ready(Some(Err(Broken))),
                    None => return Poll::Ready(None),
                }
            },
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing was sent.
    Connect,
    /// The connection broke after the request.
    Broken,
    Timeout,
    RateLimited,
    Overloaded,
    Server,
    /// Our credential is missing or was refused.
    Auth,
    /// The request itself is wrong, says the provider.
    Rejected,
    /// This type of provider is not spoken.
    Unsupported,
}

/// Whether a provider may send a bill for a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Billed {
    No,
    Unknown,
}

/// A failure before the first byte.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    pub(crate) message: String,
    /// What the provider answered, 0 for nothing.
    pub(crate) status: u16,
    pub(crate) provider: ProviderError,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) billed: Billed,
}

impl Failure {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            status: 0,
            provider: ProviderError::default(),
            retry_after: None,
            billed: Billed::No,
        }
    }

    pub(crate) const fn billed(mut self, billed: Billed) -> Self {
        self.billed = billed;
        self
    }

    /// Says whether the model's `retry.on` names this failure.
    pub(crate) fn is_retried(&self, retry_on: &[String]) -> bool {
        let name = match self.class {
            Class::Connect => "connect",
            Class::RateLimited => "429",
            Class::Overloaded | Class::Server | Class::Broken => "5xx",
            Class::Timeout => "timeout",
            Class::Auth | Class::Rejected | Class::Unsupported => return false,
        };
        retry_on.iter().any(|on| on == name)
    }

    /// Says whether another upstream may be asked. What may have been billed already is asked again only where the model says so.
    pub(crate) fn may_fall_back(&self, retry_on: &[String]) -> bool {
        match self.class {
            Class::Rejected => false,
            _ => self.billed == Billed::No || self.is_retried(retry_on),
        }
    }

    /// Says whether the upstream is at fault, and not the request.
    pub(crate) fn is_upstreams_fault(&self) -> bool {
        !matches!(self.class, Class::Rejected | Class::Unsupported)
    }

    /// Returns what the client is told.
    pub(crate) fn into_error(self) -> Error {
        let kind = match self.class {
            Class::Connect | Class::Broken | Class::Server => Kind::UpstreamError,
            Class::Timeout => Kind::UpstreamTimeout,
            Class::RateLimited => Kind::UpstreamRateLimited,
            Class::Overloaded => Kind::UpstreamOverloaded,
            Class::Auth => Kind::UpstreamAuth,
            Class::Rejected => Kind::UpstreamRejected,
            Class::Unsupported => Kind::UpstreamUnsupported,
        };
        let told = matches!(self.class, Class::Rejected | Class::RateLimited | Class::Overloaded | Class::Server);
        let message = match self.provider.message.as_str() {
            "" => self.message,
            message if told => format!("{}: {message}", self.message),
            _ => self.message,
        };
        let mut error = Error::new(kind, message);
        if self.class == Class::Rejected {
            error.status = Some(self.status);
            error.code = self.provider.code.map(Into::into);
            error.param = self.provider.param.map(Into::into);
        }
        if let Some(wait) =
            self.retry_after.filter(|_| matches!(kind, Kind::UpstreamRateLimited | Kind::UpstreamOverloaded))
        {
            error = error.retry(Retry::After(wait));
        }
        error
    }
}
