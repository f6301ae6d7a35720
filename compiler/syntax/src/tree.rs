//! Spanned trees: the nodes of YAML documents with the bytes they were read from.

use std::borrow::Cow;

use maasc_diagnostics::Span;

/// Index of a node in a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// All nodes of one file. An alias is the node it stands for, so a node may have several parents.
#[derive(Clone, Debug, Default)]
pub struct Tree<'text> {
    nodes: Vec<Node<'text>>,
    /// Items of sequences, keys and values of mappings in turn.
    children: Vec<NodeId>,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node<'text> {
    /// Where it was written: from the first to the last byte of its content, quotes and brackets included.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind<'text>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum NodeKind<'text> {
    /// Text, a number, a boolean or nothing.
    Scalar {
        /// The text without quotes and escapes.
        text: Cow<'text, str>,
        /// How it was typed.
        style: Style,
    },
    /// A list.
    Sequence(Children),
    /// Keys with their values; every key is a scalar, and none occurs twice.
    Mapping(Children),
    /// Something that a finding was made for already.
    Broken,
}

/// How a scalar was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: may be a number, a boolean or nothing.
    Plain,
    /// A key without a value.
    Missing,
    /// With quotes, or tagged as text.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// A range of a tree's table of children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Children {
    start: u32,
    end: u32,
}

/// What a scalar means in YAML's core schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; read it from the text.
    Number,
    /// Text.
    Text,
}

impl<'text> Tree<'text> {
    /// Returns a node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node<'text> {
        static BROKEN: Node<'static> =
            Node { span: Span { file: maasc_diagnostics::FileId(0), start: 0, end: 0 }, kind: NodeKind::Broken };
        self.nodes.get(id.0 as usize).unwrap_or(&BROKEN)
    }

    /// Returns the place of a node.
    #[must_use]
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span
    }

    /// Returns the text and style of a scalar.
    #[must_use]
    pub fn scalar(&self, id: NodeId) -> Option<(&str, Style)> {
        match &self.node(id).kind {
            NodeKind::Scalar { text, style } => Some((text, *style)),
            _ => None,
        }
    }

    /// Returns the text of a scalar.
    #[must_use]
    pub fn text(&self, id: NodeId) -> Option<&str> {
        self.scalar(id).map(|(text, _)| text)
    }

    /// Returns what a scalar means, or `None` for another node.
    #[must_use]
    pub fn meaning(&self, id: NodeId) -> Option<Meaning> {
        self.scalar(id).map(|(text, style)| meaning(text, style))
    }

    /// Returns the items of a list; none for another node.
    #[must_use]
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match self.node(id).kind {
            NodeKind::Sequence(children) => self.slice(children),
            _ => &[],
        }
    }

    /// Returns the keys and values of a mapping; none for another node.
    pub fn entries(&self, id: NodeId) -> impl DoubleEndedIterator<Item = (NodeId, NodeId)> + ExactSizeIterator + '_ {
        let children = match self.node(id).kind {
            NodeKind::Mapping(children) => self.slice(children),
            _ => &[],
        };
        children.as_chunks::<2>().0.iter().map(|[key, value]| (*key, *value))
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.entry(mapping, key).map(|(_, value)| value)
    }

    /// Returns a key's own node and its value.
    #[must_use]
    pub fn entry(&self, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.entries(mapping).find(|(name, _)| self.text(*name) == Some(key))
    }

    /// Returns the node at a path of keys.
    #[must_use]
    pub fn lookup(&self, from: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(from, |node, key| self.get(node, key))
    }

    /// Returns the number of nodes; an alias adds none.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Says whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns all nodes in the order in which they begin in the text.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    fn slice(&self, children: Children) -> &[NodeId] {
        self.children.get(children.start as usize..children.end as usize).unwrap_or(&[])
    }

    pub(crate) fn with_capacity(nodes: usize) -> Self {
        Self { nodes: Vec::with_capacity(nodes), children: Vec::with_capacity(nodes) }
    }

    pub(crate) fn add(&mut self, node: Node<'text>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    pub(crate) fn set(&mut self, id: NodeId, node: Node<'text>) {
        if let Some(slot) = self.nodes.get_mut(id.0 as usize) {
            *slot = node;
        }
    }

    pub(crate) fn add_children(&mut self, ids: impl Iterator<Item = NodeId>) -> Children {
        let start = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.extend(ids);
        Children { start, end: u32::try_from(self.children.len()).unwrap_or(u32::MAX) }
    }
}

impl NodeId {
    /// Returns the position in the order of [`Tree::ids`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Returns what a scalar means in YAML's core schema.
#[must_use]
pub fn meaning(text: &str, style: Style) -> Meaning {
    match style {
        Style::Quoted | Style::Block => Meaning::Text,
        Style::Missing => Meaning::Null,
        Style::Plain => match text {
            "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
            "true" | "True" | "TRUE" => Meaning::Bool(true),
            "false" | "False" | "FALSE" => Meaning::Bool(false),
            _ if is_number(text) => Meaning::Number,
            _ => Meaning::Text,
        },
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return !hexadecimal.is_empty() && hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Style, meaning};

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for number in ["0", "-1", "+7", "1.5", ".5", "1.", "1e3", "1.5E-3", "0x1F", "0o17", ".inf", "-.INF", ".nan"] {
            assert_eq!(meaning(number, Style::Plain), Meaning::Number, "{number}");
            assert_eq!(meaning(number, Style::Quoted), Meaning::Text, "{number}");
        }
        for text in ["1_000", "250k", "e3", "1e", ".", "+", "-", "0x", "1.2.3", "yes", "on", "2026-11-01", "1:30"] {
            assert_eq!(meaning(text, Style::Plain), Meaning::Text, "{text}");
        }
        assert_eq!(meaning("True", Style::Plain), Meaning::Bool(true));
        assert_eq!(meaning("tRue", Style::Plain), Meaning::Text);
        assert_eq!(meaning("~", Style::Plain), Meaning::Null);
        assert_eq!(meaning("~", Style::Missing), Meaning::Null);
    }
}
