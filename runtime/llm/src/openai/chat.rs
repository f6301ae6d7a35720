//! `POST /v1/chat/completions`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::text::Text;
use crate::call::{BadRequest, Call};

/// Fills in what a chat request says.
pub(crate) fn inspect(call: &mut Call) -> Result<(), BadRequest> {
    call.read_stream()?;
    call.read_output_cap()?;
    call.choices = call.read_choices("n")?;
    call.refuse(&[("web_search_options", "searches add input that cannot be bounded")])?;
    let messages = call
        .object()
        .read::<Vec<Message>>("messages")
        .map_err(|_| BadRequest::wrong_type("messages", "a list of messages"))?
        .ok_or_else(|| BadRequest::missing("messages"))?;
    let tools =
        call.object().read::<Vec<IgnoredAny>>("tools").map_err(|_| BadRequest::wrong_type("tools", "a list"))?;
    if messages.iter().any(|message| message.content.stored) {
        return Err(BadRequest::feature("messages", "stored files belong to the provider's account, send the bytes"));
    }
    call.shape.media = messages.iter().map(|message| message.content.media).sum();
    call.shape.messages = u32::try_from(messages.len()).unwrap_or(u32::MAX);
    call.shape.tools = tools.map_or(0, |tools| u32::try_from(tools.len()).unwrap_or(u32::MAX));
    Ok(())
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Content,
}

/// What the content of a message consists of.
#[derive(Clone, Copy, Debug, Default)]
struct Content {
    media: u32,
    stored: bool,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(default)]
    file: Option<File>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    file_id: Option<IgnoredAny>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a list of parts, or null")
    }

    fn visit_str<E>(self, _: &str) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
        let mut content = Content::default();
        while let Some(part) = seq.next_element::<Part<'de>>()? {
            content.stored |= part.file.is_some_and(|file| file.file_id.is_some());
            if !matches!(part.kind.as_str(), "text" | "refusal") {
                content.media = content.media.saturating_add(1);
            }
        }
        Ok(content)
    }
}
