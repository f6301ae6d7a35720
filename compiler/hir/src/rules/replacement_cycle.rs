//! `replacement-cycle`: models that replace each other.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::Hir;
use crate::ids::ModelId;
use crate::lower::Lowering;

/// Models that replace each other.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0506",
    name: "replacement-cycle",
    summary: "models that replace each other",
    level: Level::Error,
    page: include_str!("replacement_cycle.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let next = |id: ModelId| hir.models.get(id.index())?.replaced_by.as_ref().map(|other| other.value);
    for (index, model) in (0_u32..).zip(&hir.models) {
        let Some(replaced_by) = &model.replaced_by else { continue };
        let start = ModelId(index);
        let mut cycle = vec![start];
        let mut current = replaced_by.value;
        // Each cycle is reported at its first model by name.
        while current > start && cycle.len() <= hir.models.len() {
            cycle.push(current);
            match next(current) {
                Some(other) => current = other,
                None => break,
            }
        }
        if current != start {
            continue;
        }
        let name = |id: &ModelId| hir.models.get(id.index()).map_or("", |model| model.header.name.value.as_str());
        let mut names: Vec<String> = cycle.iter().map(|id| format!("`{}`", name(id))).collect();
        names.push(format!("`{}`", name(&start)));
        let message = match cycle.len() {
            1 => format!("model `{}` replaces itself", name(&start)),
            _ => format!("the replacements of model `{}` lead back to it", name(&start)),
        };
        let finding = Diagnostic::new(&RULE, replaced_by.span, message);
        lowering.acc.push(finding.note(format!("the cycle: {}", names.join(" → "))).help("remove one `replacedBy`"));
    }
}
