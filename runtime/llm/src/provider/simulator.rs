//! A provider that needs no network: deterministic answers that say that they are simulated, with honest token counts.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::Simulator;
use serde_json::{Value, json};

use crate::call::Call;
use crate::sse;
use crate::tokens::{Estimator, estimate};

mod responses;

/// Tokens of a prompt beside its text: what a chat template adds per message.
const PER_MESSAGE: u64 = 4;
/// How many answers' worth of numbers an embedding has when the client names none.
const DIMENSIONS: u64 = 256;
/// Said again until the answer has its length.
const FILLER: &str =
    "It has a plausible length and an exact token count, so that limits, prices and reports can be tried. ";

/// What the simulator does with one call: what it sends, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// HTTP status.
    pub status: u16,
    /// The answer is a stream of events.
    pub stream: bool,
    /// Pieces of the body in their order.
    pub steps: Vec<Step>,
    /// The connection breaks behind the last step.
    pub cut: bool,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Wait so long before it is sent, in milliseconds.
    pub delay_ms: u64,
    /// The bytes.
    pub bytes: Bytes,
}

/// What a call is answered with, beside its text.
#[derive(Clone, Copy, Debug)]
struct Facts<'a> {
    model: &'a str,
    id: u64,
    now_s: u64,
    input: u64,
}

/// Answers a call. `cap`: output tokens of each answer; `number`: of this call, from 1; `now_s`: Unix time.
#[must_use]
pub fn answer(call: &Call, model: &str, cap: Option<u32>, settings: &Simulator, number: u64, now_s: u64) -> Script {
    let fault = settings.faults.iter().find(|fault| number.is_multiple_of(u64::from(fault.every.max(1))));
    if let Some(fault) = fault.filter(|fault| fault.status != 0) {
        return failure(fault.status, settings.latency_ms);
    }
    let prompt = prompt_text(call);
    let input = (estimate(&prompt) + u64::from(call.shape.messages) * PER_MESSAGE).max(1);
    let facts = Facts { model, id: number, now_s, input };
    let (pieces, limited) = pieces(model, &prompt, cap);
    let mut script = match (call.endpoint, call.stream) {
        (Endpoint::Embeddings, _) => unary(&embeddings(call, &facts), 0, settings),
        (Endpoint::Responses, true) => paced(responses::stream(&facts, &pieces, limited), settings),
        (Endpoint::Responses, false) => unary(&responses::unary(&facts, &pieces, limited), pieces.len(), settings),
        (_, true) => paced(stream(call, &facts, &pieces, limited), settings),
        (_, false) => unary(&whole(call, &facts, &pieces, limited), pieces.len(), settings),
    };
    if fault.is_some() {
        cut(&mut script);
    }
    script
}

fn prompt_text(call: &Call) -> String {
    let member = match call.endpoint {
        Endpoint::Completions => return crate::openai::completions::prompt_text(call),
        Endpoint::Embeddings | Endpoint::Responses => "input",
        _ => "messages",
    };
    let mut text = String::new();
    if let Ok(Some(value)) = call.object().read::<Value>(member) {
        collect(&value, &mut text);
    }
    text
}

/// Gathers the strings under `content`, `text` and the like; roles and types are not prompt.
fn collect(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(members) => {
            let inner = members.iter().filter(|(name, _)| !matches!(name.as_str(), "role" | "type" | "id"));
            inner.for_each(|(_, value)| collect(value, out));
        }
        Value::Number(_) => out.push_str("0\n"),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Returns the answer cut into tokens, and whether the cap cut it short.
fn pieces(model: &str, prompt: &str, cap: Option<u32>) -> (Vec<String>, bool) {
    let wanted = 40 + usize::try_from(hash(prompt) % 40).unwrap_or(0);
    let mut text =
        format!("This is a simulated answer from the gateway in place of `{model}`: no provider was asked. ");
    let mut pieces = cut_tokens(&text);
    while pieces.len() < wanted {
        text.push_str(FILLER);
        pieces = cut_tokens(&text);
    }
    // The end of a sentence is a natural end.
    let end =
        pieces.iter().skip(wanted).position(|piece| piece.starts_with('.')).map_or(pieces.len(), |at| wanted + at + 1);
    pieces.truncate(end);
    if let Some(last) = pieces.last_mut() {
        last.truncate(last.trim_end().len());
    }
    match cap.and_then(|cap| usize::try_from(cap).ok()) {
        Some(cap) if cap < pieces.len() => {
            pieces.truncate(cap);
            (pieces, true)
        }
        _ => (pieces, false),
    }
}

/// Cuts a text where the estimator counts a token, so that the pieces are exactly its tokens.
fn cut_tokens(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut estimator = Estimator::default();
    let mut buffer = [0; 4];
    for character in text.chars() {
        let before = estimator.tokens();
        let encoded = character.encode_utf8(&mut buffer);
        estimator.push(encoded);
        match pieces.last_mut() {
            Some(piece) if estimator.tokens() == before => piece.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn whole(call: &Call, facts: &Facts<'_>, pieces: &[String], limited: bool) -> Value {
    let text = pieces.concat();
    let finish = if limited { "length" } else { "stop" };
    let choice = |index: u32| match call.endpoint {
        Endpoint::Completions => json!({"index": index, "text": text, "logprobs": null, "finish_reason": finish}),
        _ => json!({
            "index": index, "message": {"role": "assistant", "content": text, "refusal": null},
            "logprobs": null, "finish_reason": finish,
        }),
    };
    let choices: Vec<Value> = (0..call.choices).map(choice).collect();
    json!({
        "id": chat_id(facts), "object": object_name(call, false), "created": facts.now_s, "model": facts.model,
        "choices": choices, "usage": usage(facts, output_tokens(call, pieces)),
    })
}

fn stream(call: &Call, facts: &Facts<'_>, pieces: &[String], limited: bool) -> Vec<Bytes> {
    let chunk = |choices: Value| {
        json!({
            "id": chat_id(facts), "object": object_name(call, true), "created": facts.now_s, "model": facts.model,
            "choices": choices,
        })
    };
    let legacy = call.endpoint == Endpoint::Completions;
    let mut events = Vec::with_capacity(pieces.len() + 4);
    for index in 0..call.choices {
        if !legacy {
            let delta = json!({"role": "assistant", "content": ""});
            events.push(chunk(json!([{"index": index, "delta": delta, "finish_reason": null}])));
        }
        for piece in pieces {
            events.push(chunk(if legacy {
                json!([{"index": index, "text": piece, "finish_reason": null}])
            } else {
                json!([{"index": index, "delta": {"content": piece}, "finish_reason": null}])
            }));
        }
        let finish = if limited { "length" } else { "stop" };
        events.push(chunk(if legacy {
            json!([{"index": index, "text": "", "finish_reason": finish}])
        } else {
            json!([{"index": index, "delta": {}, "finish_reason": finish}])
        }));
    }
    let mut last = chunk(json!([]));
    if let Some(members) = last.as_object_mut() {
        members.insert("usage".into(), usage(facts, output_tokens(call, pieces)));
    }
    events.push(last);
    let events = events.iter().map(|event| sse::event(event.to_string().as_bytes()));
    events.chain([Bytes::from_static(b"data: [DONE]\n\n")]).collect()
}

fn output_tokens(call: &Call, pieces: &[String]) -> u64 {
    u64::try_from(pieces.len()).unwrap_or(u64::MAX).saturating_mul(u64::from(call.choices))
}

fn usage(facts: &Facts<'_>, output: u64) -> Value {
    json!({
        "prompt_tokens": facts.input, "completion_tokens": output,
        "total_tokens": facts.input.saturating_add(output),
    })
}

fn chat_id(facts: &Facts<'_>) -> String {
    format!("chatcmpl-simulated-{:08x}", facts.id)
}

const fn object_name(call: &Call, chunk: bool) -> &'static str {
    match (call.endpoint, chunk) {
        (Endpoint::Completions, _) => "text_completion",
        (_, true) => "chat.completion.chunk",
        (_, false) => "chat.completion",
    }
}

fn embeddings(call: &Call, facts: &Facts<'_>) -> Value {
    let dimensions = call.object().read::<u64>("dimensions").ok().flatten().unwrap_or(DIMENSIONS).clamp(1, 4096);
    let base64 = call.object().read::<String>("encoding_format").ok().flatten().as_deref() == Some("base64");
    let inputs = match call.object().read::<Value>("input").ok().flatten() {
        Some(Value::Array(items)) if !items.iter().any(Value::is_number) => items,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let numbers = vector(&input.to_string(), dimensions);
            let embedding = if base64 { Value::from(to_base64(&numbers)) } else { Value::from(numbers) };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    json!({
        "object": "list", "data": data, "model": facts.model,
        "usage": {"prompt_tokens": facts.input, "total_tokens": facts.input},
    })
}

/// Returns a unit vector that depends on the text alone.
fn vector(text: &str, dimensions: u64) -> Vec<f32> {
    let seed = hash(text);
    let numbers: Vec<f32> = (0..dimensions)
        .map(|index| {
            let mixed = (seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 48;
            f32::from(u16::try_from(mixed).unwrap_or(0)) / 32_768.0 - 1.0
        })
        .collect();
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    numbers.iter().map(|number| number / length).collect()
}

fn to_base64(numbers: &[f32]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for position in 0..4 {
            let index = usize::try_from(word >> (18 - 6 * position) & 63).unwrap_or(0);
            let digit = ALPHABET.get(index).copied().filter(|_| position <= group.len()).unwrap_or(b'=');
            out.push(char::from(digit));
        }
    }
    out
}

fn failure(status: u16, latency_ms: u64) -> Script {
    let (kind, code) = match status {
        429 => ("rate_limit_exceeded", "rate_limit_exceeded"),
        400..=499 => ("invalid_request_error", "simulated_fault"),
        _ => ("server_error", "simulated_fault"),
    };
    let error =
        json!({"message": "a fault that the simulator was asked for", "type": kind, "param": null, "code": code});
    let bytes = Bytes::from(json!({"error": error}).to_string());
    Script { status, stream: false, steps: vec![Step { delay_ms: latency_ms, bytes }], cut: false }
}

fn unary(body: &Value, tokens: usize, settings: &Simulator) -> Script {
    let generating = per_token_us(settings).saturating_mul(u64::try_from(tokens).unwrap_or(u64::MAX)) / 1_000;
    let step = Step { delay_ms: settings.latency_ms.saturating_add(generating), bytes: Bytes::from(body.to_string()) };
    Script { status: 200, stream: false, steps: vec![step], cut: false }
}

/// Spreads events over time. Whole milliseconds are waited for, what is left over is carried on.
fn paced(events: Vec<Bytes>, settings: &Simulator) -> Script {
    let mut carried = settings.latency_ms.saturating_mul(1_000);
    let steps = events
        .into_iter()
        .map(|bytes| {
            let delay_ms = carried / 1_000;
            carried = carried % 1_000 + per_token_us(settings);
            Step { delay_ms, bytes }
        })
        .collect();
    Script { status: 200, stream: true, steps, cut: false }
}

fn per_token_us(settings: &Simulator) -> u64 {
    1_000_000u64.checked_div(u64::from(settings.tokens_per_second)).unwrap_or(0)
}

/// Breaks an answer in its middle.
fn cut(script: &mut Script) {
    script.cut = true;
    if script.stream {
        script.steps.truncate(script.steps.len() / 2);
    } else if let Some(step) = script.steps.last_mut() {
        step.bytes.truncate(step.bytes.len() / 2);
    }
}

#[cfg(test)]
mod tests;
