//! `output-above-context`: an output cap above the context window.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::Hir;
use crate::lower::Lowering;

/// An output cap above the context window.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0513",
    name: "output-above-context",
    summary: "an output cap above the context window",
    level: Level::Error,
    page: include_str!("output_above_context.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for model in &hir.models {
        let (Some(window), Some(output)) = (&model.context_window, &model.max_output_tokens) else { continue };
        if u64::from(output.value) > window.value {
            let message = format!("model `{}` may answer with more tokens than it can hold", model.header.name.value);
            let finding = Diagnostic::new(&RULE, output.span, message).also(window.span, "input and output together");
            lowering.acc.push(finding.help("lower `maxOutputTokens`"));
        }
    }
}
