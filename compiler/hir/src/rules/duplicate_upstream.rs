//! `duplicate-upstream`: an upstream that a model has twice.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::{Hir, UpstreamLine};
use crate::lower::Lowering;

/// An upstream that a model has twice.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0504",
    name: "duplicate-upstream",
    summary: "an upstream that a model has twice",
    level: Level::Warn,
    page: include_str!("duplicate_upstream.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for model in &hir.models {
        for (position, line) in model.upstreams.iter().enumerate() {
            let same = |other: &&UpstreamLine| other.provider.value == line.provider.value && other.model == line.model;
            let Some(first) = model.upstreams.iter().take(position).find(same) else { continue };
            let name = &model.header.name.value;
            let provider = hir.providers.get(line.provider.value.index()).map_or("", |p| p.header.name.value.as_str());
            let message = format!("model `{name}` has upstream `{}` at provider `{provider}` twice", line.model);
            let finding = Diagnostic::new(&RULE, line.provider.span, message).also(first.provider.span, "first here");
            lowering.acc.push(finding.help("remove one of them"));
        }
    }
}
