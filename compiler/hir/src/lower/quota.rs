//! `Quota`: a named set of limits.

use maasc_syntax::ast::{Kind, Spec};

use super::{Lowering, Place, text};
use crate::hir::Quota;

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Quota> {
    let subjects = lowering.subjects(Kind::Quota);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Quota(spec) = &subject.document.spec else { return None };
        Some(Quota {
            header: lowering.header(subject),
            display_name: text(spec.display_name.as_ref()),
            limits: lowering.limits(subject, &spec.limits, Place::Subscription),
        })
    });
    lowered.collect()
}
