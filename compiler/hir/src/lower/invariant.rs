//! `Invariant`: what must hold.

use maasc_syntax::ast::{Kind, Spec};

use super::Lowering;
use crate::cel::{self, Place};
use crate::hir::Invariant;

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Invariant> {
    let subjects = lowering.subjects(Kind::Invariant);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Invariant(spec) = &subject.document.spec else { return None };
        let place = Place::Invariant(spec.for_each.value);
        let condition = spec.condition.as_ref().map(|text| cel::expression(text, place, &mut lowering.acc));
        let must = cel::expression(&spec.must, place, &mut lowering.acc);
        // Without its condition it would say more than was meant.
        let condition = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let must = must?;
        let message = spec.message.as_ref().map_or_else(|| must.text.value.clone(), |message| message.value.clone());
        Some(Invariant { header: lowering.header(subject), for_each: spec.for_each.value, condition, must, message })
    });
    lowered.collect()
}
