//! `fallback-gap`: fallbacks that are not numbered 1, 2, 3.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::Hir;
use crate::lower::Lowering;

/// Fallbacks that are not numbered 1, 2, 3.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0505",
    name: "fallback-gap",
    summary: "fallbacks that are not numbered 1, 2, 3",
    level: Level::Warn,
    page: include_str!("fallback_gap.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, model) in (0_u32..).zip(&hir.models) {
        if lowering.is_broken(Kind::Model, index) {
            continue;
        }
        let mut expected = 0;
        for line in &model.upstreams {
            if line.tier > expected {
                let name = &model.header.name.value;
                let message = match expected {
                    0 => format!("model `{name}` has only fallbacks"),
                    _ => format!("model `{name}` has a fallback {} but no fallback {expected}", line.tier),
                };
                let help = match expected {
                    0 => "write the first upstream without `fallback`".to_owned(),
                    _ => format!("write `fallback: {expected}`"),
                };
                lowering.acc.push(Diagnostic::new(&RULE, line.provider.span, message).help(help));
                break;
            }
            expected = line.tier.saturating_add(1);
        }
    }
}
