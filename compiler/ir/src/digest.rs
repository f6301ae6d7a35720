//! Digests: what an approval is bound to, and the identity of a whole decision table.
//!
//! An approval is bound to the thing as it is resolved (names that selectors found, limits that hold) and to every
//! value that the requirement's `when` reads, so that a change to any of them makes it void. Not covered are texts for
//! people, tags, timeouts, retries and weights: nobody consented to those. The thing is described from the whole
//! workspace, so that one consent can stand in several environments, and without anything that depends on the date
//! unless `when` reads it.

use std::collections::BTreeMap;

use maasc_hir::hir::{self, Hir};
use maasc_hir::ids::ModelId;
use sha2::{Digest as _, Sha256};

use crate::build::Vectors;
use crate::cel::{Datum, Path, Subject, Tuple, Values};
use crate::ir::Ir;

/// Returns `sha256:` and the hex digits of the SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the canonical JSON of a decision table: the bytes of `policy.ir.json`.
///
/// # Errors
/// None in practice: no map of the table has keys that are not texts.
pub fn to_json(ir: &Ir) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec(ir)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads `policy.ir.json`.
///
/// # Errors
/// When the bytes are no decision table of this version.
pub fn from_json(bytes: &[u8]) -> Result<Ir, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// Returns the digest of a decision table: of its canonical JSON.
#[must_use]
pub fn of_ir(ir: &Ir) -> String {
    to_json(ir).map_or_else(|_| String::new(), |bytes| sha256(&bytes))
}

/// Returns what a consent to a model is bound to.
pub(crate) fn of_model(requirement: &str, hir: &Hir, model: ModelId, reads: &[Tuple]) -> String {
    let item = hir.models.get(model.index()).map_or(Datum::Bool(false), |model| model_item(hir, model));
    of_item(requirement, "Model", item, reads)
}

/// Returns what a consent to a subscription, or to one of its models, is bound to.
pub(crate) fn of_subscription(
    requirement: &str,
    values: &Values<'_>,
    number: u32,
    only: Option<u32>,
    vectors: &Vectors,
    reads: &[Tuple],
) -> String {
    let subject = Subject { subscription: Some(number), ..Subject::default() };
    let fields = ["name", "labels", "teams", "users", "endpoints", "priority", "startsAt", "expiresAt", "costCentre"];
    let fields = fields.into_iter().chain(["keys", "exceed"]);
    let read = |name: &str| values.read(&Path::new(&format!("subscription.{name}")), subject);
    let mut item: BTreeMap<String, Datum> = fields.filter_map(|name| Some((name.to_owned(), read(name)?))).collect();
    item.insert(
        "unlimited".to_owned(),
        Datum::Bool(read("unlimited.reason").is_some_and(|reason| reason != Datum::text(""))),
    );
    let models = values.models_of(number);
    let models = models.iter().filter(|(number, _)| only.is_none_or(|only| only == *number));
    let mut by_limits: BTreeMap<&[u32], Vec<&str>> = BTreeMap::new();
    for (number, name) in models {
        by_limits.entry(vectors.get(vectors.number(*number))).or_default().push(name);
    }
    let limited = |(limits, models): (&[u32], Vec<&str>)| {
        Datum::object([("limits", values.limit_data(limits)), ("models", Datum::texts(models))])
    };
    item.insert("models".to_owned(), sorted_data(by_limits.into_iter().map(limited)));
    of_item(
        requirement,
        if only.is_some() { "Subscription, one model" } else { "Subscription" },
        Datum::Object(item),
        reads,
    )
}

fn of_item(requirement: &str, kind: &str, item: Datum, reads: &[Tuple]) -> String {
    let missing = || Datum::object([("missing", Datum::Bool(true))]);
    let tuple = |tuple: &Tuple| Datum::List(tuple.iter().map(|datum| datum.clone().unwrap_or_else(missing)).collect());
    let text = Datum::object([
        ("requirement", Datum::text(requirement)),
        ("kind", Datum::text(kind)),
        ("item", item),
        ("reads", Datum::List(reads.iter().map(tuple).collect())),
    ]);
    sha256(text.to_string().as_bytes())
}

/// Returns a model without what consent does not cover.
fn model_item(hir: &Hir, model: &hir::Model) -> Datum {
    let name = |team: &hir::Team| team.header.name.value.clone();
    let owner =
        model.owner.as_ref().and_then(|owner| hir.teams.get(owner.value.index())).map_or_else(String::new, name);
    let replaced_by = model.replaced_by.as_ref().and_then(|other| hir.models.get(other.value.index()));
    let price = |price: &hir::Price| {
        Datum::object([
            ("from", Datum::text(price.from.map_or_else(String::new, |from| crate::cel::time(from.0)))),
            ("input", Datum::money(u128::from(price.input.0))),
            ("cachedInput", Datum::money(u128::from(price.cached_input.0))),
            ("output", Datum::money(u128::from(price.output.0))),
        ])
    };
    let upstream = |line: &hir::UpstreamLine| {
        let provider = hir.providers.get(line.provider.value.index())?;
        Some(Datum::object([
            ("provider", Datum::text(&provider.header.name.value)),
            ("type", Datum::text(provider.kind.value.name())),
            ("endpoint", Datum::text(&provider.endpoint.value)),
            ("region", Datum::text(&provider.region.value)),
            ("model", Datum::text(&line.model)),
            ("fallback", Datum::number(line.tier)),
        ]))
    };
    let bounds = |bounds: &hir::ast::ParameterBounds| {
        let text = |text: &Option<hir::ast::Text>| Datum::text(text.as_ref().map_or("", |text| text.value.as_str()));
        Datum::object([("min", text(&bounds.min)), ("max", text(&bounds.max)), ("default", text(&bounds.default))])
    };
    let bound = |tokens: Option<u64>| tokens.map_or(Datum::INFINITE, Datum::count);
    Datum::object([
        ("name", Datum::text(&model.header.name.value)),
        ("labels", Datum::Labels(model.header.labels.clone())),
        ("owner", Datum::text(owner)),
        ("aliases", sorted_texts(model.aliases.iter().map(|alias| alias.value.clone()))),
        ("endpoints", sorted_texts(model.endpoints.iter().map(|endpoint| endpoint.name().to_owned()))),
        ("visibility", Datum::text(if model.hidden { "hidden" } else { "listed" })),
        ("exposure", Datum::text(model.exposure.name())),
        ("dataClass", Datum::text(model.data_class.name())),
        (
            "lifecycle",
            Datum::object([
                ("stage", Datum::text(model.stage.value.name())),
                (
                    "retiresAt",
                    Datum::text(model.retires_at.as_ref().map_or_else(String::new, |at| crate::cel::time(at.value.0))),
                ),
                (
                    "replacedBy",
                    Datum::text(replaced_by.map_or_else(String::new, |other| other.header.name.value.clone())),
                ),
            ]),
        ),
        ("capabilities", sorted_texts(model.capabilities.clone())),
        ("contextWindow", bound(model.context_window.as_ref().map(|tokens| tokens.value))),
        ("maxOutputTokens", bound(model.max_output_tokens.as_ref().map(|tokens| u64::from(tokens.value)))),
        ("price", sorted_data(model.prices.iter().map(price))),
        ("upstreams", sorted_data(model.upstreams.iter().filter_map(upstream))),
        (
            "onDisconnect",
            Datum::text(match model.on_disconnect {
                hir::OnDisconnect::Drain => "drain",
                hir::OnDisconnect::Cancel => "cancel",
            }),
        ),
        (
            "parameters",
            Datum::Map(model.parameters.iter().map(|(name, value)| (name.clone(), bounds(value))).collect()),
        ),
    ])
}

fn sorted_texts(texts: impl IntoIterator<Item = String>) -> Datum {
    sorted_data(texts.into_iter().map(Datum::Text))
}

fn sorted_data(data: impl Iterator<Item = Datum>) -> Datum {
    let mut data: Vec<Datum> = data.collect();
    data.sort_unstable();
    data.dedup();
    Datum::List(data)
}
