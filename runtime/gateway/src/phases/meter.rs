//! How much was it? The answer passes through, its tokens are found, and at its end it is settled.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use maas_llm::Measured;
use maas_llm::openai::stream::{StreamMeter, StripUsage, error_event};
use maas_llm::openai::unary::UnaryMeter;
use maas_schemas::abi::Reason;
use maas_schemas::usage::UsageFlag;
use tokio::time::Sleep;

use super::settle;
use crate::body::{Body, Cut};
use crate::error::{Error, Kind};
use crate::exchange::Exchange;
use crate::headers;
use crate::upstream::answer::{Answer, AnswerBody};

/// An answer on its way to the client. Dropped before its end, it is read to its end or settled, as the model says.
#[derive(Debug)]
pub(crate) struct Metered {
    passing: Option<Box<Passing>>,
}

#[derive(Debug)]
struct Passing {
    exchange: Exchange,
    body: AnswerBody,
    meter: Meter,
    /// Bytes to come, where the answer said how many: a server does not ask for more than it announced.
    announced: Option<u64>,
    /// Ready for the client.
    queue: VecDeque<Bytes>,
    deadline: Pin<Box<Sleep>>,
    /// The end was seen; what is in the queue is the rest.
    ended: Option<End>,
}

#[derive(Debug)]
enum Meter {
    Stream(Box<StreamMeter>),
    Unary(Box<UnaryMeter>),
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// The client must see that something is missing.
    Cut,
}

/// Returns the response to the client: head now, body as it comes.
pub(crate) fn respond(exchange: Exchange, answer: Answer) -> Response<Body> {
    let is_stream = answer.is_stream();
    let mut headers = headers::client_response(&answer.headers);
    if is_stream {
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    let meter = if is_stream {
        Meter::Stream(Box::new(StreamMeter::new(exchange.endpoint, answer.strip_usage)))
    } else {
        Meter::Unary(Box::new(UnaryMeter::new(exchange.endpoint)))
    };
    let mut response = Response::new(Body::Full(None));
    *response.status_mut() = StatusCode::OK;
    *response.headers_mut() = headers;
    exchange.decorate(&mut response);
    let deadline = Box::pin(tokio::time::sleep(exchange.time_left()));
    let announced =
        response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let passing =
        Passing { exchange, body: answer.body, meter, announced, queue: VecDeque::new(), deadline, ended: None };
    *response.body_mut() = Body::Metered(Metered { passing: Some(Box::new(passing)) });
    response
}

impl Metered {
    /// Returns the next bytes for the client.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let Some(passing) = &mut self.passing else { return Poll::Ready(None) };
        let next = ready!(passing.poll(context));
        if !matches!(next, Some(Ok(_))) {
            self.passing = None;
        }
        Poll::Ready(next)
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        let Some(passing) = self.passing.take() else { return };
        if passing.exchange.progress.outlives_client() {
            let tracker = passing.exchange.state.tracker.clone();
            tracker.spawn(drain(passing));
        } else {
            passing.leave();
        }
    }
}

/// Reads an answer to its end for a client that has left.
async fn drain(mut passing: Box<Passing>) {
    passing.exchange.record.flag(UsageFlag::ClientGone);
    while let Some(Ok(_)) = std::future::poll_fn(|context| passing.poll(context)).await {}
}

impl Passing {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        loop {
            if let Some(bytes) = self.queue.pop_front() {
                return Poll::Ready(Some(Ok(bytes)));
            }
            if let Some(end) = self.ended {
                return Poll::Ready((end == End::Cut).then_some(Err(Cut)));
            }
            if self.deadline.as_mut().poll(context).is_ready() {
                self.end(Some(Error::new(Kind::UpstreamTimeout, "the answer took longer than the model allows")));
                continue;
            }
            match ready!(self.body.poll(context)) {
                Some(Ok(chunk)) => self.pass(chunk),
                Some(Err(_)) => self.end(Some(Error::new(Kind::UpstreamError, "the upstream cut its answer"))),
                None => self.end(None),
            }
        }
    }

    fn pass(&mut self, chunk: Bytes) {
        match &mut self.meter {
            Meter::Stream(meter) => {
                self.queue.extend(meter.push(&chunk));
                let Some(reservation) = &self.exchange.reservation else { return };
                if meter.at_least() > reservation.output {
                    self.cut_at_cap();
                }
            }
            Meter::Unary(meter) => {
                meter.push(&chunk);
                let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                self.queue.push_back(chunk);
                self.announced = self.announced.map(|announced| announced.saturating_sub(length));
            }
        }
        if self.announced == Some(0) {
            self.end(None);
        }
    }

    /// Ends the answer of a provider that does not keep to the cap it was given.
    fn cut_at_cap(&mut self) {
        let choices = self.exchange.reservation.as_ref().map_or(1, |reservation| reservation.choices);
        let Meter::Stream(meter) = &self.meter else { return };
        let (measured, end) = (meter.measured(), meter.capped_end(choices));
        let end = end.unwrap_or_else(|| {
            let error = Error::new(Kind::UpstreamError, "the upstream wrote more than it was allowed to");
            error_event(self.exchange.endpoint, &error.body())
        });
        self.queue.push_back(end);
        self.ended = Some(End::Whole);
        settle::answered(&mut self.exchange, &measured, Reason::Allow);
    }

    /// Ends the answer: `error` when it did not end by itself.
    fn end(&mut self, error: Option<Error>) {
        let (measured, is_stream) = match &mut self.meter {
            Meter::Stream(meter) => {
                self.queue.extend(meter.end());
                (meter.measured(), true)
            }
            Meter::Unary(meter) => {
                let meter = std::mem::replace(meter, Box::new(UnaryMeter::new(self.exchange.endpoint)));
                (meter.finish(), false)
            }
        };
        // A server that ends without its last event, but has counted, has said all it wanted to say.
        let is_short = !measured.complete && measured.usage.is_err();
        let error = error.or_else(|| {
            is_short.then(|| Error::new(Kind::UpstreamError, "the upstream ended its answer before it was complete"))
        });
        let shown = error.as_ref().filter(|_| !measured.failed && !measured.complete);
        self.ended = Some(match shown {
            Some(error) if is_stream => {
                self.queue.push_back(error_event(self.exchange.endpoint, &error.body()));
                End::Whole
            }
            Some(_) => End::Cut,
            None => End::Whole,
        });
        let verdict = match (&error, measured.failed) {
            (Some(error), _) => error.reason(),
            (None, true) => Reason::UpstreamError,
            (None, false) => Reason::Allow,
        };
        settle::answered(&mut self.exchange, &measured, verdict);
    }

    /// Settles for a client that left when the model says to cancel: what has passed is what is charged.
    fn leave(mut self) {
        if self.ended.is_some() {
            return;
        }
        match self.meter {
            Meter::Stream(ref meter) => {
                let measured: Measured = meter.measured();
                // Many clients hang up behind the last event: nothing is missing then.
                let verdict = if measured.complete { Reason::Allow } else { Reason::ClientGone };
                if verdict == Reason::ClientGone {
                    self.exchange.record.flag(UsageFlag::ClientGone);
                }
                settle::answered(&mut self.exchange, &measured, verdict);
            }
            // What a provider makes before it shows anything cannot be counted.
            Meter::Unary(_) => settle::abandon(&mut self.exchange),
        }
    }
}

impl Exchange {
    fn time_left(&self) -> Duration {
        Duration::from_millis(self.total_timeout_ms.saturating_sub(self.elapsed_ms()).max(1))
    }
}

const _: () = {
    // The meter must be able to outlive its connection.
    const fn is_send<T: Send>() {}
    is_send::<Metered>();
    is_send::<(Arc<Exchange>, StripUsage)>();
};
