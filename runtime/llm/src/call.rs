//! A client's request as far as a gateway must understand it: model, stream, cap and what makes its input unbounded.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;

use crate::object::{Object, ObjectError, quoted};
use crate::openai::{chat, completions, embeddings, responses};

/// The most answers that one request may ask for.
const MOST_CHOICES: u32 = 128;

/// A request, read once.
#[derive(Clone, Debug)]
pub struct Call {
    /// What was called.
    pub endpoint: Endpoint,
    /// The model as the client wrote it.
    pub model: String,
    /// The answer is a stream of events.
    pub stream: bool,
    /// How many answers are generated: the output cap holds for each.
    pub choices: u32,
    /// The cap on output tokens that the client asked for.
    pub output_cap: Option<u64>,
    /// `stream_options.include_usage` as written.
    pub include_usage: Option<bool>,
    /// What the input consists of.
    pub shape: Shape,
    object: Object,
}

/// What the input consists of, beside bytes: each part may add tokens that are not in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Messages, prompts or inputs.
    pub messages: u32,
    /// Declared tools.
    pub tools: u32,
    /// Images, sounds, files: their tokens are not bounded by their bytes.
    pub media: u32,
}

/// Why a request is refused before anything was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRequest {
    /// One line for people.
    pub message: String,
    /// The field it is about.
    pub param: Option<String>,
    /// For programs.
    pub code: &'static str,
}

/// What differs between the client's request and an upstream's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// The model's name there.
    pub model: Option<&'a str>,
    /// Name of the field for the cap, and the cap.
    pub output_cap: Option<(&'static str, u64)>,
    /// Ask for usage in the stream.
    pub ask_usage: bool,
    /// Members that are written when the client left them out, as JSON text.
    pub defaults: Vec<(&'a str, &'a str)>,
}

impl Call {
    /// Reads the body of a request to one of the endpoints of OpenAI.
    ///
    /// # Errors
    /// When the body cannot be understood or asks for something that cannot be metered.
    pub fn read(endpoint: Endpoint, body: Bytes) -> Result<Self, BadRequest> {
        let object = Object::parse(body).map_err(|error| {
            let (param, code) = match &error {
                ObjectError::Syntax(_) => (None, "invalid_json"),
                ObjectError::Duplicate(name) => (Some(name.clone()), "duplicate_parameter"),
            };
            BadRequest { message: error.to_string(), param, code }
        })?;
        let model = object.read::<String>("model").map_err(|_| BadRequest::wrong_type("model", "a string"))?;
        let model = model.filter(|model| !model.is_empty()).ok_or_else(|| BadRequest::missing("model"))?;
        let mut call = Self {
            endpoint,
            model,
            stream: false,
            choices: 1,
            output_cap: None,
            include_usage: None,
            shape: Shape::default(),
            object,
        };
        match endpoint {
            Endpoint::Chat => chat::inspect(&mut call)?,
            Endpoint::Completions => completions::inspect(&mut call)?,
            Endpoint::Embeddings => embeddings::inspect(&mut call)?,
            Endpoint::Responses => responses::inspect(&mut call)?,
            Endpoint::Messages | Endpoint::CountTokens => {
                return Err(BadRequest {
                    message: format!("the endpoint `{endpoint}` has a protocol of its own"),
                    param: None,
                    code: "endpoint_not_served",
                });
            }
        }
        Ok(call)
    }

    /// Returns the request as the client sent it.
    #[must_use]
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// Counts answers by the defaults that will be written where the client said nothing.
    #[must_use]
    pub fn choices_with(&self, default: impl Fn(&str) -> Option<u32>) -> u32 {
        let asked = |name: &str| if self.object.has(name) { None } else { default(name) };
        let by_default = match self.endpoint {
            Endpoint::Chat => asked("n"),
            Endpoint::Completions => asked("n").into_iter().chain(asked("best_of")).max(),
            _ => None,
        };
        match by_default {
            Some(n) if self.endpoint == Endpoint::Completions => {
                self.choices.max(n.saturating_mul(self.shape.messages))
            }
            Some(n) => self.choices.max(n),
            None => self.choices,
        }
    }

    /// Returns a member as a number, `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn number(&self, name: &str) -> Result<Option<f64>, BadRequest> {
        self.object.read::<f64>(name).map_err(|_| BadRequest::wrong_type(name, "a number"))
    }

    /// Returns the body with the changes for one upstream; without changes the very bytes of the client.
    #[must_use]
    pub fn write(&self, changes: &Changes<'_>) -> Bytes {
        let mut edits: Vec<(&str, Option<Vec<u8>>)> = Vec::new();
        if let Some(model) = changes.model.filter(|model| *model != self.model) {
            edits.push(("model", Some(quoted(model))));
        }
        if let Some((field, cap)) = changes.output_cap {
            for name in self.cap_fields() {
                if *name != field && self.object.get(name).is_some() {
                    edits.push((name, None));
                }
            }
            if self.object.read::<u64>(field).ok().flatten() != Some(cap) {
                edits.push((field, Some(cap.to_string().into_bytes())));
            }
        }
        if changes.ask_usage && self.stream && self.include_usage != Some(true) {
            edits.push(("stream_options", Some(self.stream_options())));
        }
        for (name, value) in &changes.defaults {
            // The cap and the form of the answer are decided elsewhere.
            let is_ours = self.cap_fields().contains(name) || matches!(*name, "model" | "stream" | "stream_options");
            if !is_ours && !self.object.has(name) {
                edits.push((name, Some(value.as_bytes().to_vec())));
            }
        }
        if edits.is_empty() {
            return self.object.bytes().clone();
        }
        let edits: Vec<_> = edits.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        self.object.with(&edits)
    }

    /// Returns the members that may hold a cap on output tokens.
    const fn cap_fields(&self) -> &'static [&'static str] {
        match self.endpoint {
            Endpoint::Chat => &["max_completion_tokens", "max_tokens"],
            Endpoint::Completions | Endpoint::Messages => &["max_tokens"],
            Endpoint::Responses => &["max_output_tokens"],
            Endpoint::Embeddings | Endpoint::CountTokens => &[],
        }
    }

    fn stream_options(&self) -> Vec<u8> {
        let written = self.object.get("stream_options").map(Bytes::copy_from_slice);
        match written.and_then(|text| Object::parse(text).ok()) {
            Some(options) => options.with(&[("include_usage", Some(b"true"))]).to_vec(),
            None => br#"{"include_usage":true}"#.to_vec(),
        }
    }

    /// Reads `stream` and, where the endpoint has it, `stream_options.include_usage`.
    pub(crate) fn read_stream(&mut self) -> Result<(), BadRequest> {
        let stream =
            self.object.read::<bool>("stream").map_err(|_| BadRequest::wrong_type("stream", "true or false"))?;
        self.stream = stream.unwrap_or(false);
        if !self.object.has("stream_options") {
            return Ok(());
        }
        let text = self.object.get("stream_options").map(Bytes::copy_from_slice).unwrap_or_default();
        let options = Object::parse(text).map_err(|_| BadRequest::wrong_type("stream_options", "an object"))?;
        self.include_usage = options
            .read::<bool>("include_usage")
            .map_err(|_| BadRequest::wrong_type("stream_options.include_usage", "true or false"))?;
        Ok(())
    }

    /// Reads the least of the caps that the client wrote.
    pub(crate) fn read_output_cap(&mut self) -> Result<(), BadRequest> {
        for name in self.cap_fields() {
            let cap = self.object.read::<u64>(name).map_err(|_| BadRequest::wrong_type(name, "a whole number"))?;
            self.output_cap = match (self.output_cap, cap) {
                (Some(left), Some(right)) => Some(left.min(right)),
                (left, right) => left.or(right),
            };
        }
        Ok(())
    }

    /// Reads how many answers are asked for with `name`.
    pub(crate) fn read_choices(&self, name: &str) -> Result<u32, BadRequest> {
        let n = self.object.read::<u32>(name).map_err(|_| BadRequest::wrong_type(name, "a whole number"))?.unwrap_or(1);
        if (1..=MOST_CHOICES).contains(&n) {
            return Ok(n);
        }
        Err(BadRequest {
            message: format!("`{name}` must be between 1 and {MOST_CHOICES}"),
            param: Some(name.into()),
            code: "invalid_value",
        })
    }

    /// Refuses members whose use cannot be metered.
    pub(crate) fn refuse(&self, features: &[(&str, &str)]) -> Result<(), BadRequest> {
        for (name, why) in features {
            let text = self.object.get(name).unwrap_or(b"null");
            if !matches!(text, b"null" | b"false") {
                return Err(BadRequest::feature(name, why));
            }
        }
        Ok(())
    }
}

impl BadRequest {
    pub(crate) fn missing(name: &str) -> Self {
        Self {
            message: format!("the request names no `{name}`"),
            param: Some(name.into()),
            code: "missing_required_parameter",
        }
    }

    pub(crate) fn wrong_type(name: &str, expected: &str) -> Self {
        Self { message: format!("`{name}` must be {expected}"), param: Some(name.into()), code: "invalid_type" }
    }

    pub(crate) fn feature(name: &str, why: &str) -> Self {
        Self {
            message: format!("`{name}` is not served here: {why}"),
            param: Some(name.into()),
            code: "feature_not_allowed",
        }
    }
}

impl std::fmt::Display for BadRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadRequest {}

#[cfg(test)]
mod tests;
