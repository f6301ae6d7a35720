//! From documents to the resolved model: what every kind needs, and the order in which the kinds are read.

mod approval;
mod gateway;
mod invariant;
mod limit;
mod model;
mod organization;
mod person;
mod policy_test;
mod provider;
mod quota;
mod subscription;
mod team;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use maasc_diagnostics::{Diagnostics, Level, Span, Spanned};
use maasc_syntax::Lost;
use maasc_syntax::ast::{Document, Entries, Kind, Text};

use crate::hir::{Header, Hir, Labels};
use crate::ids::GatewayId;
use crate::rules;
use crate::scope::Scope;

pub(crate) use limit::{Place, scope_within};

/// What the lowering of every kind needs.
pub(crate) struct Lowering<'a> {
    /// All names.
    pub(crate) scope: Scope<'a>,
    /// The organization's time zone.
    pub(crate) zone: TimeZone,
    /// Names of the identity providers, sorted.
    pub(crate) identity_providers: Vec<String>,
    /// "There is no identity provider at all" is said once.
    pub(crate) said_no_identity_provider: bool,
    /// Requirements by name; `None` for one with an error of its own.
    pub(crate) requirements: Vec<(String, Option<u32>)>,
    /// Documents with an error in themselves, whose further findings would only repeat it.
    pub(crate) broken: BTreeSet<(Kind, u32)>,
    /// Identity providers, roles and requirements may have been written that could not be read.
    pub(crate) organization_is_damaged: bool,
    /// The findings.
    pub(crate) acc: Diagnostics,
}

/// A document that is being lowered.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) document: &'a Document,
    pub(crate) index: u32,
}

impl Subject<'_> {
    pub(crate) fn key(self) -> (Kind, u32) {
        (self.document.kind.value, self.index)
    }
}

/// What is known of a workspace besides its documents, so that one mistake is one finding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Documents of which only kind and name could be read: who refers to one refers to nothing unknown.
    pub lost: &'a [Lost],
    /// The findings of reading: what a document with an error seems to lack may have been written.
    pub findings: Option<&'a Diagnostics>,
}

impl Context<'_> {
    /// The documents in which an error was found.
    fn damaged(&self, scope: &Scope<'_>) -> BTreeSet<(Kind, u32)> {
        let errors = self.findings.into_iter().flat_map(Diagnostics::iter);
        let errors = errors.filter(|finding| finding.rule.level == Level::Error);
        let places: BTreeSet<Span> = errors.filter_map(|finding| Some(finding.primary.as_ref()?.span)).collect();
        let mut damaged = BTreeSet::new();
        if places.is_empty() {
            return damaged;
        }
        for (kind, _) in Kind::ALL {
            for (index, document) in (0_u32..).zip(scope.documents(*kind)) {
                let from = document.span.at_start();
                let to = Span { start: document.span.end, ..from };
                if places.range(from..=to).next().is_some() {
                    damaged.insert((*kind, index));
                }
            }
        }
        damaged
    }
}

/// How much of the referring document's environments the referred one must cover.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cover {
    /// One is enough: elsewhere the reference does nothing.
    Any,
    /// All: without it the document would mean something else there.
    All,
}

/// Reads all documents.
pub(crate) fn lower<'a>(documents: &'a [Document], context: &Context<'a>) -> (Hir, Diagnostics) {
    let mut acc = Diagnostics::default();
    let scope = Scope::new(documents, context.lost, &mut acc);
    let broken = context.damaged(&scope);
    let organization_is_damaged =
        scope.has_lost(Kind::Organization) || broken.iter().any(|(kind, _)| *kind == Kind::Organization);
    let mut lowering = Lowering {
        scope,
        zone: TimeZone::UTC,
        identity_providers: Vec::new(),
        said_no_identity_provider: false,
        requirements: Vec::new(),
        broken,
        organization_is_damaged,
        acc,
    };
    let organization = organization::lower(&mut lowering);
    let hir = Hir {
        gateways: gateway::lower(&mut lowering),
        teams: team::lower(&mut lowering),
        providers: provider::lower(&mut lowering),
        models: model::lower(&mut lowering),
        quotas: quota::lower(&mut lowering),
        subscriptions: subscription::lower(&mut lowering),
        approvals: approval::lower(&mut lowering, &organization),
        invariants: invariant::lower(&mut lowering),
        policy_tests: policy_test::lower(&mut lowering),
        organization,
    };
    rules::check(&hir, &mut lowering);
    (hir, lowering.acc)
}

impl<'a> Lowering<'a> {
    /// Returns the documents of a kind with their indices.
    pub(crate) fn subjects(&self, kind: Kind) -> Vec<Subject<'a>> {
        (0_u32..).zip(self.scope.documents(kind)).map(|(index, document)| Subject { document, index }).collect()
    }

    /// Remembers that a document has an error in itself.
    pub(crate) fn mark_broken(&mut self, subject: Subject<'_>) {
        self.broken.insert(subject.key());
    }

    /// Says whether a document has an error in itself.
    pub(crate) fn is_broken(&self, kind: Kind, index: u32) -> bool {
        self.broken.contains(&(kind, index))
    }

    /// Returns what every document has.
    pub(crate) fn header(&self, subject: Subject<'_>) -> Header {
        let document = subject.document;
        let gateways = self.scope.gateways(document.kind.value, subject.index).and(document.gateways.as_ref());
        let mut gateways: Option<Vec<Spanned<GatewayId>>> = gateways.map(|names| {
            let ids = names.iter().filter_map(|name| {
                Some(Spanned::new(GatewayId(self.scope.find(Kind::Gateway, &name.value)?), name.span))
            });
            ids.collect()
        });
        if let Some(gateways) = &mut gateways {
            gateways.sort_by_key(|gateway| (gateway.value, gateway.span));
            gateways.dedup_by_key(|gateway| gateway.value);
        }
        Header {
            name: document.metadata.name.clone(),
            labels: labels(&document.metadata.labels),
            gateways,
            span: document.span,
        }
    }

    /// Looks up a name that a document refers to; what is wrong with it is reported.
    pub(crate) fn resolve(
        &mut self,
        subject: Subject<'a>,
        kind: Kind,
        name: &Text,
        cover: Cover,
    ) -> Option<Spanned<u32>> {
        let Some(index) = self.scope.find(kind, &name.value) else {
            self.mark_broken(subject);
            if self.scope.is_lost(kind, &name.value) {
                return None;
            }
            self.acc.push(rules::unknown(&self.scope, kind, subject.document, name));
            return None;
        };
        self.check_environments(subject, name.span, (kind, index), cover);
        Some(Spanned::new(index, name.span))
    }

    fn check_environments(&mut self, subject: Subject<'a>, span: Span, to: (Kind, u32), cover: Cover) {
        let from = subject.key();
        if self.scope.gateways(to.0, to.1).is_none() {
            return;
        }
        if !self.scope.share_gateway(from, to) {
            self.acc.push(rules::missing_in_gateway::nowhere(&self.scope, subject.document, span, to));
            self.mark_broken(subject);
        } else if cover == Cover::All
            && let Some(gateway) = self.scope.gateway_without(from, to)
        {
            self.acc.push(rules::missing_in_gateway::partly(&self.scope, subject.document, span, to, gateway));
            self.mark_broken(subject);
        }
    }

    /// Keeps the first of equal entries of a list and reports the others.
    pub(crate) fn without_repeats<T: Clone + Ord>(
        &mut self,
        mut entries: Vec<Spanned<T>>,
        text: impl Fn(&T) -> String,
    ) -> Vec<Spanned<T>> {
        if entries.len() < 2 {
            return entries;
        }
        let mut seen: BTreeMap<T, Span> = BTreeMap::new();
        entries.retain(|entry| {
            let first = *seen.entry(entry.value.clone()).or_insert(entry.span);
            if first != entry.span {
                self.acc.push(rules::repeated_entry::finding(&text(&entry.value), entry.span, first));
            }
            first == entry.span
        });
        entries
    }

    /// Reports what a list has twice.
    pub(crate) fn report_repeats<'t>(&mut self, texts: impl Iterator<Item = &'t Text>) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for text in texts {
            let first = *seen.entry(&text.value).or_insert(text.span);
            if first != text.span {
                self.acc.push(rules::repeated_entry::finding(&text.value, text.span, first));
            }
        }
    }
}

/// Labels by name.
fn labels(entries: &Entries<Text>) -> Labels {
    entries.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect()
}

/// The text, or nothing.
fn text(text: Option<&Text>) -> String {
    text.map(|text| text.value.clone()).unwrap_or_default()
}
