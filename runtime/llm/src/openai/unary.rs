//! Meters an answer that is one JSON document, while it passes through in chunks.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;
use serde::Deserialize;

use super::text::{Choice, Text};
use crate::tokens::Estimator;
use crate::top_level::TopLevel;
use crate::usage::{Measured, Usage, UsageError};

/// So much of an answer is held to count its text, should the provider not count.
const HELD: usize = 1 << 20;

/// Follows one answer.
#[derive(Debug)]
pub struct UnaryMeter {
    endpoint: Endpoint,
    tap: TopLevel,
    held: Vec<Bytes>,
    size: usize,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow, default)]
    output: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<Part<'a>>>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    arguments: Text<'a>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    refusal: Text<'a>,
}

impl UnaryMeter {
    /// Starts before the first byte of the body.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, tap: TopLevel::new(&["usage", "model"]), held: Vec::new(), size: 0 }
    }

    /// Takes the next chunk; it is passed on as it is.
    pub fn push(&mut self, chunk: &Bytes) {
        self.tap.push(chunk);
        self.size = self.size.saturating_add(chunk.len());
        if self.size <= HELD {
            self.held.push(chunk.clone());
        } else {
            self.held.clear();
        }
    }

    /// Returns what was found.
    #[must_use]
    pub fn finish(self) -> Measured {
        let usage = self.tap.get("usage").map_or(Err(UsageError::Absent), Usage::from_openai);
        let model = self.tap.get("model").and_then(|text| serde_json::from_slice::<String>(text).ok());
        let emitted = if usage.is_ok() { 0 } else { self.emitted() };
        Measured { usage, emitted, at_least: 0, model, complete: self.tap.is_closed(), failed: false }
    }

    fn emitted(&self) -> u64 {
        if self.endpoint == Endpoint::Embeddings {
            return 0;
        }
        let mut estimator = Estimator::default();
        let body = self.held.concat();
        if let Ok(answer) = serde_json::from_slice::<Answer<'_>>(&body) {
            for choice in &answer.choices {
                choice.count(&mut estimator);
                estimator.boundary();
            }
            for item in &answer.output {
                let parts = item.content.iter().flatten().flat_map(|part| [&part.text, &part.refusal]);
                for text in [&item.name, &item.arguments].into_iter().chain(parts) {
                    estimator.push(text.as_str());
                    estimator.boundary();
                }
            }
            return estimator.tokens();
        }
        // Cut or too large to be held: four bytes are about one token.
        u64::try_from(self.size / 4).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: Endpoint, text: &str) -> Measured {
        let mut meter = UnaryMeter::new(endpoint);
        for chunk in text.as_bytes().chunks(7) {
            meter.push(&Bytes::copy_from_slice(chunk));
        }
        meter.finish()
    }

    #[test]
    fn the_providers_counts_are_found() {
        let measured = check(
            Endpoint::Chat,
            r#"{"id":"c","model":"m-1","choices":[{"message":{"content":"hi {\"usage\": 9}"}}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#,
        );
        assert_eq!(measured.usage.unwrap().total(), 7);
        assert_eq!(measured.model.as_deref(), Some("m-1"));
        assert!(measured.complete);
    }

    #[test]
    fn without_counts_the_text_is_counted() {
        let chat = r#"{"choices":[{"message":{"content":"one two three","tool_calls":[{"function":{"name":"f","arguments":"x"}}]}}]}"#;
        let measured = check(Endpoint::Chat, chat);
        assert_eq!((measured.usage, measured.emitted), (Err(UsageError::Absent), 5));
        let responses = r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"one two"}]}]}"#;
        assert_eq!(check(Endpoint::Responses, responses).emitted, 2);
        let legacy = r#"{"choices":[{"text":"one two"}],"usage":null}"#;
        assert_eq!(check(Endpoint::Completions, legacy).emitted, 2);
    }

    #[test]
    fn a_cut_answer_is_not_complete_and_not_free() {
        let measured = check(Endpoint::Chat, r#"{"choices":[{"message":{"content":"one two three four"#);
        assert!(!measured.complete);
        assert!(measured.emitted > 0);
    }
}
