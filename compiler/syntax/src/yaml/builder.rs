//! Parser events to tree: anchors, duplicate keys, merge keys, tags, and the bounds of a file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{ScalarStyle, StructureStyle, Tag};
use maasc_diagnostics::{FileId, Span};

use super::{Root, Yaml};
use crate::findings::Findings;
use crate::limits::Limits;
use crate::rules;
use crate::tree::{Node, NodeId, NodeKind, Style, Tree};

/// Above so many keys a set looks for duplicates; below, comparing each with each is faster.
const FEW_KEYS: usize = 12;

/// What a collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Mapping,
    Sequence,
}

/// How much a node costs where an alias repeats it.
#[derive(Clone, Copy, Debug)]
struct Weight {
    /// Nodes in it, itself and what its aliases stand for included; long texts count as several.
    nodes: u64,
    /// Levels of collections in it, itself included.
    depth: u32,
}

/// A collection whose end has not come yet.
#[derive(Debug)]
struct Frame {
    node: NodeId,
    /// The anchor that names it; 0 for none.
    anchor: usize,
    shape: Shape,
    style: StructureStyle,
    /// Where its children begin in `pending`.
    first: usize,
    span: Span,
    weight: Weight,
}

#[derive(Clone, Copy, Debug)]
enum Anchor {
    Open,
    Done(NodeId, Weight),
}

/// Builds the tree of one file.
#[derive(Debug)]
pub(super) struct Builder<'text> {
    file: FileId,
    text: &'text str,
    limits: Limits,
    yaml: Yaml<'text>,
    frames: Vec<Frame>,
    /// Children of the open collections.
    pending: Vec<NodeId>,
    anchors: BTreeMap<usize, Anchor>,
    /// Nodes of the whole file with aliases followed.
    nodes: u64,
    root: Option<NodeId>,
    exhausted: bool,
}

/// Returns a place; offsets beyond 4 GiB cannot occur, since such a file is refused before.
pub(super) fn span(file: FileId, start: usize, end: usize) -> Span {
    let offset = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Span { file, start: offset(start), end: offset(end.max(start)) }
}

impl<'text> Builder<'text> {
    pub(super) fn new(file: FileId, text: &'text str, limits: &Limits) -> Self {
        let tree = Tree::with_capacity(text.len() / 16);
        Self {
            file,
            text,
            limits: *limits,
            yaml: Yaml { tree, ..Yaml::default() },
            frames: Vec::new(),
            pending: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            root: None,
            exhausted: false,
        }
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    pub(super) fn into_yaml(mut self) -> Yaml<'text> {
        self.yaml.comments.sort_unstable();
        self.yaml
    }

    pub(super) fn comment(&mut self, span: Span) {
        self.yaml.comments.push(span);
    }

    pub(super) fn scalar(
        &mut self,
        value: Cow<'text, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<(&Tag, Span)>,
        span: Span,
        acc: &mut Findings,
    ) {
        let mut style = match style {
            ScalarStyle::Plain if span.start == span.end => Style::Missing,
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let mut known = true;
        if let Some((tag, place)) = tag {
            known = match core_suffix(tag) {
                Some("str" | "!") => {
                    style = if style == Style::Block { Style::Block } else { Style::Quoted };
                    true
                }
                Some("null" | "bool" | "int" | "float") => {
                    if style == Style::Quoted {
                        style = Style::Plain;
                    }
                    true
                }
                _ => false,
            };
            if !known {
                acc.push(rules::unknown_tag::finding(place, self.slice(place)));
            }
        }
        let weight = Weight { nodes: 1 + value.len() as u64 / 64, depth: 0 };
        let (span, value) = match style {
            Style::Missing => (self.after_colon(span), if known { Cow::Borrowed("") } else { value }),
            Style::Block => (self.without_line_ends(span), value),
            Style::Plain | Style::Quoted => (span, value),
        };
        let kind = if known { NodeKind::Scalar { text: value, style } } else { NodeKind::Broken };
        let node = self.yaml.tree.add(Node { span, kind });
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Done(node, weight));
        }
        self.count(1, span, acc);
        self.attach(node, span, Weight { nodes: 1, depth: 0 });
    }

    pub(super) fn start(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        anchor: usize,
        tag: Option<(&Tag, Span)>,
        span: Span,
        acc: &mut Findings,
    ) {
        if let Some((tag, place)) = tag {
            let fits = match core_suffix(tag) {
                Some("map") => shape == Shape::Mapping,
                Some("seq") => shape == Shape::Sequence,
                Some("!") => true,
                _ => false,
            };
            if !fits {
                acc.push(rules::unknown_tag::finding(place, self.slice(place)));
            }
        }
        let node = self.yaml.tree.add(Node { span, kind: NodeKind::Broken });
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Open);
        }
        if style == StructureStyle::Flow && self.slice(span).starts_with(['[', '{']) {
            self.yaml.flows.push(node);
        }
        let weight = Weight { nodes: 1, depth: 1 };
        self.frames.push(Frame { node, anchor, shape, style, first: self.pending.len(), span, weight });
        let limit = self.limits.max_depth;
        if self.frames.len() > limit as usize {
            acc.push(rules::nested_too_deeply::finding(span, limit));
            self.exhausted = true;
        }
        self.count(1, span, acc);
    }

    pub(super) fn end(&mut self, end: Span, acc: &mut Findings) {
        let Some(frame) = self.frames.pop() else { return };
        let (node, span, weight) = (frame.node, self.close(&frame, Some(end), acc), frame.weight);
        if frame.anchor != 0 {
            self.anchors.insert(frame.anchor, Anchor::Done(node, weight));
        }
        self.attach(node, span, weight);
    }

    pub(super) fn alias(&mut self, anchor: usize, span: Span, acc: &mut Findings) {
        match self.anchors.get(&anchor).copied() {
            Some(Anchor::Done(node, weight)) => {
                let depth = u32::try_from(self.frames.len()).unwrap_or(u32::MAX).saturating_add(weight.depth);
                if depth > self.limits.max_depth {
                    acc.push(rules::nested_too_deeply::finding(span, self.limits.max_depth));
                    self.broken(span, acc);
                } else {
                    self.count(weight.nodes, span, acc);
                    self.attach(node, span, weight);
                }
            }
            Some(Anchor::Open) => {
                acc.push(rules::unknown_alias::inside_itself(span, self.slice(span)));
                self.broken(span, acc);
            }
            None => self.broken(span, acc),
        }
    }

    pub(super) fn unknown_alias(&mut self, name: &str, span: Span, acc: &mut Findings) {
        acc.push(rules::unknown_alias::finding(span, name));
        self.broken(span, acc);
    }

    /// Ends a document that is whole.
    pub(super) fn finish_document(&mut self) {
        self.finish(false);
    }

    /// Ends a document at a mistake and keeps what was read of it.
    pub(super) fn abandon(&mut self) {
        let mut acc = Findings::default();
        while let Some(mut frame) = self.frames.pop() {
            if frame.shape == Shape::Mapping && (self.pending.len() - frame.first) % 2 == 1 {
                self.pending.pop();
            }
            frame.style = StructureStyle::Block;
            let span = self.close(&frame, None, &mut acc);
            self.attach(frame.node, span, Weight { nodes: 0, depth: 0 });
        }
        self.finish(true);
    }

    fn finish(&mut self, broken: bool) {
        self.frames.clear();
        self.pending.clear();
        self.anchors.clear();
        let Some(node) = self.root.take() else { return };
        let is_empty = matches!(&self.yaml.tree.node(node).kind, NodeKind::Scalar { style: Style::Missing, .. });
        if !is_empty {
            self.yaml.roots.push(Root { node, broken });
        }
    }

    fn broken(&mut self, span: Span, acc: &mut Findings) {
        let node = self.yaml.tree.add(Node { span, kind: NodeKind::Broken });
        self.count(1, span, acc);
        self.attach(node, span, Weight { nodes: 1, depth: 0 });
    }

    /// Hangs a node into the open collection, or makes it the root.
    fn attach(&mut self, node: NodeId, place: Span, weight: Weight) {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        if frame.style == StructureStyle::Block {
            frame.span = if self.pending.len() == frame.first { place } else { frame.span.to(place) };
        }
        frame.weight.nodes = frame.weight.nodes.saturating_add(weight.nodes);
        frame.weight.depth = frame.weight.depth.max(weight.depth.saturating_add(1));
        self.pending.push(node);
    }

    fn count(&mut self, nodes: u64, place: Span, acc: &mut Findings) {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > u64::from(self.limits.max_nodes) && !self.exhausted {
            self.exhausted = true;
            acc.push(rules::too_many_nodes::finding(place, self.limits.max_nodes));
        }
    }

    /// Stores a collection with its children and returns its place.
    fn close(&mut self, frame: &Frame, end: Option<Span>, acc: &mut Findings) -> Span {
        let span = match (frame.style, end) {
            (StructureStyle::Flow, Some(end)) => frame.span.to(end),
            _ => frame.span,
        };
        let kind = match frame.shape {
            Shape::Sequence => NodeKind::Sequence(self.yaml.tree.add_children(self.pending.drain(frame.first..))),
            Shape::Mapping => {
                self.check_keys(frame.first, acc);
                NodeKind::Mapping(self.yaml.tree.add_children(self.pending.drain(frame.first..)))
            }
        };
        self.yaml.tree.set(frame.node, Node { span, kind });
        span
    }

    /// Drops the entries from `first` on whose key is not a text, is `<<` or was there before.
    fn check_keys(&mut self, first: usize, acc: &mut Findings) {
        let entries = self.pending.get(first..).unwrap_or(&[]).as_chunks::<2>().0;
        let tree = &self.yaml.tree;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut drop: BTreeSet<usize> = BTreeSet::new();
        for (index, [key, value]) in entries.iter().enumerate() {
            let key_span = tree.span(*key);
            let Some((text, style)) = tree.scalar(*key) else {
                if !matches!(tree.node(*key).kind, NodeKind::Broken) {
                    acc.push_with(|| rules::complex_key::finding(key_span));
                }
                drop.insert(index);
                continue;
            };
            if text == "<<" && style == Style::Plain {
                acc.push(rules::merge_key::finding(key_span));
                drop.insert(index);
                continue;
            }
            let before = if entries.len() <= FEW_KEYS {
                let others = entries.get(..index).unwrap_or(&[]);
                others.iter().position(|[other, _]| tree.text(*other) == Some(text))
            } else {
                let before = seen.get(text).copied();
                seen.entry(text).or_insert(index);
                before
            };
            if let Some([before, other]) = before.and_then(|before| entries.get(before)) {
                let equal = equal_scalars(tree, *other, *value);
                acc.push_with(|| rules::duplicate_key::finding(key_span, tree.span(*before), text, equal));
                drop.insert(index);
            }
        }
        if drop.is_empty() {
            return;
        }
        let kept: Vec<NodeId> = entries
            .iter()
            .enumerate()
            .filter(|(index, _)| !drop.contains(index))
            .flat_map(|(_, entry)| *entry)
            .collect();
        self.pending.truncate(first);
        self.pending.extend(kept);
    }

    /// Returns where a missing value would stand: behind the colon of its key.
    fn after_colon(&self, place: Span) -> Span {
        let rest = self.text.get(place.start as usize..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest.get(blanks..).is_some_and(|rest| rest.starts_with(':')) {
            let offset = place.start as usize + blanks + 1;
            return span(self.file, offset, offset);
        }
        place
    }

    /// Returns a block scalar's place without the line ends after its last line.
    fn without_line_ends(&self, place: Span) -> Span {
        let text = self.slice(place);
        let kept = text.trim_end_matches(['\n', '\r', ' ']).len();
        span(self.file, place.start as usize, place.start as usize + kept)
    }

    fn slice(&self, span: Span) -> &'text str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// Returns the name of a tag of YAML's core schema, `!` for the tag that only says "not plain".
fn core_suffix(tag: &Tag) -> Option<&str> {
    if tag.suffix().is_empty() && tag.handle() == "!" || tag.suffix() == "!" && tag.handle().is_empty() {
        return Some("!");
    }
    tag.core_suffix()
}

fn equal_scalars(tree: &Tree<'_>, a: NodeId, b: NodeId) -> bool {
    matches!((tree.text(a), tree.text(b)), (Some(a), Some(b)) if a == b)
}
