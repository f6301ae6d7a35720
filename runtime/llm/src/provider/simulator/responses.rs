//! The simulator's answers in the protocol of Responses.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Facts;
use crate::sse;

/// Returns a whole response.
pub(super) fn unary(facts: &Facts<'_>, pieces: &[String], limited: bool) -> Value {
    response(facts, pieces, limited)
}

/// Returns the events of a streamed response, `sequence_number` without gaps.
pub(super) fn stream(facts: &Facts<'_>, pieces: &[String], limited: bool) -> Vec<Bytes> {
    let item = message_id(facts);
    let text = pieces.concat();
    let place = |mut event: Value| {
        if let Some(members) = event.as_object_mut() {
            members.insert("item_id".into(), item.as_str().into());
            members.insert("output_index".into(), 0.into());
            members.insert("content_index".into(), 0.into());
        }
        event
    };
    let mut events = vec![
        json!({"type": "response.created", "response": skeleton(facts, "in_progress")}),
        json!({"type": "response.in_progress", "response": skeleton(facts, "in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": message(facts, "in_progress", None)}),
        place(json!({"type": "response.content_part.added", "part": part("")})),
    ];
    for piece in pieces {
        events.push(place(json!({"type": "response.output_text.delta", "delta": piece, "logprobs": []})));
    }
    let status = if limited { "incomplete" } else { "completed" };
    events.push(place(json!({"type": "response.output_text.done", "text": text, "logprobs": []})));
    events.push(place(json!({"type": "response.content_part.done", "part": part(&text)})));
    events.push(
        json!({"type": "response.output_item.done", "output_index": 0, "item": message(facts, status, Some(&text))}),
    );
    events.push(json!({"type": format!("response.{status}"), "response": response(facts, pieces, limited)}));
    let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
        if let Some(members) = event.as_object_mut() {
            members.insert("sequence_number".into(), number.into());
        }
        let name = event.get("type").and_then(Value::as_str).unwrap_or_default();
        sse::named_event(name, event.to_string().as_bytes())
    });
    numbered.collect()
}

fn response(facts: &Facts<'_>, pieces: &[String], limited: bool) -> Value {
    let status = if limited { "incomplete" } else { "completed" };
    let output = u64::try_from(pieces.len()).unwrap_or(u64::MAX);
    let mut response = skeleton(facts, status);
    if let Some(members) = response.as_object_mut() {
        members.insert("output".into(), json!([message(facts, status, Some(&pieces.concat()))]));
        if limited {
            members.insert("incomplete_details".into(), json!({"reason": "max_output_tokens"}));
        }
        let usage = json!({
            "input_tokens": facts.input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": facts.input.saturating_add(output),
        });
        members.insert("usage".into(), usage);
    }
    response
}

fn skeleton(facts: &Facts<'_>, status: &str) -> Value {
    json!({
        "id": format!("resp_simulated_{:08x}", facts.id), "object": "response", "created_at": facts.now_s, "status": status,
        "model": facts.model, "error": null, "incomplete_details": null, "instructions": null, "metadata": {},
        "output": [], "parallel_tool_calls": true, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "usage": null,
    })
}

fn message(facts: &Facts<'_>, status: &str, text: Option<&str>) -> Value {
    let content: Vec<Value> = text.map(part).into_iter().collect();
    json!({"id": message_id(facts), "type": "message", "role": "assistant", "status": status, "content": content})
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn message_id(facts: &Facts<'_>) -> String {
    format!("msg_simulated_{:08x}", facts.id)
}
