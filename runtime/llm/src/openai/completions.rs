//! `POST /v1/completions`, the legacy form.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::text::Text;
use crate::call::{BadRequest, Call};

/// Fills in what a completions request says.
pub(crate) fn inspect(call: &mut Call) -> Result<(), BadRequest> {
    call.read_stream()?;
    call.read_output_cap()?;
    // What the protocol says when nothing is written.
    call.output_cap = call.output_cap.or(Some(16));
    let answers = call.read_choices("n")?.max(call.read_choices("best_of")?);
    let prompts = call
        .object()
        .read::<Prompts>("prompt")
        .map_err(|_| BadRequest::wrong_type("prompt", "a string or a list"))?
        .map_or(1, |Prompts(n)| n);
    call.choices = answers.saturating_mul(prompts);
    call.shape.messages = prompts;
    Ok(())
}

/// How many prompts stand in `prompt`: each has its own answers.
pub(crate) struct Prompts(pub(crate) u32);

impl<'de> Deserialize<'de> for Prompts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PromptsVisitor)
    }
}

struct PromptsVisitor;

impl<'de> Visitor<'de> for PromptsVisitor {
    type Value = Prompts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a list of strings, or lists of tokens")
    }

    fn visit_str<E>(self, _: &str) -> Result<Prompts, E> {
        Ok(Prompts(1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Prompts, A::Error> {
        // A list of numbers is one prompt of tokens.
        let mut n: u32 = 0;
        while let Some(element) = seq.next_element::<Element>()? {
            match element {
                Element::Token => {
                    while seq.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(Prompts(n + 1));
                }
                Element::Prompt => n = n.saturating_add(1),
            }
        }
        Ok(Prompts(n.max(1)))
    }
}

enum Element {
    Token,
    Prompt,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;
        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a prompt or a token")
            }

            fn visit_u64<E>(self, _: u64) -> Result<Element, E> {
                Ok(Element::Token)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Element, E> {
                Ok(Element::Token)
            }

            fn visit_str<E>(self, _: &str) -> Result<Element, E> {
                Ok(Element::Prompt)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Element, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Element::Prompt)
            }
        }
        deserializer.deserialize_any(ElementVisitor)
    }
}

/// Returns the prompts as text, for the simulator.
pub(crate) fn prompt_text(call: &Call) -> String {
    if let Ok(Some(texts)) = call.object().read::<Vec<Text<'_>>>("prompt") {
        return texts.iter().map(Text::as_str).collect::<Vec<_>>().join("\n");
    }
    call.object().read::<String>("prompt").ok().flatten().unwrap_or_default()
}
