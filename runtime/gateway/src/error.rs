//! Why a request is refused: one table from what went wrong to status, code, and whether to try again.

use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};
use maas_llm::BadRequest;
use maas_llm::openai::error::ErrorBody;
use maas_schemas::abi::Reason;

use crate::body::Body;
use crate::headers::{POLICY_PARAM_LIMIT, one_line};

/// A longer wait is not worth a client's retry loop.
pub(crate) const LONGEST_RETRY: Duration = Duration::from_secs(120);

/// Who caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The request itself.
    Client,
    /// The policy or one of its limits.
    Policy,
    /// A provider.
    Upstream,
    /// We.
    Internal,
}

/// Whether it is worth trying again, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The same request fails again.
    Never,
    /// When the client likes.
    Whenever,
    /// Not before.
    After(Duration),
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    UnknownPath,
    WrongMethod,
    InvalidKey,
    KeyStoreUnavailable,
    BodyTooLarge,
    BodyTimeout,
    BadRequest,
    NoPolicy,
    PolicyFailed,
    ModelNotFound,
    ModelRetired,
    EndpointNotServed,
    NotAllowed,
    RequestExceedsLimit,
    RateLimited,
    QuotaExhausted,
    ConcurrencyLimited,
    QuotaStoreUnavailable,
    UpstreamUnsupported,
    UpstreamRejected,
    UpstreamRateLimited,
    UpstreamAuth,
    UpstreamOverloaded,
    UpstreamError,
    UpstreamTimeout,
    ClientGone,
}

/// A row of the table.
pub(crate) struct Row {
    pub(crate) status: u16,
    /// OpenAI's `type`.
    pub(crate) family: &'static str,
    /// OpenAI's `code`.
    pub(crate) code: &'static str,
    pub(crate) source: Source,
    /// The number in ledger and metrics.
    pub(crate) reason: Reason,
}

impl Kind {
    /// The one table.
    #[rustfmt::skip]
    pub(crate) const fn row(self) -> Row {
        use Source::{Client, Internal, Policy, Upstream};
        const INVALID: &str = "invalid_request_error";
        const SERVER: &str = "server_error";
        const RATE: &str = "rate_limit_exceeded";
        let (status, family, code, source, reason) = match self {
            Self::UnknownPath           => (404, INVALID, "unknown_url", Client, Reason::BadRequest),
            Self::WrongMethod           => (405, INVALID, "method_not_supported", Client, Reason::BadRequest),
            Self::InvalidKey            => (401, INVALID, "invalid_api_key", Client, Reason::NotIdentified),
            Self::KeyStoreUnavailable   => (503, SERVER, "key_store_unavailable", Internal, Reason::StoreUnavailable),
            Self::BodyTooLarge          => (413, INVALID, "request_too_large", Client, Reason::BadRequest),
            Self::BodyTimeout           => (408, INVALID, "request_timeout", Client, Reason::BadRequest),
            Self::BadRequest            => (400, INVALID, "invalid_request", Client, Reason::BadRequest),
            Self::NoPolicy              => (503, SERVER, "policy_unavailable", Internal, Reason::PolicyUnavailable),
            Self::PolicyFailed          => (503, SERVER, "policy_unavailable", Internal, Reason::PolicyUnavailable),
            Self::ModelNotFound         => (404, INVALID, "model_not_found", Policy, Reason::UnknownModel),
            Self::ModelRetired          => (404, INVALID, "model_retired", Policy, Reason::ModelRetired),
            Self::EndpointNotServed     => (404, INVALID, "endpoint_not_served", Policy, Reason::EndpointNotServed),
            Self::NotAllowed            => (403, "permission_error", "model_not_allowed", Policy, Reason::NotGranted),
            Self::RequestExceedsLimit   => (400, INVALID, "request_exceeds_limit", Policy, Reason::RequestTooLarge),
            Self::RateLimited           => (429, RATE, RATE, Policy, Reason::RateLimited),
            Self::QuotaExhausted        => (429, "insufficient_quota", "insufficient_quota", Policy, Reason::QuotaExhausted),
            Self::ConcurrencyLimited    => (429, RATE, "concurrency_limit", Policy, Reason::ConcurrencyLimited),
            Self::QuotaStoreUnavailable => (503, SERVER, "quota_store_unavailable", Internal, Reason::StoreUnavailable),
            Self::UpstreamUnsupported   => (501, INVALID, "upstream_type_not_supported", Upstream, Reason::UpstreamError),
            Self::UpstreamRejected      => (400, INVALID, "upstream_rejected", Client, Reason::BadRequest),
            Self::UpstreamRateLimited   => (429, RATE, "upstream_rate_limited", Upstream, Reason::UpstreamRateLimited),
            Self::UpstreamAuth          => (502, SERVER, "upstream_auth", Upstream, Reason::UpstreamAuth),
            Self::UpstreamOverloaded    => (503, SERVER, "upstream_overloaded", Upstream, Reason::UpstreamError),
            Self::UpstreamError         => (502, SERVER, "upstream_error", Upstream, Reason::UpstreamError),
            Self::UpstreamTimeout       => (504, SERVER, "upstream_timeout", Upstream, Reason::UpstreamTimeout),
            Self::ClientGone            => (499, INVALID, "client_gone", Client, Reason::ClientGone),
        };
        Row { status, family, code, source, reason }
    }
}

/// A refusal, with everything that the client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// The field, or the line of policy.
    pub(crate) param: Option<Box<str>>,
    /// Instead of the table's, where a provider or the reader of the body knows better.
    pub(crate) code: Option<Box<str>>,
    /// Instead of the table's, for what a provider rejects.
    pub(crate) status: Option<u16>,
    /// Instead of the table's, where the policy said why.
    pub(crate) reason: Option<Reason>,
    pub(crate) retry: Retry,
    /// What the ledger says of the limit that refused.
    pub(crate) limit: Option<Box<str>>,
    /// `file:line` for the ledger; clients see it in `param` and `message` where they may.
    pub(crate) rule: Option<Box<str>>,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        let retry = match kind.row().source {
            Source::Upstream if kind != Kind::UpstreamAuth && kind != Kind::UpstreamUnsupported => Retry::Whenever,
            Source::Internal => Retry::After(Duration::from_secs(2)),
            _ if kind == Kind::BodyTimeout => Retry::Whenever,
            _ => Retry::Never,
        };
        Self {
            kind,
            message: message.into(),
            param: None,
            code: None,
            status: None,
            reason: None,
            retry,
            limit: None,
            rule: None,
        }
    }

    pub(crate) fn param(mut self, param: impl Into<Box<str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) const fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        let status = self.status.unwrap_or(self.kind.row().status);
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or(self.kind.row().code)
    }

    pub(crate) fn reason(&self) -> Reason {
        self.reason.unwrap_or(self.kind.row().reason)
    }

    /// Returns the error as a client of OpenAI's protocol reads it.
    pub(crate) fn body(&self) -> ErrorBody<'_> {
        ErrorBody {
            message: &self.message,
            kind: self.kind.row().family,
            param: self.param.as_deref(),
            code: self.code(),
        }
    }

    /// Returns the answer; headers that every answer carries are added elsewhere.
    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::full(self.body().to_bytes()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let wait = match self.retry {
            Retry::Never => Some(false),
            Retry::Whenever => None,
            Retry::After(wait) => {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
                (wait > LONGEST_RETRY).then_some(false)
            }
        };
        // Statuses that no SDK retries need no word about it.
        let retried = matches!(self.status().as_u16(), 408 | 409 | 429 | 500..);
        if wait == Some(false) && retried {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
        response
    }

    /// Names a line of policy in message, `param` and ledger.
    pub(crate) fn at(mut self, rule: Option<String>) -> Self {
        if let Some(rule) = &rule {
            self.message = one_line(&format!("{} ({rule})", self.message));
            self.param = Some(rule.chars().take(POLICY_PARAM_LIMIT).collect::<String>().into());
        }
        self.rule = rule.map(Into::into);
        self
    }
}

impl From<BadRequest> for Error {
    fn from(bad: BadRequest) -> Self {
        Self {
            param: bad.param.map(Into::into),
            code: Some(bad.code.into()),
            ..Self::new(Kind::BadRequest, one_line(&bad.message))
        }
    }
}

#[cfg(test)]
mod tests;
