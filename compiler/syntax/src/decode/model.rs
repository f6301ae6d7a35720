//! `Model.spec`.

use super::Decoder;
use super::field::{Field, State};
use crate::ast::{
    DataClass, Exposure, Lifecycle, Model, OnDisconnect, ParameterBounds, Price, Retry, Stage, Text, Timeouts,
    UpstreamLine,
};
use crate::rules;
use crate::tree::{NodeId, NodeKind};

const VISIBILITY: &[(bool, &str)] = &[(false, "listed"), (true, "hidden")];
const ON_DISCONNECT: &[(OnDisconnect, &str)] = &[(OnDisconnect::Drain, "drain"), (OnDisconnect::Cancel, "cancel")];
const CAPABILITIES: &[(&str, &str)] = &[("tools", "tools"), ("vision", "vision"), ("json", "json")];

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Model> {
    let [
        display_name,
        description,
        tags,
        owner,
        aliases,
        endpoints,
        visibility,
        exposure,
        data_class,
        lifecycle,
        capabilities,
        context_window,
        max_output_tokens,
        price,
        upstreams,
        timeouts,
        retry,
        on_disconnect,
        parameters,
        _gateways,
    ] = decoder.section(
        spec,
        "Model.spec",
        [
            "displayName",
            "description",
            "tags",
            "owner",
            "aliases",
            "endpoints",
            "visibility",
            "exposure",
            "dataClass",
            "lifecycle",
            "capabilities",
            "contextWindow",
            "maxOutputTokens",
            "price",
            "upstreams",
            "timeouts",
            "retry",
            "onDisconnect",
            "parameters",
            "gateways",
        ],
    )?;
    Some(Model {
        display_name: decoder.text(display_name),
        description: decoder.text(description),
        tags: decoder.texts(tags),
        owner: decoder.text(owner),
        aliases: decoder.texts(aliases),
        endpoints: decoder.endpoints(endpoints),
        hidden: decoder.word(visibility, VISIBILITY),
        exposure: decoder.word(exposure, Exposure::ALL),
        data_class: decoder.word(data_class, DataClass::ALL),
        lifecycle: lifecycle_of(decoder, lifecycle),
        capabilities: decoder
            .words(capabilities, CAPABILITIES)
            .unwrap_or_default()
            .into_iter()
            .map(|word| word.map(str::to_owned))
            .collect(),
        context_window: decoder.text(context_window),
        max_output_tokens: decoder.text(max_output_tokens),
        price: prices(decoder, price),
        upstreams: decoder.list(upstreams, upstream),
        timeouts: timeouts_of(decoder, timeouts),
        retry: retry_of(decoder, retry),
        on_disconnect: decoder.word(on_disconnect, ON_DISCONNECT),
        parameters: decoder.entries(parameters, bounds),
    })
}

fn lifecycle_of(decoder: &mut Decoder<'_>, field: Field) -> Lifecycle {
    let names = ["stage", "retiresAt", "replacedBy"];
    let Some([stage, retires_at, replaced_by]) = decoder.section(field, "Model.spec.lifecycle", names) else {
        return Lifecycle::default();
    };
    Lifecycle {
        stage: decoder.word(stage, Stage::ALL),
        retires_at: decoder.text(retires_at),
        replaced_by: decoder.text(replaced_by),
    }
}

/// One mapping, or a list of them.
fn prices(decoder: &mut Decoder<'_>, field: Field) -> Vec<Price> {
    let Some(node) = decoder.value(field) else { return Vec::new() };
    match decoder.tree.node(node).kind {
        NodeKind::Mapping(_) => price(decoder, node).into_iter().collect(),
        NodeKind::Sequence(_) => decoder.list(field, price),
        NodeKind::Scalar { .. } | NodeKind::Broken => {
            decoder.wrong_type(node, "field `price`", "a mapping such as `{input: 2.50, output: 10.00}`");
            Vec::new()
        }
    }
}

fn price(decoder: &mut Decoder<'_>, node: NodeId) -> Option<Price> {
    let [from, input, cached_input, output] =
        decoder.fields(node, "Model.spec.price", ["from", "input", "cachedInput", "output"])?;
    let span = decoder.tree.span(node);
    let from = decoder.text(from);
    let input = decoder.required_text(input);
    let cached_input = decoder.text(cached_input);
    let output = decoder.text(output);
    Some(Price { span, from, input: input?, cached_input, output })
}

fn upstream(decoder: &mut Decoder<'_>, node: NodeId) -> Option<UpstreamLine> {
    let [provider, model, weight, fallback] =
        decoder.fields(node, "Model.spec.upstreams", ["provider", "model", "weight", "fallback"])?;
    let span = decoder.tree.span(node);
    if let (Some(first), Some(second)) = (weight.key(), fallback.key()) {
        let (first, second) = (decoder.tree.span(first), decoder.tree.span(second));
        decoder.acc.push(rules::conflicting_fields::finding(second, first, fallback.of, "fallback", "weight"));
    }
    let provider = decoder.required_text(provider);
    let model = decoder.text(model);
    let weight = decoder.text(weight);
    let fallback = decoder.text(fallback);
    Some(UpstreamLine { span, provider: provider?, model, weight, fallback })
}

fn timeouts_of(decoder: &mut Decoder<'_>, field: Field) -> Timeouts {
    let Some([first_byte, total]) = decoder.section(field, "Model.spec.timeouts", ["firstByte", "total"]) else {
        return Timeouts::default();
    };
    Timeouts { first_byte: decoder.text(first_byte), total: decoder.text(total) }
}

fn retry_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Retry> {
    let [attempts, on] = decoder.section(field, "Model.spec.retry", ["attempts", "on"])?;
    Some(Retry { attempts: decoder.text(attempts), on: decoder.list(on, retry_on) })
}

/// `connect`, `timeout`, `5xx` or the number of a status that is an error.
fn retry_on(decoder: &mut Decoder<'_>, node: NodeId) -> Option<Text> {
    let text = decoder.text_of(node, &|| "an item of `on`".to_owned())?;
    let is_status =
        text.len() == 3 && text.starts_with(['4', '5']) && text.chars().skip(1).all(|digit| digit.is_ascii_digit());
    if !is_status && !matches!(text.as_str(), "connect" | "timeout" | "5xx") {
        let known = ["connect", "timeout", "429", "5xx"];
        decoder.acc.push(rules::unknown_word::finding(text.span, "on", &text, &known));
        return None;
    }
    Some(text)
}

fn bounds(decoder: &mut Decoder<'_>, field: Field) -> Option<ParameterBounds> {
    let State::Present { key, .. } = field.state else { return None };
    let [min, max, default] = decoder.section(field, "Model.spec.parameters", ["min", "max", "default"])?;
    if !min.is_present() && !max.is_present() && !default.is_present() {
        let place = decoder.tree.span(key);
        decoder.acc.push(rules::missing_field::one_of(place, min.of, &["min", "max", "default"]));
        return None;
    }
    Some(ParameterBounds { min: decoder.text(min), max: decoder.text(max), default: decoder.text(default) })
}
