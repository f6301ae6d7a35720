//! Documents against the JSON Schemas that editors use: what an editor would underline, and where.
//!
//! The decoder is the authority; this is its cross-check. It is never on the way from text to documents.

mod node;

use jsonschema::Validator;
use maas_schemas::policy;
use maasc_diagnostics::{FileId, Span};

use crate::findings::Findings;
use crate::limits::Limits;
use crate::tree::{NodeId, NodeKind, Tree};
use crate::yaml;
use node::TreeJson;

/// The schemas of all kinds, ready to use.
#[derive(Debug)]
pub struct Schemas {
    validators: Vec<(&'static str, Validator<TreeJson>)>,
}

/// One disagreement of a document with the schema of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    /// The value, or the key of the value that should not be there.
    pub span: Span,
    /// In the words of the schema's validator.
    pub message: String,
    /// Where in the schema it is said.
    pub keyword: String,
}

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the schema of `{kind}` cannot be used: {reason}")]
pub struct SchemaError {
    kind: &'static str,
    reason: String,
}

impl Schemas {
    /// Reads the embedded schemas.
    ///
    /// # Errors
    ///
    /// A schema is not valid.
    pub fn new() -> Result<Self, SchemaError> {
        let mut validators = Vec::new();
        for (kind, text) in policy::SCHEMAS {
            let schema: serde_json::Value =
                serde_json::from_str(text).map_err(|error| SchemaError { kind, reason: error.to_string() })?;
            let validator = jsonschema::options_for::<TreeJson>()
                .build(&schema)
                .map_err(|error| SchemaError { kind, reason: error.to_string() })?;
            validators.push((*kind, validator));
        }
        Ok(Self { validators })
    }

    /// Checks all documents of a text whose `kind` is ours; broken YAML is not its business.
    #[must_use]
    pub fn check(&self, file: FileId, text: &str, limits: &Limits) -> Vec<ShapeError> {
        let mut acc = Findings::default();
        let yaml = yaml::read(file, text, limits, &mut acc);
        let mut errors = Vec::new();
        for root in yaml.roots.iter().filter(|root| !root.broken) {
            let kind = yaml.tree.get(root.node, "kind").and_then(|kind| yaml.tree.text(kind));
            let Some((_, validator)) = self.validators.iter().find(|(name, _)| Some(*name) == kind) else { continue };
            for error in validator.iter_errors(node::TreeNode::new(&yaml.tree, root.node)) {
                let pointer = error.instance_path().to_string();
                let place = at_pointer(&yaml.tree, root.node, &pointer);
                let keyword = error.schema_path().to_string();
                errors.push(ShapeError { span: yaml.tree.span(place), message: error.to_string(), keyword });
            }
        }
        errors
    }
}

/// Returns the node at a JSON pointer, or the last one on the way to it.
fn at_pointer(tree: &Tree<'_>, from: NodeId, pointer: &str) -> NodeId {
    let mut node = from;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        let next = match tree.node(node).kind {
            NodeKind::Mapping(_) => tree.get(node, &name),
            NodeKind::Sequence(_) => name.parse().ok().and_then(|index: usize| tree.items(node).get(index).copied()),
            NodeKind::Scalar { .. } | NodeKind::Broken => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

#[cfg(test)]
mod tests;
