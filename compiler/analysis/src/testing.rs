//! A workspace from text to decision tables, for tests.

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::{Diagnostics, Rule, SourceMap, levels};
use maasc_hir::hir::Hir;
use maasc_hir::ids::GatewayId;
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_syntax::Limits;

/// 2026-12-01.
pub(crate) const AT: Time = Time(1_796_083_200_000);

/// Everything about a workspace.
pub(crate) struct World {
    pub(crate) sources: SourceMap,
    pub(crate) hir: Hir,
    pub(crate) built: Vec<Built>,
    pub(crate) findings: Diagnostics,
}

impl World {
    /// Compiles files, each (path, text).
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let mut sources = SourceMap::default();
        let mut findings = Diagnostics::default();
        let mut documents = Vec::new();
        for (path, text) in files {
            let file = sources.add(*path, *text);
            let parse = maasc_syntax::parse(file, text, &Limits::default());
            documents.extend(parse.documents);
            findings.extend(parse.diagnostics);
        }
        let (hir, found) = maasc_hir::lower(&documents);
        findings.extend(found);
        maasc_hir::check(&hir, AT, &mut findings);
        let built = (0..hir.gateways.len()).map(|index| {
            let (built, found) = maasc_ir::build(&hir, GatewayId(u32::try_from(index).unwrap()), AT);
            findings.extend(found);
            built
        });
        let built: Vec<Built> = built.collect();
        crate::check(&hir, &built, AT, &mut findings);
        levels::apply_levels(&hir.organization.rules, &all_rules(), &mut findings);
        findings.finish();
        Self { sources, hir, built, findings }
    }

    /// Compiles one text that must be free of errors.
    pub(crate) fn clean(text: &str) -> Self {
        let world = Self::new(&[("policy.yaml", text)]);
        let errors: Vec<&str> = world.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert!(!world.findings.has_errors(), "{errors:?}");
        world
    }

    pub(crate) fn tables(&self) -> Vec<&Built> {
        self.built.iter().collect()
    }

    /// Explains one decision as text of 80 columns.
    pub(crate) fn why(&self, who: &str, groups: &[&str], model: &str, endpoint: Option<Endpoint>) -> String {
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let question = crate::explain::Question { who, groups: &groups, model, endpoint, subscription: None, at: AT };
        let answer = crate::explain::why(&self.hir, &self.tables(), &self.sources, &question).unwrap();
        crate::render::why::text(&answer, 80)
    }
}

/// Returns the rules of this room and of all before it.
pub(crate) fn all_rules() -> Vec<&'static Rule> {
    let rooms = [maasc_diagnostics::RULES, maasc_syntax::RULES, maasc_hir::RULES, maasc_ir::rules::RULES, crate::RULES];
    rooms.concat()
}

/// Three teams, four models, two environments.
pub(crate) const POLICY: &str = include_str!("testing/policy.yaml");
