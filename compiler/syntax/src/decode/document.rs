//! The four fields of every document, then `spec` by kind.

use maas_schemas::policy::API_VERSION;
use maasc_diagnostics::{Spanned, nearest};

use super::field::{Field, State};
use super::{
    Decoder, approval, gateway, invariant, model, organization, policy_test, provider, quota, subscription, team,
};
use crate::Lost;
use crate::ast::{Document, Kind, Metadata, Spec, Text};
use crate::rules;
use crate::tree::{Meaning, NodeId};

/// What became of a document.
#[derive(Debug)]
pub(crate) enum Decoded {
    /// It can be used, perhaps without the fields that have findings.
    Document(Box<Document>),
    /// Nothing of it can be used, but others may name it.
    Lost(Lost),
    /// It is not one of ours.
    Nothing,
}

/// Decodes one document.
pub(crate) fn document(decoder: &mut Decoder<'_>, node: NodeId) -> Decoded {
    if is_foreign(decoder, node) {
        return Decoded::Nothing;
    }
    let Some([api_version, kind, metadata, spec]) =
        decoder.fields(node, "document", ["apiVersion", "kind", "metadata", "spec"])
    else {
        return Decoded::Nothing;
    };
    let is_known_version = check_version(decoder, api_version);
    let kind = kind_of(decoder, kind);
    let metadata = metadata_of(decoder, metadata);
    let (Some(kind), Some(metadata)) = (kind, metadata) else { return Decoded::Nothing };
    let lost = Lost { kind: kind.value, name: metadata.name.clone() };
    if !is_known_version {
        return Decoded::Lost(lost);
    }
    decoder.require(spec);
    let spec_node = decoder.value(spec);
    let gateways = gateways(decoder, spec_node);
    let Some(body) = body(decoder, kind.value, spec, spec_node) else { return Decoded::Lost(lost) };
    let span = decoder.tree.span(node);
    let api_version = decoder.text(api_version).unwrap_or_else(|| Spanned::new(API_VERSION.to_owned(), kind.span));
    let spec_span = spec_node.map_or(span, |node| decoder.tree.span(node));
    Decoded::Document(Box::new(Document { span, kind, api_version, metadata, gateways, spec_span, spec: body }))
}

/// Returns kind and name of a document whose syntax is broken, as far as it was read.
pub(crate) fn lost(decoder: &Decoder<'_>, node: NodeId) -> Option<Lost> {
    let tree = decoder.tree;
    let kind = tree.text(tree.get(node, "kind")?)?;
    let (kind, _) = Kind::ALL.iter().find(|(_, name)| *name == kind)?;
    let name = tree.lookup(node, &["metadata", "name"])?;
    let span = tree.span(name);
    Some(Lost { kind: *kind, name: Spanned::new(decoder.without_secret(tree.text(name)?, span), span) })
}

/// Says whether a document is somebody else's, with a finding.
fn is_foreign(decoder: &mut Decoder<'_>, node: NodeId) -> bool {
    let Some(version) = decoder.tree.get(node, "apiVersion") else { return false };
    let Some(text) = decoder.tree.text(version) else { return false };
    let is_null = decoder.tree.meaning(version) == Some(Meaning::Null);
    if is_null || is_ours(text) || nearest(text, [API_VERSION]).is_some() {
        return false;
    }
    let span = decoder.tree.span(version);
    decoder.acc.push(rules::foreign_document::finding(span, text));
    true
}

fn is_ours(version: &str) -> bool {
    version.split('/').next() == Some("maasc.dev")
}

/// Says whether the rest of the document can be read as what we know; a mistyped version can.
fn check_version(decoder: &mut Decoder<'_>, field: Field) -> bool {
    decoder.require(field);
    let Some(version) = decoder.text(field) else { return true };
    if version.value == API_VERSION {
        return true;
    }
    decoder.acc.push(rules::unknown_api_version::finding(version.span, &version));
    nearest(&version, [API_VERSION]).is_some() && !is_later_version(&version)
}

/// Says whether a text is another well-formed version, which only looks like a mistyped one.
fn is_later_version(version: &str) -> bool {
    let Some(number) = version.strip_prefix("maasc.dev/v") else { return false };
    let parts: Vec<&str> =
        number.split(|letter: char| letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    number.starts_with(|first: char| first.is_ascii_digit()) && matches!(parts.as_slice(), [] | ["alpha" | "beta"])
}

fn kind_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Spanned<Kind>> {
    let text = decoder.required_text(field)?;
    let known = Kind::ALL.iter().find(|(_, name)| *name == text.value);
    if known.is_none() {
        decoder.acc.push(rules::unknown_kind::finding(text.span, &text));
    }
    known.map(|(kind, _)| Spanned::new(*kind, text.span))
}

fn metadata_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Metadata> {
    decoder.require(field);
    let [name, labels, annotations] = decoder.section(field, "metadata", ["name", "labels", "annotations"])?;
    let name = decoder.required_text(name);
    let (labels, annotations) = (decoder.text_entries(labels), decoder.text_entries(annotations));
    let name = name?;
    decoder.check_name(&name);
    Some(Metadata { name, labels, annotations })
}

fn gateways(decoder: &mut Decoder<'_>, spec: Option<NodeId>) -> Option<Vec<Text>> {
    let owner = spec?;
    let (key, value) = decoder.tree.entry(owner, "gateways")?;
    decoder.optional_texts(Field {
        name: "gateways",
        of: "spec",
        owner,
        under: None,
        state: State::Present { key, value },
    })
}

/// Decodes `spec`; a document whose fields are all optional survives a `spec` that is broken.
fn body(decoder: &mut Decoder<'_>, kind: Kind, field: Field, node: Option<NodeId>) -> Option<Spec> {
    let field = if node.is_some() { field } else { Field { state: State::Absent, ..field } };
    Some(match kind {
        Kind::Organization => Spec::Organization(Box::new(organization::decode(decoder, field).unwrap_or_default())),
        Kind::Gateway => Spec::Gateway(Box::new(gateway::decode(decoder, field).unwrap_or_default())),
        Kind::Team => Spec::Team(Box::new(team::decode(decoder, field).unwrap_or_default())),
        Kind::Provider => Spec::Provider(Box::new(provider::decode(decoder, field)?)),
        Kind::Model => Spec::Model(Box::new(model::decode(decoder, field).unwrap_or_default())),
        Kind::Quota => Spec::Quota(quota::decode(decoder, field).unwrap_or_default()),
        Kind::Subscription => Spec::Subscription(Box::new(subscription::decode(decoder, field)?)),
        Kind::Approval => Spec::Approval(Box::new(approval::decode(decoder, field)?)),
        Kind::Invariant => Spec::Invariant(invariant::decode(decoder, field)?),
        Kind::PolicyTest => Spec::PolicyTest(policy_test::decode(decoder, field).unwrap_or_default()),
    })
}
