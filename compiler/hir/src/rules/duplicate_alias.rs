//! `duplicate-alias`: two models that clients would call by one name.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span, Spanned};
use maasc_syntax::ast::Kind;
use std::collections::BTreeMap;

use crate::hir::Hir;
use crate::lower::Lowering;

/// Two models that clients would call by one name.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0211",
    name: "duplicate-alias",
    summary: "two models that clients would call by one name",
    level: Level::Error,
    page: include_str!("duplicate_alias.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let mut taken: BTreeMap<&str, Vec<(u32, Span)>> = BTreeMap::new();
    for (index, model) in (0_u32..).zip(&hir.models) {
        taken.entry(&model.header.name.value).or_default().push((index, model.header.name.span));
    }
    for (index, model) in (0_u32..).zip(&hir.models) {
        for alias in &model.aliases {
            let others = taken.entry(&alias.value).or_default();
            let clash = others.iter().find(|(other, _)| {
                *other == index || lowering.scope.share_gateway((Kind::Model, index), (Kind::Model, *other))
            });
            match clash {
                Some((other, span)) => lowering.acc.push(finding(hir, index, *other, alias, *span)),
                None => others.push((index, alias.span)),
            }
        }
    }
}

fn finding(hir: &Hir, index: u32, other: u32, alias: &Spanned<String>, first: Span) -> Diagnostic {
    let name = |index: u32| hir.models.get(index as usize).map_or("", |model| model.header.name.value.as_str());
    let message = if index == other {
        format!("alias `{}` of model `{}` is its name already", alias.value, name(index))
    } else {
        format!("alias `{}` of model `{}` is taken by model `{}`", alias.value, name(index), name(other))
    };
    Diagnostic::new(&RULE, alias.span, message).also(first, "taken here").help("remove the alias, or choose another")
}
