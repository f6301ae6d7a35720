//! Plays the simulator's script in time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use maas_llm::Call;
use maas_llm::openai::error::ProviderError;
use maas_llm::openai::stream::StripUsage;
use maas_llm::provider::simulator::{Script, Step, answer};
use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::Simulator as Settings;
use tokio::time::{Instant, Sleep};

use super::answer::{Answer, AnswerBody, Broken, Class, Failure};

/// Counts its calls, so that faults come when they are due.
#[derive(Debug, Default)]
pub(crate) struct Simulator {
    calls: AtomicU64,
}

/// The rest of a script.
#[derive(Debug)]
pub(crate) struct ScriptBody {
    steps: VecDeque<Step>,
    cut: bool,
    timer: Option<Pin<Box<Sleep>>>,
    due: Instant,
}

impl Simulator {
    /// Answers a call like a provider would: `timeout` until the first byte.
    pub(crate) async fn send(
        &self,
        call: &Call,
        model: &str,
        cap: Option<u32>,
        settings: &Settings,
        sent: &AtomicBool,
        (now_ms, timeout): (i64, Duration),
    ) -> Result<Answer, Failure> {
        sent.store(true, Ordering::Relaxed);
        let number = self.calls.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let now_s = u64::try_from(now_ms / 1_000).unwrap_or(0);
        let script = answer(call, model, cap, settings, number, now_s);
        let first_delay = script.steps.front_delay();
        if first_delay > timeout {
            tokio::time::sleep(timeout).await;
            return Err(Failure::new(Class::Timeout, "the simulator did not answer in time"));
        }
        if !first_delay.is_zero() {
            tokio::time::sleep(first_delay).await;
        }
        play(script, call)
    }
}

trait FrontDelay {
    fn front_delay(&self) -> Duration;
}

impl FrontDelay for Vec<Step> {
    fn front_delay(&self) -> Duration {
        Duration::from_millis(self.first().map_or(0, |step| step.delay_ms))
    }
}

fn play(script: Script, call: &Call) -> Result<Answer, Failure> {
    let mut steps: VecDeque<Step> = script.steps.into();
    let first = steps.pop_front().map(|step| step.bytes);
    if script.status != 200 {
        let class = match script.status {
            429 => Class::RateLimited,
            503 | 529 => Class::Overloaded,
            400..=499 => Class::Rejected,
            _ => Class::Server,
        };
        let provider = ProviderError::read(&first.unwrap_or_default());
        let failure = Failure::new(class, "the simulator refused the request");
        return Err(Failure { status: script.status, provider, ..failure });
    }
    let mut headers = HeaderMap::new();
    let kind = if script.stream { "text/event-stream; charset=utf-8" } else { "application/json" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if !script.stream && !script.cut {
        let length = first.as_ref().map_or(0, Bytes::len);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let rest = ScriptBody { steps, cut: script.cut, timer: None, due: Instant::now() };
    let mut answer = Answer::new(headers, AnswerBody::script(first, rest));
    let speaks_usage = matches!(call.endpoint, Endpoint::Chat | Endpoint::Completions);
    if script.stream && speaks_usage && call.include_usage != Some(true) {
        answer.strip_usage = StripUsage::Yes;
    }
    Ok(answer)
}

impl ScriptBody {
    /// Returns the next bytes when they are due. Delays add up from the first byte on, so that a slow reader is not slowed.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        let Some(step) = self.steps.front() else {
            let end = std::mem::take(&mut self.cut).then_some(Err(Broken));
            return Poll::Ready(end);
        };
        if self.timer.is_none() && step.delay_ms > 0 {
            self.due += Duration::from_millis(step.delay_ms);
            self.timer = Some(Box::pin(tokio::time::sleep_until(self.due)));
        }
        if let Some(timer) = &mut self.timer {
            ready!(timer.as_mut().poll(context));
            self.timer = None;
        }
        Poll::Ready(self.steps.pop_front().map(|step| Ok(step.bytes)))
    }
}
