//! How much: the limits of a subscription for each of its models.

use std::collections::BTreeMap;

use maasc_hir::hir::{self, Exceed, Hir};

use crate::classes::pick;
use crate::ir::OwnerKind;
use crate::normalize::{Limits, Line, Origin, Tuple, lines, tightest};
use crate::provenance::Rules;

/// The distinct sets of limits of one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Vectors {
    /// Numbers of limits, ascending by what they count.
    vectors: Vec<Vec<u32>>,
    /// By number of the model, where it is not the first.
    of_model: BTreeMap<u32, u32>,
}

impl Vectors {
    /// Returns the number of the set of limits of a model.
    pub(crate) fn number(&self, model: u32) -> u32 {
        self.of_model.get(&model).copied().unwrap_or(0)
    }

    /// Gives the limits their final numbers.
    pub(super) fn renumber(&mut self, renumbered: &[u32]) {
        for number in self.vectors.iter_mut().flatten() {
            *number = pick(renumbered, *number);
        }
        self.vectors.iter_mut().for_each(|vector| vector.sort_unstable());
    }

    /// Returns a set of limits.
    pub(crate) fn get(&self, number: u32) -> &[u32] {
        self.vectors.get(number as usize).map_or(&[], Vec::as_slice)
    }
}

/// Returns the limits of a subscription; `number_of` gives its models of this environment.
///
/// A quota counts in every environment, whatever its `gateways`: a limit must not vanish because the document that
/// holds it is for another one.
pub(super) fn vectors(
    hir: &Hir,
    (subscription, number): (&hir::Subscription, u32),
    models: &[u32],
    number_of: impl Fn(&hir::PerModel) -> Option<u32>,
    rules: &mut Rules,
    limits: &mut Limits,
) -> Vectors {
    let name = subscription.header.name.value.as_str();
    let document = format!("Subscription/{name}");
    let quota =
        subscription.quota.as_ref().and_then(|quota| Some((quota.value.0, hir.quotas.get(quota.value.index())?)));
    let quota_document = quota.map_or_else(String::new, |(_, quota)| format!("Quota/{}", quota.header.name.value));
    let shared = quota.into_iter().flat_map(|(id, quota)| lines(&quota.limits, Origin::Quota(id), &quota_document));
    let general = tightest(lines(&subscription.limits, Origin::Subscription(number), &document).chain(shared));
    let mut special: BTreeMap<u32, Vec<Line<'_>>> = BTreeMap::new();
    for per_model in &subscription.per_model {
        let Some(model) = number_of(per_model).filter(|model| models.binary_search(model).is_ok()) else { continue };
        let own = lines(&per_model.limits, Origin::PerModel(number, model), &document);
        special.entry(model).or_default().extend(own);
    }
    let mut add = |kept: &BTreeMap<Tuple, Line<'_>>| -> Vec<u32> {
        let shorten = subscription.exceed == Exceed::Shorten;
        let add = |line: &Line<'_>| {
            let rule = rules.line(line.id(), line.span, line.document);
            limits.add((OwnerKind::Subscription, name), line, shorten, rule)
        };
        kept.values().map(add).collect()
    };
    let is_general_used = special.len() < models.len();
    let mut vectors = vec![if is_general_used { add(&general) } else { Vec::new() }];
    let mut of_model = BTreeMap::new();
    for (model, own) in special {
        let mut kept = general.clone();
        kept.extend(tightest(own));
        of_model.insert(model, u32::try_from(vectors.len()).unwrap_or(u32::MAX));
        vectors.push(add(&kept));
    }
    Vectors { vectors, of_model }
}
