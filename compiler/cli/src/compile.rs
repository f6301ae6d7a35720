//! From the texts of a workspace to decision tables: every room in its order, all findings in one list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maas_schemas::provenance::Provenance;
use maasc_diagnostics::levels::{apply_levels, find_rule};
use maasc_diagnostics::render::DocumentName;
use maasc_diagnostics::{Diagnostics, FileId, Level, Rule, SourceMap, Spanned};
use maasc_hir::Context;
use maasc_hir::hir::Hir;
use maasc_hir::ids::GatewayId;
use maasc_hir::units::{self, Time};
use maasc_ir::Built;
use maasc_syntax::ast::{Document, Spec};
use maasc_syntax::{Limits, Lost, Parse, Suppression, apply_suppressions};
use rayon::prelude::*;

use crate::packs;
use crate::workspace::Sources;

/// A workspace after all rooms.
#[derive(Debug)]
pub struct Compiled {
    /// All files, those of packs last.
    pub sources: SourceMap,
    /// The documents, for fingerprints.
    pub documents: Vec<DocumentName>,
    /// Names resolved, units read.
    pub hir: Hir,
    /// Levels that packs and organization set, by rule.
    levels: BTreeMap<String, Spanned<Level>>,
    /// Comments that silence findings.
    suppressions: Vec<Suppression>,
    /// One table per environment, in the order of their names.
    pub built: Vec<Built>,
    /// Everything that was found, finished: sorted, levels applied, suppressions taken out.
    pub diagnostics: Diagnostics,
    /// How many findings comments silenced.
    pub n_suppressed: u32,
    /// For which date it was compiled.
    pub at: Time,
}

/// For which date a workspace is compiled.
#[derive(Clone, Debug)]
pub enum At {
    /// A time.
    Time(Time),
    /// A date or time as typed, to be read in the organization's time zone.
    Text(String),
}

/// When a rule makes its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// While the workspace is compiled.
    Check,
    /// While output files are made.
    Build,
}

impl Stage {
    fn of(rule: &Rule) -> Self {
        let subject = rule.code.get(4..6).unwrap_or("");
        if matches!(subject, "07" | "08") { Self::Build } else { Self::Check }
    }
}

/// Why a date cannot be read.
#[derive(Debug)]
pub struct BadDate(pub String);

/// Compiles the texts of a workspace.
///
/// # Errors
/// When `at` is no date.
pub fn compile(sources: Sources, at: &At, limits: &Limits) -> Result<Compiled, BadDate> {
    let Sources { mut map, files, mut diagnostics } = sources;
    let mut parsed: Vec<Parse> = {
        let texts: Vec<(FileId, &str)> =
            files.iter().filter_map(|file| map.get(*file).map(|source| (*file, source.text.as_str()))).collect();
        texts.par_iter().map(|(file, text)| maasc_syntax::parse(*file, text, limits)).collect()
    };
    let levels = join_packs(&mut map, &mut parsed, limits);
    let mut documents: Vec<Document> = Vec::new();
    let mut lost: Vec<Lost> = Vec::new();
    let mut suppressions: Vec<Suppression> = Vec::new();
    for parse in parsed {
        documents.extend(parse.documents);
        lost.extend(parse.lost);
        suppressions.extend(parse.suppressions);
        diagnostics.extend(parse.diagnostics);
    }
    if documents.is_empty() && diagnostics.is_empty() {
        diagnostics.push(maasc_syntax::rules::empty_workspace(crate::workspace::MARKER));
    }
    let (hir, found) = maasc_hir::lower_in(&documents, &Context { lost: &lost, findings: Some(&diagnostics) });
    diagnostics.extend(found);
    let packs: Vec<&str> = packs::PACKS.iter().map(|pack| pack.name).collect();
    maasc_hir::check_catalogue(&documents, &target_rules(), &packs, &mut diagnostics);
    let at = match at {
        At::Time(time) => *time,
        At::Text(text) => {
            let zone = units::zone(&hir.organization.time_zone).unwrap_or(TimeZone::UTC);
            units::time(text, &zone).map_err(|_| BadDate(text.clone()))?
        }
    };
    maasc_hir::check(&hir, at, &mut diagnostics);
    let gateways: Vec<GatewayId> =
        (0..hir.gateways.len()).filter_map(|index| u32::try_from(index).ok()).map(GatewayId).collect();
    let tables: Vec<(Built, Diagnostics)> =
        gateways.par_iter().map(|gateway| maasc_ir::build(&hir, *gateway, at)).collect();
    let mut built = Vec::with_capacity(tables.len());
    for (table, found) in tables {
        built.push(table);
        diagnostics.extend(found);
    }
    // Questions about tables that are known to be wrong would only repeat the mistake in other words.
    if !diagnostics.has_errors() {
        maasc_analysis::check(&hir, &built, at, &mut diagnostics);
    }
    let mut levels = levels;
    levels.extend(hir.organization.rules.clone());
    let names = documents.iter().map(|document| DocumentName {
        span: document.span,
        name: format!("{}/{}", document.kind.value, document.metadata.name.value),
    });
    let mut compiled = Compiled {
        documents: names.collect(),
        sources: map,
        hir,
        levels,
        suppressions,
        built,
        diagnostics: Diagnostics::default(),
        n_suppressed: 0,
        at,
    };
    let (diagnostics, n_suppressed) = compiled.finish(diagnostics, Stage::Check);
    compiled.diagnostics = diagnostics;
    compiled.n_suppressed = n_suppressed;
    Ok(compiled)
}

/// Adds the documents of the packs that the organization names, and returns the levels that these packs set.
fn join_packs(map: &mut SourceMap, parsed: &mut Vec<Parse>, limits: &Limits) -> BTreeMap<String, Spanned<Level>> {
    let mut names: Vec<String> = Vec::new();
    for document in parsed.iter().flat_map(|parse| &parse.documents) {
        if let Spec::Organization(organization) = &document.spec {
            names.extend(organization.packs.iter().map(|name| name.value.clone()));
        }
    }
    names.sort();
    names.dedup();
    let mut levels = BTreeMap::new();
    for (path, text) in names.iter().filter_map(|name| packs::find(name)).flat_map(|pack| pack.files) {
        let file = map.add(*path, *text);
        let mut parse = maasc_syntax::parse(file, text, limits);
        for document in &parse.documents {
            if let Spec::Organization(organization) = &document.spec {
                levels.extend(organization.rules.iter().map(|(name, level)| (name.value.clone(), level.clone())));
            }
        }
        parse.documents.retain(|document| !matches!(document.spec, Spec::Organization(_)));
        parsed.push(parse);
    }
    levels
}

/// Returns every rule of every room, in the order of their codes.
#[must_use]
pub fn all_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = [
        maasc_diagnostics::RULES,
        maasc_syntax::RULES,
        maasc_hir::RULES,
        maasc_ir::rules::RULES,
        maasc_analysis::RULES,
        maasc_backend::RULES,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}

/// Returns the names of the rules about targets, which `Gateway.spec.accept` may name.
fn target_rules() -> Vec<&'static str> {
    maasc_backend::RULES.iter().filter(|rule| rule.code.starts_with("MAAS07")).map(|rule| rule.name).collect()
}

impl Compiled {
    /// Applies levels and comments to findings, sorts them, and returns them with how many were silenced.
    ///
    /// A comment counts as unused only where its rule had its chance: those of output files do while building.
    #[must_use]
    pub fn finish(&self, mut findings: Diagnostics, stage: Stage) -> (Diagnostics, u32) {
        let known = all_rules();
        apply_levels(&self.levels, &known, &mut findings);
        let suppressions: Vec<Suppression> = self
            .suppressions
            .iter()
            .filter(|suppression| {
                let rule = find_rule(&known, &suppression.rule);
                rule.map_or(Stage::Check, Stage::of) == stage
            })
            .cloned()
            .collect();
        let n_suppressed = apply_suppressions(&mut findings, &suppressions, &known, &self.today());
        findings.finish();
        (findings, u32::try_from(n_suppressed).unwrap_or(u32::MAX))
    }

    /// Returns the date for which it was compiled, as `YYYY-MM-DD` in the organization's time zone.
    #[must_use]
    pub fn today(&self) -> String {
        let zone = TimeZone::get(&self.hir.organization.time_zone).unwrap_or(TimeZone::UTC);
        let time = Timestamp::from_millisecond(self.at.0).unwrap_or_default();
        time.to_zoned(zone).date().to_string()
    }

    /// Returns the source map of one environment.
    #[must_use]
    pub fn provenance(&self, built: &Built, commit: Option<&str>) -> Provenance {
        maasc_ir::provenance(built, &self.sources, commit)
    }
}
