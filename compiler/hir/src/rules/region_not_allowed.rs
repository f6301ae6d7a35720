//! `region-not-allowed`: a data class that would leave its regions.

use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::Hir;
use crate::lower::Lowering;

/// A data class that would leave its regions.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0511",
    name: "region-not-allowed",
    summary: "a data class that would leave its regions",
    level: Level::Error,
    page: include_str!("region_not_allowed.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for model in &hir.models {
        let Some(allowed) = hir.organization.data_regions.get(&model.data_class) else { continue };
        for line in &model.upstreams {
            let Some(provider) = hir.providers.get(line.provider.value.index()) else { continue };
            let region = &provider.region;
            // A simulator sends nothing anywhere.
            if provider.kind.value == ProviderType::Simulator || allowed.contains(&region.value) {
                continue;
            }
            let names = (&model.header.name.value, &provider.header.name.value, model.data_class.name());
            let message = match region.value.as_str() {
                "" => format!(
                    "{} data of model `{}` goes to provider `{}`, which has no region",
                    names.2, names.0, names.1
                ),
                region => format!("{} data of model `{}` goes to region `{region}`", names.2, names.0),
            };
            let regions: Vec<&str> = allowed.iter().map(String::as_str).collect();
            let help = match regions.as_slice() {
                [] => format!("{} data may go nowhere", names.2),
                regions => format!("{} data may go to {}", names.2, super::listed(regions)),
            };
            let label = if region.value.is_empty() { "it has no `region`" } else { "its region" };
            lowering.acc.push(Diagnostic::new(&RULE, line.provider.span, message).also(region.span, label).help(help));
        }
    }
}
