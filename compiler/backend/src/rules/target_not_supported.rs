//! Targets for which no manifests are written.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};
use maasc_ir::Built;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0799",
    name: "target-not-supported",
    summary: "a target for which this version writes no manifests",
    level: Level::Error,
    page: include_str!("target_not_supported.md"),
};

/// Reports a target or an enforcement for which no manifests are written.
pub(crate) fn check(built: &Built, acc: &mut Diagnostics) {
    let gateway = &built.ir.gateway;
    let (target, enforcement) = (gateway.target.as_str(), gateway.enforcement.as_str());
    let (message, field, missing) = if target == "kuadrant-1.5" {
        (
            format!("this version writes no manifests for `{target}` with `enforcement: {enforcement}`"),
            ["enforcement", "target"],
            "missing are the objects that run `maas-gateway` itself: Deployment, Service, HorizontalPodAutoscaler, \
             PodDisruptionBudget, NetworkPolicy, ServiceAccount and the ConfigMap with the bundle",
        )
    } else {
        (
            format!("this version writes no manifests for `{target}`"),
            ["target", "enforcement"],
            "missing are MaaSModelRef, MaaSSubscription, MaaSAuthPolicy, ExternalModel and ExternalProvider",
        )
    };
    let written = field.iter().find_map(|field| gateway.field_rules.get(*field)).copied();
    let finding = Diagnostic::new(&RULE, built.span(written.unwrap_or(gateway.rule)), message)
        .label("nothing can be built for this environment")
        .note(missing)
        .help("build the other environments with `--gateway NAME`, or use `enforcement: kuadrant` on `kuadrant-1.5`");
    acc.push(finding);
}
