//! Which lines go on with a value that began on a line above.

use std::ops::Range;

use crate::tree::{NodeId, NodeKind, Style};
use crate::yaml::Yaml;

/// What a value of several lines is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text without quotes.
    Plain,
    /// Text in quotes.
    Quoted,
    /// Text after `|` or `>`.
    Block,
    /// A list or mapping in brackets.
    Flow,
}

/// A value that takes several lines.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// What it is.
    pub(super) shape: Shape,
}

/// Returns the scalars and the outermost bracketed collections with a line end in them, in their order.
pub(super) fn of_several_lines(text: &str, yaml: &Yaml<'_>) -> Vec<Inside> {
    let mut found: Vec<Inside> = Vec::new();
    for id in yaml.tree.ids() {
        let Some(shape) = shape(yaml, id) else { continue };
        let span = yaml.tree.span(id);
        let range = span.start as usize..span.end as usize;
        let slice = text.get(range.clone()).unwrap_or("");
        if shape != Shape::Block && !slice.contains('\n') || slice.is_empty() {
            continue;
        }
        let is_nested = found.last().is_some_and(|last| last.range.end > range.start);
        if !is_nested {
            found.push(Inside { range, shape });
        }
    }
    found
}

/// Returns the bytes of all bracketed collections that are not inside of another one.
pub(super) fn flows(yaml: &Yaml<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for id in yaml.tree.ids() {
        let span = yaml.tree.span(id);
        let range = span.start as usize..span.end as usize;
        if shape(yaml, id) == Some(Shape::Flow) && found.last().is_none_or(|last| last.end <= range.start) {
            found.push(range);
        }
    }
    found
}

fn shape(yaml: &Yaml<'_>, id: NodeId) -> Option<Shape> {
    match &yaml.tree.node(id).kind {
        NodeKind::Scalar { style: Style::Plain, .. } => Some(Shape::Plain),
        NodeKind::Scalar { style: Style::Quoted, .. } => Some(Shape::Quoted),
        NodeKind::Scalar { style: Style::Block, .. } => Some(Shape::Block),
        NodeKind::Scalar { style: Style::Missing, .. } | NodeKind::Broken => None,
        NodeKind::Sequence(_) | NodeKind::Mapping(_) => yaml.flows.binary_search(&id).is_ok().then_some(Shape::Flow),
    }
}
