//! `accidental-unlimited`: a grant without a token or cost limit.

use maas_schemas::abi::Measure;
use maasc_diagnostics::{Diagnostic, Level, Rule, Spanned};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Limit, Subscription};
use crate::ids::ModelId;
use crate::lower::Lowering;

/// A grant without a token or cost limit.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0306",
    name: "accidental-unlimited",
    summary: "a grant without a token or cost limit",
    level: Level::Error,
    page: include_str!("accidental_unlimited.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, subscription) in (0_u32..).zip(&hir.subscriptions) {
        if subscription.unlimited.is_some() || lowering.is_broken(Kind::Subscription, index) {
            continue;
        }
        let quota = subscription.quota.as_ref();
        if quota.is_some_and(|quota| lowering.is_broken(Kind::Quota, quota.value.0)) {
            continue;
        }
        let quota = quota.and_then(|quota| hir.quotas.get(quota.value.index()));
        let shared = quota.map_or(&[][..], |quota| quota.limits.as_slice());
        if shared.iter().chain(&subscription.limits).any(bounds) {
            continue;
        }
        let without: Vec<&str> = subscription
            .models
            .iter()
            .filter(|model| !bounded_alone(subscription, model.value))
            .filter_map(|model| Some(hir.models.get(model.value.index())?.header.name.value.as_str()))
            .collect();
        if !without.is_empty() {
            let all = without.len() == subscription.models.len() && without.len() > 1;
            lowering.acc.push(finding(&subscription.header.name, &without, all));
        }
    }
}

fn bounds(limit: &Limit) -> bool {
    matches!(limit.measure.value, Measure::Tokens | Measure::Cost)
}

fn bounded_alone(subscription: &Subscription, model: ModelId) -> bool {
    let entry = subscription.per_model.iter().find(|entry| entry.model.value == model);
    entry.is_some_and(|entry| entry.limits.iter().any(bounds))
}

fn finding(name: &Spanned<String>, without: &[&str], all: bool) -> Diagnostic {
    let models = match (all, without) {
        (true, _) => "its models".to_owned(),
        (false, [_]) => format!("model {}", super::some_of(without)),
        (false, _) => format!("models {}", super::some_of(without)),
    };
    let message = format!("subscription `{}` has no token or cost limit for {models}", name.value);
    Diagnostic::new(&RULE, name.span, message)
        .help("add a limit in `tokens` or `cost`, or say `unlimited: {reason: …}`")
}
