//! `POST /v1/responses`: passed through; what would make its use unbounded or cross accounts is refused.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::text::Text;
use crate::call::{BadRequest, Call};

/// Members that cannot be metered or that name state which all callers of the provider's account share.
const REFUSED: &[(&str, &str)] = &[
    ("background", "its use ends after the connection does"),
    ("context_management", "compaction adds input that cannot be bounded"),
    ("conversation", "stored state belongs to the provider's account"),
    ("previous_response_id", "stored state belongs to the provider's account"),
    ("prompt", "stored templates belong to the provider's account"),
];

/// Fills in what a request to Responses says.
pub(crate) fn inspect(call: &mut Call) -> Result<(), BadRequest> {
    call.read_stream()?;
    // Its `stream_options` never speak of usage: it is always in the last event.
    call.include_usage = None;
    call.read_output_cap()?;
    call.refuse(REFUSED)?;
    let input = call
        .object()
        .read::<Input>("input")
        .map_err(|_| BadRequest::wrong_type("input", "a string or a list of items"))?
        .ok_or_else(|| BadRequest::missing("input"))?;
    if input.stored {
        return Err(BadRequest::feature("input", "references to stored items or files are not served, send the bytes"));
    }
    let tools = call
        .object()
        .read::<Vec<Tool<'_>>>("tools")
        .map_err(|_| BadRequest::wrong_type("tools", "a list of tools"))?
        .unwrap_or_default();
    if let Some(tool) = tools.iter().find(|tool| !matches!(tool.kind.as_str(), "function" | "custom")) {
        let why = format!("the hosted tool `{}` adds input that cannot be bounded", tool.kind.as_str());
        return Err(BadRequest::feature("tools", &why));
    }
    let n_tools = u32::try_from(tools.len()).unwrap_or(u32::MAX);
    call.shape.tools = n_tools;
    call.shape.messages = input.items;
    call.shape.media = input.media;
    Ok(())
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
}

/// What `input` or the content of one of its items consists of.
#[derive(Clone, Copy, Debug, Default)]
struct Input {
    items: u32,
    media: u32,
    stored: bool,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(default)]
    content: Input,
    #[serde(default)]
    output: Input,
    #[serde(default)]
    file_id: Option<IgnoredAny>,
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InputVisitor)
    }
}

struct InputVisitor;

impl<'de> Visitor<'de> for InputVisitor {
    type Value = Input;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list")
    }

    fn visit_str<E>(self, _: &str) -> Result<Input, E> {
        Ok(Input { items: 1, ..Input::default() })
    }

    fn visit_unit<E>(self) -> Result<Input, E> {
        Ok(Input::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Input, A::Error> {
        let mut input = Input::default();
        while let Some(item) = seq.next_element::<Item<'de>>()? {
            input.items = input.items.saturating_add(1);
            input.media = input.media.saturating_add(item.content.media).saturating_add(item.output.media);
            input.stored |= item.content.stored || item.output.stored || item.file_id.is_some();
            match item.kind.as_str() {
                "item_reference" => input.stored = true,
                "input_image" | "input_file" | "input_audio" | "computer_call_output" => {
                    input.media = input.media.saturating_add(1);
                }
                _ => {}
            }
        }
        Ok(input)
    }
}
