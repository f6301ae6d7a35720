//! Which line of which file each rule of a decision table stands for.

use std::collections::BTreeMap;

use maas_schemas::provenance::{FORMAT, Provenance, Source};
use maasc_diagnostics::{SourceMap, Span};

use crate::ir::RuleId;
use crate::normalize::LineId;
use crate::{Built, RuleSource};

/// Returns the source map of a decision table as `provenance.json` holds it; the digest of the bundle is filled in by
/// the caller who knows it.
#[must_use]
pub fn provenance(built: &Built, sources: &SourceMap, commit: Option<&str>) -> Provenance {
    let locate = |rule: &RuleSource| {
        let (file, position) = sources.locate(rule.span);
        Source { file: file.to_owned(), line: position.line, column: position.column, document: rule.document.clone() }
    };
    Provenance {
        format: FORMAT.to_owned(),
        gateway: built.ir.gateway.name.clone(),
        bundle: String::new(),
        commit: commit.map(str::to_owned),
        rules: built.rules.iter().map(locate).collect(),
    }
}

/// Numbers rules in the order in which they are added; `build` adds them in canonical order.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    sources: Vec<RuleSource>,
    lines: BTreeMap<LineId, RuleId>,
}

impl Rules {
    /// Returns the number of a new rule.
    pub(crate) fn add(&mut self, span: Span, document: &str) -> RuleId {
        let number = u32::try_from(self.sources.len()).unwrap_or(RuleId::MAX);
        self.sources.push(RuleSource { span, document: document.to_owned() });
        number
    }

    /// Returns the number of a line of limits, which several subscriptions may share.
    pub(crate) fn line(&mut self, id: LineId, span: Span, document: &str) -> RuleId {
        if let Some(number) = self.lines.get(&id) {
            return *number;
        }
        let number = self.add(span, document);
        self.lines.insert(id, number);
        number
    }

    pub(crate) fn into_sources(self) -> Vec<RuleSource> {
        self.sources
    }
}
