//! Token counts in one normal form, whatever the provider's protocol.

use serde::Deserialize;

/// The largest count that is believed: beyond it JSON readers disagree about the number.
const LARGEST: u64 = 1 << 53;

/// Tokens of one answer. The parts are contained in their totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All input tokens.
    pub input: u64,
    /// Input tokens that the provider had cached.
    pub input_cached: u64,
    /// Input tokens that the provider wrote into its cache.
    pub input_cache_write: u64,
    /// All output tokens.
    pub output: u64,
    /// Output tokens that nobody sees.
    pub output_reasoning: u64,
    /// Who counted.
    pub source: Source,
}

/// Who counted the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The provider said so.
    Provider,
    /// We counted what went out.
    #[default]
    Estimated,
}

/// Why a provider's counts are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// No `usage`, or `null`.
    Absent,
    /// Not numbers, negative, too large, parts above totals, or no input at all.
    Invalid,
}

/// What a meter knows at the end of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The provider's counts.
    pub usage: Result<Usage, UsageError>,
    /// Estimated output tokens in the text that passed.
    pub emitted: u64,
    /// Output tokens that have been made for sure, by both ways to count.
    pub at_least: u64,
    /// The model that really answered, as the provider names it.
    pub model: Option<String>,
    /// The answer came to its proper end.
    pub complete: bool,
    /// The provider reported an error inside of a stream.
    pub failed: bool,
}

/// The field names of OpenAI's protocols: chat and its relatives on the left, Responses on the right.
#[derive(Deserialize)]
struct OpenAi {
    #[serde(alias = "input_tokens")]
    prompt_tokens: u64,
    #[serde(alias = "output_tokens", default)]
    completion_tokens: u64,
    #[serde(default)]
    total_tokens: Option<u64>,
    #[serde(alias = "input_tokens_details", default)]
    prompt_tokens_details: Option<InputDetails>,
    #[serde(alias = "output_tokens_details", default)]
    completion_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct InputDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct OutputDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl Usage {
    /// Reads the value of `usage` of any OpenAI protocol.
    ///
    /// # Errors
    /// When it is absent or cannot be believed.
    pub fn from_openai(text: &[u8]) -> Result<Self, UsageError> {
        let usage = match serde_json::from_slice::<Option<OpenAi>>(text) {
            Ok(Some(usage)) => usage,
            Ok(None) => return Err(UsageError::Absent),
            Err(_) => return Err(UsageError::Invalid),
        };
        let input = usage.prompt_tokens_details;
        let (cached, write) =
            input.map_or((0, 0), |d| (d.cached_tokens.unwrap_or(0), d.cache_write_tokens.unwrap_or(0)));
        let reasoning = usage.completion_tokens_details.and_then(|d| d.reasoning_tokens).unwrap_or(0);
        let counts = Self {
            input: usage.prompt_tokens,
            input_cached: cached,
            input_cache_write: write,
            output: usage.completion_tokens,
            output_reasoning: reasoning,
            source: Source::Provider,
        };
        if counts.is_believable(usage.total_tokens) { Ok(counts) } else { Err(UsageError::Invalid) }
    }

    /// Returns counts of our own.
    #[must_use]
    pub const fn estimated(input: u64, output: u64) -> Self {
        Self { input, input_cached: 0, input_cache_write: 0, output, output_reasoning: 0, source: Source::Estimated }
    }

    /// Returns input and output together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Says whether we counted, and not the provider.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        self.source == Source::Estimated
    }

    fn is_believable(&self, total: Option<u64>) -> bool {
        let parts = self.input_cached.checked_add(self.input_cache_write).is_some_and(|parts| parts <= self.input);
        // Some servers count reasoning outside of the total: only a total below its own sides is refused.
        let total = total.is_none_or(|total| total >= self.input && total >= self.output);
        self.input > 0
            && self.input <= LARGEST
            && self.output <= LARGEST
            && parts
            && self.output_reasoning <= self.output
            && total
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Usage, UsageError};

    #[test]
    fn both_spellings_are_read() {
        let chat = br#"{"prompt_tokens":1000,"completion_tokens":400,"total_tokens":1400,
            "prompt_tokens_details":{"cached_tokens":800,"cache_write_tokens":100},
            "completion_tokens_details":{"reasoning_tokens":250}}"#;
        let responses = br#"{"input_tokens":1000,"output_tokens":400,"total_tokens":1400,
            "input_tokens_details":{"cached_tokens":800,"cache_write_tokens":100},
            "output_tokens_details":{"reasoning_tokens":250}}"#;
        let expected = Usage {
            input: 1000,
            input_cached: 800,
            input_cache_write: 100,
            output: 400,
            output_reasoning: 250,
            source: Source::Provider,
        };
        assert_eq!(Usage::from_openai(chat), Ok(expected));
        assert_eq!(Usage::from_openai(responses), Ok(expected));
    }

    #[test]
    fn what_cannot_be_true_is_not_believed() {
        for text in [
            r#"{"prompt_tokens":0,"completion_tokens":5}"#,
            r#"{"prompt_tokens":-1,"completion_tokens":5}"#,
            r#"{"prompt_tokens":"7","completion_tokens":5}"#,
            r#"{"prompt_tokens":9007199254740993,"completion_tokens":5}"#,
            r#"{"prompt_tokens":1e300,"completion_tokens":5}"#,
            r#"{"prompt_tokens":5,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":6}}"#,
            r#"{"prompt_tokens":5,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":6}}"#,
            r#"{"prompt_tokens":5,"completion_tokens":5,"total_tokens":4}"#,
            "[]",
            "{}",
        ] {
            assert_eq!(Usage::from_openai(text.as_bytes()), Err(UsageError::Invalid), "{text}");
        }
        assert_eq!(Usage::from_openai(b"null"), Err(UsageError::Absent));
    }
}
