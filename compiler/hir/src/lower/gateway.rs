//! `Gateway`: the environments.

use maasc_diagnostics::{Span, Spanned};
use maasc_syntax::ast::{self, Kind, Spec};

use super::{Lowering, Subject};
use crate::hir::{Enforcement, Gateway, Header, Labels, Target};
use crate::rules::{bad_hostname, enforcement_mismatch};
use crate::scope::DEFAULT_GATEWAY;

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Gateway> {
    let subjects = lowering.subjects(Kind::Gateway);
    if subjects.is_empty() {
        return vec![implied()];
    }
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Gateway(spec) = &subject.document.spec else { return None };
        Some(gateway(lowering, subject, spec))
    });
    lowered.collect()
}

/// The environment that is there when no document is.
fn implied() -> Gateway {
    let name = Spanned::new(DEFAULT_GATEWAY.to_owned(), Span::default());
    Gateway {
        header: Header { name, labels: Labels::new(), gateways: None, span: Span::default() },
        target: Target::Standalone,
        enforcement: Enforcement::MaasGateway,
        settings: ast::Gateway::default(),
    }
}

fn gateway(lowering: &mut Lowering<'_>, subject: Subject<'_>, spec: &ast::Gateway) -> Gateway {
    let target = spec.target.as_ref().map_or(Target::Standalone, |target| target.value);
    let fixed = match target {
        Target::Standalone => Some(Enforcement::MaasGateway),
        Target::OpenshiftAi34 | Target::OpenshiftAi35 => Some(Enforcement::Kuadrant),
        Target::Kuadrant15 => None,
    };
    if let (Some(fixed), Some(written)) = (fixed, &spec.enforcement)
        && fixed != written.value
    {
        lowering.acc.push(enforcement_mismatch::finding(spec.target.as_ref(), written, fixed));
    }
    let enforcement = fixed.unwrap_or_else(|| spec.enforcement.as_ref().map_or(Enforcement::MaasGateway, |e| e.value));
    for hostname in &spec.hostnames {
        if let Some(finding) = bad_hostname::check(hostname) {
            lowering.acc.push(finding);
        }
    }
    lowering.report_repeats(spec.hostnames.iter());
    lowering.report_repeats(spec.clusters.iter().map(|cluster| &cluster.name));
    let _: Option<Spanned<u32>> = lowering.bounded(subject, spec.replicas.as_ref(), (1, 1_000));
    for cluster in &spec.clusters {
        let _: Option<Spanned<u32>> = lowering.bounded(subject, cluster.weight.as_ref(), (0, 65_535));
    }
    Gateway { header: lowering.header(subject), target, enforcement, settings: spec.clone() }
}
