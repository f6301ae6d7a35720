//! Spanned tree to documents: every field with its place, every mistake and not only the first.

mod approval;
mod common;
mod document;
mod field;
mod gateway;
mod invariant;
mod limit;
mod model;
mod organization;
mod policy_test;
mod provider;
mod quota;
mod subscription;
mod team;

pub(crate) use document::{Decoded, document, lost};

use maasc_diagnostics::{Span, Spanned};

use crate::ast::{Entries, Text};
use crate::findings::Findings;
use crate::rules;
use crate::secrets;
use crate::tree::{Meaning, NodeId, NodeKind, Style, Tree};
use field::{Field, State};

/// What the decoding of one file needs.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    /// The text of the file.
    pub(crate) source: &'a str,
    /// The nodes.
    pub(crate) tree: &'a Tree<'a>,
    /// Where secrets stand, sorted.
    pub(crate) secrets: &'a [Span],
    /// Where findings go.
    pub(crate) acc: &'a mut Findings,
}

impl<'a> Decoder<'a> {
    /// Returns the fields of a mapping in the order of `names`, or `None` where there is no mapping.
    fn fields<const N: usize>(
        &mut self,
        node: NodeId,
        of: &'static str,
        names: [&'static str; N],
    ) -> Option<[Field; N]> {
        if !self.is_mapping(node, of) {
            return None;
        }
        let mut fields = names.map(|name| Field { name, of, owner: node, under: None, state: State::Absent });
        let tree = self.tree;
        let mut unknown = Vec::new();
        for (key, value) in tree.entries(node) {
            let text = tree.text(key).unwrap_or("");
            match fields.iter_mut().find(|field| field.name == text) {
                Some(field) => field.state = State::Present { key, value },
                None => unknown.push(key),
            }
        }
        if !unknown.is_empty() {
            let present: Vec<&str> = fields.iter().filter(|field| field.is_present()).map(|field| field.name).collect();
            for key in unknown {
                if self.acc.is_full() {
                    break;
                }
                let text = tree.text(key).unwrap_or("");
                self.acc.push(rules::unknown_field::finding(tree.span(key), of, text, &names, &present));
            }
        }
        Some(fields)
    }

    /// Returns the fields of a field that is a mapping.
    fn section<const N: usize>(
        &mut self,
        field: Field,
        of: &'static str,
        names: [&'static str; N],
    ) -> Option<[Field; N]> {
        let node = self.value(field)?;
        let mut fields = self.fields(node, of, names)?;
        for inner in &mut fields {
            inner.under = field.key();
        }
        Some(fields)
    }

    /// Returns the node of a field that was written, with a finding where it has no value.
    fn value(&mut self, field: Field) -> Option<NodeId> {
        let State::Present { key, value } = field.state else { return None };
        if self.tree.meaning(value) == Some(Meaning::Null) {
            self.acc.push(rules::missing_field::no_value(self.tree.span(key), field.of, field.name));
            return None;
        }
        (!matches!(self.tree.node(value).kind, NodeKind::Broken)).then_some(value)
    }

    /// Makes a finding where a field was not written.
    fn require(&mut self, field: Field) {
        if matches!(field.state, State::Absent) {
            let place = self.place_of_missing(field);
            self.acc.push(rules::missing_field::finding(place, field.of, field.name));
        }
    }

    /// Returns where to say that a field is missing: its mapping, or the key above it if that is long.
    fn place_of_missing(&self, field: Field) -> Span {
        match field.under {
            Some(key) if !self.is_one_line(field.owner) => self.tree.span(key),
            _ => self.place(field.owner),
        }
    }

    /// Returns the text of a field.
    fn text(&mut self, field: Field) -> Option<Text> {
        let node = self.value(field)?;
        self.text_of(node, &|| format!("field `{}`", field.name))
    }

    /// Returns the text of a field that must be there.
    fn required_text(&mut self, field: Field) -> Option<Text> {
        self.require(field);
        self.text(field)
    }

    /// Returns the text of a node; `what` names it in findings.
    fn text_of(&mut self, node: NodeId, what: &dyn Fn() -> String) -> Option<Text> {
        let text = self.text_or_empty(node, what)?;
        if text.value.trim().is_empty() {
            self.acc.push(rules::empty_text::finding(text.span, &what()));
            return None;
        }
        Some(text)
    }

    fn text_or_empty(&mut self, node: NodeId, what: &dyn Fn() -> String) -> Option<Text> {
        let span = self.tree.span(node);
        match self.tree.scalar(node) {
            Some((text, style)) => match crate::tree::meaning(text, style) {
                Meaning::Text | Meaning::Number => Some(Spanned::new(self.without_secret(text, span), span)),
                Meaning::Bool(_) => {
                    let finding = rules::wrong_type::finding(span, &what(), "text", "a boolean")
                        .help("put it in quotes if it is meant as text")
                        .replace(span, format!("\"{text}\""));
                    self.acc.push(finding);
                    None
                }
                Meaning::Null => {
                    self.acc.push(rules::wrong_type::finding(span, &what(), "text", "nothing"));
                    None
                }
            },
            None => {
                self.wrong_type(node, &what(), "text");
                None
            }
        }
    }

    /// No secret gets into a document, however wrong the place is at which it was written.
    fn without_secret(&self, text: &str, span: Span) -> String {
        if secrets::touches(self.secrets, span) { secrets::MASK.to_owned() } else { text.to_owned() }
    }

    /// Returns `true` or `false` of a field.
    fn boolean(&mut self, field: Field) -> Option<Spanned<bool>> {
        let node = self.value(field)?;
        let span = self.tree.span(node);
        if let Some(Meaning::Bool(value)) = self.tree.meaning(node) {
            return Some(Spanned::new(value, span));
        }
        let word = self.tree.text(node).unwrap_or("").to_ascii_lowercase();
        let meant = match word.as_str() {
            "yes" | "on" | "y" | "true" => Some("true"),
            "no" | "off" | "n" | "false" => Some("false"),
            _ => None,
        };
        let what = format!("field `{}`", field.name);
        let finding = rules::wrong_type::finding(span, &what, "`true` or `false`", self.describe(node));
        self.acc.push(match meant {
            Some(meant) => finding.replace(span, meant),
            None => finding,
        });
        None
    }

    /// Returns the member of a closed set of words that a field names.
    fn word<T: Copy>(&mut self, field: Field, words: &[(T, &'static str)]) -> Option<Spanned<T>> {
        let node = self.value(field)?;
        self.word_of(node, field.name, words)
    }

    fn word_of<T: Copy>(&mut self, node: NodeId, name: &str, words: &[(T, &'static str)]) -> Option<Spanned<T>> {
        let span = self.tree.span(node);
        let Some(text) = self.tree.text(node) else {
            self.wrong_type(node, &format!("`{name}`"), "a word");
            return None;
        };
        let found = words.iter().find(|(_, word)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
            self.acc.push(rules::unknown_word::finding(span, name, text, &known));
        }
        found.map(|(value, _)| Spanned::new(*value, span))
    }

    /// Returns the words of a field that is a list of them, or `None` where it was not written.
    fn words<T: Copy>(&mut self, field: Field, words: &[(T, &'static str)]) -> Option<Vec<Spanned<T>>> {
        let items = self.items(field)?;
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            if self.acc.is_full() {
                break;
            }
            found.extend(self.word_of(*item, field.name, words));
        }
        Some(found)
    }

    /// Returns the texts of a field that is a list; none where it was not written.
    fn texts(&mut self, field: Field) -> Vec<Text> {
        self.optional_texts(field).unwrap_or_default()
    }

    fn optional_texts(&mut self, field: Field) -> Option<Vec<Text>> {
        let items = self.items(field)?;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            if self.acc.is_full() {
                break;
            }
            texts.extend(self.text_of(*item, &|| format!("an item of `{}`", field.name)));
        }
        Some(texts)
    }

    /// Returns what a function makes of each item of a list; none where it was not written.
    fn list<T>(&mut self, field: Field, mut item: impl FnMut(&mut Self, NodeId) -> Option<T>) -> Vec<T> {
        let Some(items) = self.items(field) else { return Vec::new() };
        let mut found = Vec::with_capacity(items.len());
        for node in items {
            if self.acc.is_full() {
                break;
            }
            found.extend(item(self, *node));
        }
        found
    }

    /// Returns the nodes of a field that is a list.
    fn items(&mut self, field: Field) -> Option<&'a [NodeId]> {
        let node = self.value(field)?;
        if matches!(self.tree.node(node).kind, NodeKind::Sequence(_)) {
            return Some(self.tree.items(node));
        }
        let span = self.tree.span(node);
        let what = format!("field `{}`", field.name);
        let mut finding = rules::wrong_type::finding(span, &what, "a list", self.describe(node));
        if let Some((text, style)) = self.tree.scalar(node)
            && style != Style::Block
            && !secrets::touches(self.secrets, span)
            && !text.contains([',', '[', ']', '{', '}', '\n', '#'])
        {
            let quoted =
                if style == Style::Quoted { format!("['{}']", text.replace('\'', "''")) } else { format!("[{text}]") };
            finding = finding.help("write one item in brackets").replace(span, quoted);
        }
        self.acc.push(finding);
        None
    }

    /// Returns the entries of a field that is a mapping with free keys.
    fn entries<T>(&mut self, field: Field, mut entry: impl FnMut(&mut Self, Field) -> Option<T>) -> Entries<T> {
        let Some(node) = self.value(field) else { return Vec::new() };
        if !self.is_mapping(node, field.name) {
            return Vec::new();
        }
        let tree = self.tree;
        let mut entries = Vec::new();
        for (key, value) in tree.entries(node) {
            if self.acc.is_full() {
                break;
            }
            let Some(name) = self.key_of(key, field) else { continue };
            let of_entry = Field { owner: node, state: State::Present { key, value }, ..field };
            if let Some(value) = entry(self, of_entry) {
                entries.push((name, value));
            }
        }
        entries
    }

    fn key_of(&mut self, key: NodeId, field: Field) -> Option<Text> {
        let span = self.tree.span(key);
        let text = self.tree.text(key)?;
        if text.trim().is_empty() {
            self.acc.push(rules::empty_text::finding(span, &format!("a key of `{}`", field.name)));
            return None;
        }
        Some(Spanned::new(self.without_secret(text, span), span))
    }

    /// Returns a field that is a mapping from texts to texts, which may be empty.
    fn text_entries(&mut self, field: Field) -> Entries<Text> {
        self.entries(field, |decoder, entry| {
            let State::Present { value, .. } = entry.state else { return None };
            decoder.text_or_empty(value, &|| format!("a value of `{}`", field.name))
        })
    }

    fn is_mapping(&mut self, node: NodeId, of: &str) -> bool {
        match self.tree.node(node).kind {
            NodeKind::Mapping(_) => true,
            NodeKind::Broken => false,
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
                self.wrong_type(node, &format!("`{of}`"), "a mapping");
                false
            }
        }
    }

    /// Makes a finding for a node of the wrong type; silent about one that has a finding already.
    fn wrong_type(&mut self, node: NodeId, what: &str, wanted: &str) {
        if !matches!(self.tree.node(node).kind, NodeKind::Broken) {
            let span = self.place(node);
            self.acc.push(rules::wrong_type::finding(span, what, wanted, self.describe(node)));
        }
    }

    fn describe(&self, node: NodeId) -> &'static str {
        match (&self.tree.node(node).kind, self.tree.meaning(node)) {
            (NodeKind::Sequence(_), _) => "a list",
            (NodeKind::Mapping(_), _) => "a mapping",
            (_, Some(Meaning::Bool(_))) => "a boolean",
            (_, Some(Meaning::Number)) => "a number",
            (_, Some(Meaning::Text)) => "text",
            (_, Some(Meaning::Null) | None) => "nothing",
        }
    }

    fn is_one_line(&self, node: NodeId) -> bool {
        let span = self.tree.span(node);
        let text = self.source.get(span.start as usize..span.end as usize).unwrap_or("");
        !text.bytes().take(200).any(|byte| byte == b'\n') && text.len() < 200
    }

    /// Returns where a finding about a whole node is shown: the node, or its first key or item if it is long.
    fn place(&self, node: NodeId) -> Span {
        let mut node = node;
        loop {
            if self.is_one_line(node) {
                return self.tree.span(node);
            }
            let first_key = self.tree.entries(node).next().map(|(key, _)| key);
            match first_key.or_else(|| self.tree.items(node).first().copied()) {
                Some(first) => node = first,
                None => return self.tree.span(node),
            }
        }
    }
}
