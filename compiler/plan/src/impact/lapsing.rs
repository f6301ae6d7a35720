//! What ends by itself soon: subscriptions, consents, models.

use maas_schemas::plan::{Lapse, Plan};
use maas_schemas::provenance::{Provenance, Source};
use maasc_ir::ir::{ApprovalAnswer, Ir};

use super::merge;
use crate::words;

const DAY_MS: i64 = 86_400_000;

/// Returns what ends within 30 days of `at_ms`, soonest first. `sides`: name, table and lines of each gateway after the change.
pub(crate) fn lapsing(sides: &[(&str, &Ir, &Provenance)], at_ms: i64) -> Vec<Lapse> {
    let until_ms = at_ms.saturating_add(i64::from(Plan::LAPSING_DAYS).saturating_mul(DAY_MS));
    let is_soon = |time_ms: i64| at_ms < time_ms && time_ms <= until_ms;
    let found = sides.iter().map(|(gateway, ir, provenance)| {
        let source = |rule: u32| provenance.rules.get(rule as usize).map_or_else(Source::default, Source::clone);
        let subscriptions =
            ir.subscriptions.iter().filter(|subscription| is_soon(subscription.expires_at_ms)).map(|found| {
                (found.expires_at_ms, format!("Subscription/{}", found.name), "access ends", source(found.rule))
            });
        let consents = ir.approvals.iter().filter_map(|state| match &state.answer {
            ApprovalAnswer::Given { approval, until_ms, rule, .. } if is_soon(*until_ms) => {
                Some((*until_ms, format!("Approval/{approval}"), "what rests on it ends", source(*rule)))
            }
            ApprovalAnswer::Given { .. } | ApprovalAnswer::Missing | ApprovalAnswer::Void { .. } => None,
        });
        let models = ir.models.iter().filter(|model| is_soon(model.retires_at_ms)).map(|model| {
            (model.retires_at_ms, format!("Model/{}", model.name), "the model retires", source(model.rule))
        });
        let mut all: Vec<_> = subscriptions.chain(consents).chain(models).collect();
        all.sort();
        all.dedup();
        ((*gateway).to_owned(), all)
    });
    let mut merged = merge(found.collect::<Vec<_>>());
    merged.sort_by(|(_, a), (_, b)| a.cmp(b));
    merged
        .into_iter()
        .map(|(gateways, (on_ms, document, what, source))| Lapse {
            gateways,
            document,
            on: words::time(on_ms),
            what: what.to_owned(),
            source,
        })
        .collect()
}
