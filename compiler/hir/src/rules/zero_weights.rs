//! `zero-weights`: upstreams whose weights are all 0.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::Hir;
use crate::lower::Lowering;

/// Upstreams whose weights are all 0.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0503",
    name: "zero-weights",
    summary: "upstreams whose weights are all 0",
    level: Level::Error,
    page: include_str!("zero_weights.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, model) in (0_u32..).zip(&hir.models) {
        if lowering.is_broken(Kind::Model, index) {
            continue;
        }
        for tier in model.upstreams.chunk_by(|one, other| one.tier == other.tier) {
            let Some(first) = tier.first().filter(|_| tier.iter().all(|line| line.weight == 0)) else { continue };
            let which = match first.tier {
                0 => "all upstreams".to_owned(),
                tier => format!("all upstreams of fallback {tier}"),
            };
            let message = format!("{which} of model `{}` have weight 0", model.header.name.value);
            let finding = Diagnostic::new(&RULE, first.provider.span, message);
            lowering.acc.push(finding.help("give one of them a weight above 0"));
        }
    }
}
