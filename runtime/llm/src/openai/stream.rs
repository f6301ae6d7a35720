//! Meters an answer that is a stream of events, and takes out what the client did not ask for.

use std::borrow::Cow;

use bytes::Bytes;
use maas_schemas::abi::Endpoint;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{ErrorBody, ProviderError};
use super::text::{Choice, Text};
use crate::object::Object;
use crate::sse::{self, Scanner, Verdict};
use crate::tokens::Estimator;
use crate::usage::{Measured, Usage, UsageError};

/// Follows one stream.
#[derive(Debug)]
pub struct StreamMeter {
    scanner: Scanner,
    reader: Reader,
}

#[derive(Debug)]
struct Reader {
    endpoint: Endpoint,
    /// We asked for usage, the client did not.
    strip_usage: bool,
    usage: Result<Usage, UsageError>,
    estimator: Estimator,
    /// Events that carried text: a provider sends at least one token in each.
    n_texts: u64,
    id: Option<String>,
    model: Option<String>,
    complete: bool,
    failed: bool,
}

/// A chunk of chat or legacy completions.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    /// `Some` also for `null`: what stands there may have to be taken out.
    #[serde(borrow, default, deserialize_with = "present")]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// An event of Responses.
#[derive(Deserialize)]
struct ResponseEvent<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    delta: Text<'a>,
    #[serde(borrow, default)]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Text<'a>,
}

impl StreamMeter {
    /// Starts before the first byte. `strip_usage`: usage was asked for on our own account.
    #[must_use]
    pub fn new(endpoint: Endpoint, strip_usage: StripUsage) -> Self {
        Self {
            scanner: Scanner::default(),
            reader: Reader {
                endpoint,
                strip_usage: strip_usage == StripUsage::Yes,
                usage: Err(UsageError::Absent),
                estimator: Estimator::default(),
                n_texts: 0,
                id: None,
                model: None,
                complete: false,
                failed: false,
            },
        }
    }

    /// Takes the next chunk and returns what goes to the client.
    pub fn push(&mut self, chunk: &Bytes) -> Vec<Bytes> {
        self.scanner.push(chunk, |event| self.reader.read(event))
    }

    /// Takes the end of the stream; returns the last bytes for the client.
    pub fn end(&mut self) -> Option<Bytes> {
        self.scanner.finish(|event| self.reader.read(event))
    }

    /// Returns how many output tokens have been made for sure: a server may cut tokens into events, or put several into one.
    #[must_use]
    pub fn at_least(&self) -> u64 {
        self.reader.n_texts.min(self.reader.estimator.tokens())
    }

    /// Returns the events that end a stream at its cap for a provider that did not; `None` where the protocol of the endpoint
    /// has no short end.
    #[must_use]
    pub fn capped_end(&self, choices: u32) -> Option<Bytes> {
        let (object, part) = match self.reader.endpoint {
            Endpoint::Chat => ("chat.completion.chunk", "delta"),
            Endpoint::Completions => ("text_completion", "text"),
            _ => return None,
        };
        let empty = if part == "delta" { serde_json::json!({}) } else { serde_json::json!("") };
        let choices: Vec<_> = (0..choices.max(1))
            .map(|index| serde_json::json!({"index": index, part: empty, "finish_reason": "length"}))
            .collect();
        let chunk = serde_json::json!({
            "id": self.reader.id, "object": object, "created": 0, "model": self.reader.model, "choices": choices,
        });
        let mut end = sse::event(chunk.to_string().as_bytes()).to_vec();
        end.extend_from_slice(b"data: [DONE]\n\n");
        Some(end.into())
    }

    /// Says whether the event that ends such a stream has passed.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.reader.complete
    }

    /// Returns what was found so far.
    #[must_use]
    pub fn measured(&self) -> Measured {
        let reader = &self.reader;
        Measured {
            usage: reader.usage,
            emitted: reader.estimator.tokens().max(reader.n_texts),
            at_least: self.at_least(),
            model: reader.model.clone(),
            complete: reader.complete,
            failed: reader.failed,
        }
    }
}

/// Whether the client shall see the usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripUsage {
    /// We asked for it, the client did not.
    Yes,
    /// The client asked for it, or it is always there.
    No,
}

/// Returns the event that tells a client of an error after the first byte.
#[must_use]
pub fn error_event(endpoint: Endpoint, error: &ErrorBody<'_>) -> Bytes {
    if endpoint == Endpoint::Responses {
        let data = serde_json::json!({
            "type": "error", "code": error.code, "message": error.message, "param": error.param,
        });
        return sse::named_event("error", data.to_string().as_bytes());
    }
    sse::event(&error.to_bytes())
}

impl Reader {
    fn read(&mut self, event: &[u8]) -> Verdict {
        let Some(data) = sse::data(event) else { return Verdict::Keep };
        if data.as_ref() == b"[DONE]" {
            self.complete = true;
            return Verdict::Keep;
        }
        match self.endpoint {
            Endpoint::Responses => self.read_response(&data),
            _ => self.read_chunk(&data),
        }
    }

    fn read_response(&mut self, data: &[u8]) -> Verdict {
        let Ok(event) = serde_json::from_slice::<ResponseEvent<'_>>(data) else { return Verdict::Keep };
        match event.kind.as_str() {
            "response.completed" | "response.incomplete" => self.complete = true,
            "response.failed" | "error" => {
                self.complete = true;
                self.failed = true;
            }
            kind if kind.ends_with(".delta") && !event.delta.as_str().is_empty() => {
                self.n_texts += 1;
                self.estimator.push(event.delta.as_str());
            }
            _ => {}
        }
        if let Some(response) = event.response {
            self.note_model(&response.model);
            if let Some(usage) = response.usage {
                self.note_usage(usage.get().as_bytes());
            }
        }
        Verdict::Keep
    }

    fn read_chunk(&mut self, data: &[u8]) -> Verdict {
        let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(data) else { return Verdict::Keep };
        if let Some(error) = chunk.error.filter(|error| error.get() != "false") {
            self.failed = true;
            return Verdict::Replace(provider_error(error.get()));
        }
        self.note_model(&chunk.model);
        if self.id.is_none() {
            self.id = chunk.id.0.as_deref().map(str::to_owned);
        }
        let choices = chunk.choices.as_deref().unwrap_or_default();
        let mut any = false;
        for choice in choices {
            any |= choice.count(&mut self.estimator);
        }
        self.n_texts += u64::from(any);
        let Some(usage) = chunk.usage else { return Verdict::Keep };
        let is_null = usage.get() == "null";
        if !is_null {
            self.note_usage(usage.get().as_bytes());
        }
        if !self.strip_usage {
            return Verdict::Keep;
        }
        let Ok(object) = Object::parse(Bytes::copy_from_slice(data)) else { return Verdict::Keep };
        if !is_null && choices.is_empty() && is_usage_only(&object) {
            return Verdict::Drop;
        }
        Verdict::Replace(sse::event(&object.with(&[("usage", None)])))
    }

    /// Keeps the last counts that can be believed: running ones grow.
    fn note_usage(&mut self, text: &[u8]) {
        match Usage::from_openai(text) {
            Ok(usage) => self.usage = Ok(usage),
            Err(error) if self.usage.is_err() => self.usage = Err(error),
            Err(_) => {}
        }
    }

    fn note_model(&mut self, model: &Text<'_>) {
        if self.model.is_none() && !model.as_str().is_empty() {
            self.model = Some(model.as_str().to_owned());
        }
    }
}

/// Says whether a chunk with usage and without choices carries nothing else that a client needs.
fn is_usage_only(object: &Object) -> bool {
    object.names().all(|name| {
        matches!(
            name,
            b"id"
                | b"object"
                | b"created"
                | b"model"
                | b"choices"
                | b"usage"
                | b"system_fingerprint"
                | b"service_tier"
                | b"obfuscation"
        ) || std::str::from_utf8(name).is_ok_and(|name| !object.has(name))
    })
}

fn provider_error(text: &str) -> Bytes {
    let wrapped = format!("{{\"error\":{text}}}");
    let error = ProviderError::read(wrapped.as_bytes());
    let message: Cow<'_, str> = match error.message.as_str() {
        "" => "the provider reported an error".into(),
        message => format!("the provider reported an error: {message}").into(),
    };
    let body = ErrorBody { message: &message, kind: "server_error", param: None, code: "upstream_error" };
    sse::event(&body.to_bytes())
}

#[cfg(test)]
mod tests;
