//! `Invariant.spec`.

use super::Decoder;
use super::field::Field;
use crate::ast::{ForEach, Invariant};

const FOR_EACH: &[(ForEach, &str)] = &[
    (ForEach::Grant, "grant"),
    (ForEach::Model, "model"),
    (ForEach::Team, "team"),
    (ForEach::Subscription, "subscription"),
];

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Invariant> {
    let [for_each, condition, must, message, _gateways] =
        decoder.section(spec, "Invariant.spec", ["forEach", "where", "must", "message", "gateways"])?;
    decoder.require(for_each);
    let for_each = decoder.word(for_each, FOR_EACH);
    let text = decoder.text(condition);
    let must = decoder.required_text(must);
    let message = decoder.text(message);
    if condition.is_present() && text.is_none() {
        // Without its condition the invariant would ask more than was written.
        return None;
    }
    Some(Invariant { for_each: for_each?, condition: text, must: must?, message })
}
