//! Names: one table per kind, duplicates, label selectors, and the environments of each document.

use std::collections::BTreeMap;

use maasc_diagnostics::{Diagnostics, Span, nearest};
use maasc_syntax::Lost;
use maasc_syntax::ast::{self, Document, Entries, Kind, Text};

use crate::rules::{duplicate_name, unknown_gateway, word};

/// Name of the environment that is there when no `Gateway` document is.
pub(crate) const DEFAULT_GATEWAY: &str = "default";

/// All documents by kind and name.
pub(crate) struct Scope<'a> {
    tables: BTreeMap<Kind, Table<'a>>,
    /// Documents of which only kind and name could be read.
    lost: &'a [Lost],
    n_gateways: u32,
}

/// The documents of one kind, by name; the position is the index in the arena.
#[derive(Default)]
struct Table<'a> {
    documents: Vec<&'a Document>,
    /// The environments of each, ascending; `None` for all.
    gateways: Vec<Option<Vec<u32>>>,
    /// Documents by each of their labels, ascending.
    by_label: BTreeMap<(&'a str, &'a str), Vec<u32>>,
}

impl<'a> Scope<'a> {
    /// Sorts the documents; of several with one name the first by place stays.
    pub(crate) fn new(documents: &'a [Document], lost: &'a [Lost], acc: &mut Diagnostics) -> Self {
        let mut sorted: Vec<&Document> = documents.iter().collect();
        sorted.sort_by(|a, b| key(a).cmp(&key(b)));
        let mut tables: BTreeMap<Kind, Table<'a>> = BTreeMap::new();
        for document in sorted {
            let table = tables.entry(document.kind.value).or_default();
            match table.documents.last() {
                Some(last) if last.metadata.name.value == document.metadata.name.value => {
                    acc.push(duplicate_name::finding(
                        word(document.kind.value),
                        &document.metadata.name,
                        last.metadata.name.span,
                    ));
                }
                _ => table.documents.push(document),
            }
        }
        let n_gateways = tables.get(&Kind::Gateway).map_or(1, |table| table.documents.len());
        let mut scope = Self { tables, lost, n_gateways: u32::try_from(n_gateways).unwrap_or(u32::MAX) };
        scope.read_gateways(acc);
        for kind in [Kind::Team, Kind::Model] {
            if let Some(table) = scope.tables.get_mut(&kind) {
                table.read_labels();
            }
        }
        scope
    }

    fn read_gateways(&mut self, acc: &mut Diagnostics) {
        let mut read: Vec<(Kind, Vec<Option<Vec<u32>>>)> = Vec::new();
        for (kind, table) in &self.tables {
            let gateways = table.documents.iter().map(|document| self.gateways_of_document(document, acc)).collect();
            read.push((*kind, gateways));
        }
        for (kind, gateways) in read {
            if let Some(table) = self.tables.get_mut(&kind) {
                table.gateways = gateways;
            }
        }
    }

    /// An unknown name is reported, and the document then counts as one for all environments, so that nothing follows.
    fn gateways_of_document(&self, document: &Document, acc: &mut Diagnostics) -> Option<Vec<u32>> {
        let names = document.gateways.as_ref()?;
        let mut resolved = Vec::with_capacity(names.len());
        let mut complete = true;
        for name in names {
            match self.find(Kind::Gateway, &name.value) {
                Some(index) => resolved.push(index),
                None => {
                    complete = false;
                    if !self.is_lost(Kind::Gateway, &name.value) {
                        acc.push(unknown_gateway::finding(self, document, name));
                    }
                }
            }
        }
        resolved.sort_unstable();
        resolved.dedup();
        complete.then_some(resolved)
    }

    /// Returns the documents of a kind in the order of their indices.
    pub(crate) fn documents(&self, kind: Kind) -> &[&'a Document] {
        self.tables.get(&kind).map_or(&[], |table| table.documents.as_slice())
    }

    /// Returns the first document in the order of kinds and names.
    pub(crate) fn first(&self) -> Option<&'a Document> {
        self.tables.values().find_map(|table| table.documents.first().copied())
    }

    /// Returns a document.
    pub(crate) fn document(&self, kind: Kind, index: u32) -> Option<&'a Document> {
        self.documents(kind).get(index as usize).copied()
    }

    /// Returns the index of a name.
    pub(crate) fn find(&self, kind: Kind, name: &str) -> Option<u32> {
        let documents = self.documents(kind);
        if kind == Kind::Gateway && documents.is_empty() {
            return (name == DEFAULT_GATEWAY).then_some(0);
        }
        let index = documents.binary_search_by(|document| document.metadata.name.value.as_str().cmp(name)).ok()?;
        u32::try_from(index).ok()
    }

    /// Says whether a document with this name is there but could not be read.
    pub(crate) fn is_lost(&self, kind: Kind, name: &str) -> bool {
        self.lost.iter().any(|lost| lost.kind == kind && lost.name.value == name)
    }

    /// Says whether some document of a kind could not be read.
    pub(crate) fn has_lost(&self, kind: Kind) -> bool {
        self.lost.iter().any(|lost| lost.kind == kind)
    }

    /// Returns all names of a kind.
    pub(crate) fn names(&self, kind: Kind) -> impl Iterator<Item = &'a str> {
        self.documents(kind).iter().map(|document| document.metadata.name.value.as_str())
    }

    /// Returns the name of a kind nearest to what was written.
    pub(crate) fn nearest(&self, kind: Kind, name: &str) -> Option<&'a str> {
        nearest(name, self.names(kind))
    }

    /// Returns a document of another kind with this name.
    pub(crate) fn of_another_kind(&self, kind: Kind, name: &str) -> Option<&'a Document> {
        let other = Kind::ALL.iter().map(|(other, _)| *other).filter(|other| *other != kind);
        other.filter_map(|other| self.document(other, self.find(other, name)?)).next()
    }

    /// Returns the documents that have all of these labels, ascending.
    pub(crate) fn select(&self, kind: Kind, labels: &Entries<Text>) -> Vec<u32> {
        let Some(table) = self.tables.get(&kind) else { return Vec::new() };
        let mut lists = labels.iter().map(|(name, value)| {
            table.by_label.get(&(name.value.as_str(), value.value.as_str())).map_or(&[][..], Vec::as_slice)
        });
        let Some(first) = lists.next() else { return Vec::new() };
        lists.fold(first.to_vec(), |mut selected, list| {
            selected.retain(|index| list.binary_search(index).is_ok());
            selected
        })
    }

    /// Returns all label names and values of a kind.
    pub(crate) fn labels(&self, kind: Kind) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.tables.get(&kind).into_iter().flat_map(|table| table.by_label.keys().copied())
    }

    /// Returns the environments of a document; `None` for all.
    pub(crate) fn gateways(&self, kind: Kind, index: u32) -> Option<&[u32]> {
        self.tables.get(&kind)?.gateways.get(index as usize)?.as_deref()
    }

    /// Says whether two documents have an environment in common.
    pub(crate) fn share_gateway(&self, one: (Kind, u32), other: (Kind, u32)) -> bool {
        match (self.gateways(one.0, one.1), self.gateways(other.0, other.1)) {
            (Some(one), Some(other)) => one.iter().any(|gateway| other.binary_search(gateway).is_ok()),
            _ => true,
        }
    }

    /// Returns an environment of the first document in which the second is not.
    pub(crate) fn gateway_without(&self, one: (Kind, u32), other: (Kind, u32)) -> Option<&'a str> {
        let there = self.gateways(other.0, other.1)?;
        let lacks = |gateway: &u32| there.binary_search(gateway).is_err();
        let lacking = match self.gateways(one.0, one.1) {
            Some(here) => here.iter().copied().find(lacks),
            None => (0..self.n_gateways).find(lacks),
        };
        Some(self.document(Kind::Gateway, lacking?).map_or(DEFAULT_GATEWAY, |gateway| &gateway.metadata.name.value))
    }

    /// Returns the place that says for which environments a document is, or its name.
    pub(crate) fn gateways_span(document: &ast::Document) -> Span {
        let written = document.gateways.as_deref().and_then(|names| Some(names.first()?.span.to(names.last()?.span)));
        written.unwrap_or(document.metadata.name.span)
    }
}

impl Table<'_> {
    fn read_labels(&mut self) {
        for (index, document) in (0_u32..).zip(&self.documents) {
            for (name, value) in &document.metadata.labels {
                self.by_label.entry((&name.value, &value.value)).or_default().push(index);
            }
        }
    }
}

fn key(document: &Document) -> (Kind, &str, Span) {
    (document.kind.value, &document.metadata.name.value, document.metadata.name.span)
}
