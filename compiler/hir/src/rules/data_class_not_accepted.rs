//! `data-class-not-accepted`: a model whose provider may not receive its data.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::Hir;
use crate::lower::Lowering;

/// A model whose provider may not receive its data.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0512",
    name: "data-class-not-accepted",
    summary: "a model whose provider may not receive its data",
    level: Level::Error,
    page: include_str!("data_class_not_accepted.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for model in &hir.models {
        for line in &model.upstreams {
            let Some(provider) = hir.providers.get(line.provider.value.index()) else { continue };
            if provider.data_classes.contains(&model.data_class) {
                continue;
            }
            let names = (&provider.header.name.value, model.data_class.name(), &model.header.name.value);
            let message = format!("provider `{}` may not receive {} data of model `{}`", names.0, names.1, names.2);
            let accepted: Vec<&str> = provider.data_classes.iter().map(|class| class.name()).collect();
            let finding = Diagnostic::new(&RULE, line.provider.span, message);
            lowering.acc.push(
                finding
                    .also(provider.header.name.span, format!("it accepts {}", super::listed(&accepted)))
                    .help("use another provider, or lower the model's `dataClass`"),
            );
        }
    }
}
