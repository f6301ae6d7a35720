//! The files of one environment: the table, and what its target wants beside it.

use maasc_diagnostics::{Diagnostic, Diagnostics};
use maasc_ir::Built;
use maasc_ir::ir::Ir;

use crate::artifact::ArtifactSet;
use crate::cel::NotParsed;
use crate::facts::Facts;
use crate::meta::Manifests;
use crate::rules::{target_not_supported, unwritable_object};
use crate::{capability, gateway_api, istio, kuadrant, standalone, wasm};

/// What the caller of `build` knows and the table does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// `sha256:` of `policy.wasm`.
    pub bundle_digest: Option<&'a str>,
    /// Commit of the sources, when the user gave it.
    pub commit: Option<&'a str>,
}

/// Returns the files of one environment and everything that its target cannot do.
///
/// Paths begin with the name of the `Gateway` document. `policy.wasm` and `provenance.json` are added by the caller.
/// Files are returned beside errors as well: which levels stop a build is decided by the organization.
#[must_use]
pub fn emit(built: &Built, options: &Options<'_>) -> (ArtifactSet, Diagnostics) {
    let mut acc = Diagnostics::default();
    let mut artifacts = ArtifactSet::default();
    let gateway = &built.ir.gateway;
    artifacts.add(format!("{}/policy.ir.json", gateway.name), table_json(&built.ir));
    match (gateway.target.as_str(), gateway.enforcement.as_str()) {
        ("standalone", _) => {
            artifacts.add(format!("{}/gateway.json", gateway.name), standalone::gateway_json(&built.ir));
        }
        ("kuadrant-1.5", "kuadrant") => artifacts.extend(kubernetes(&Facts::new(built), options, &mut acc)),
        _ => target_not_supported::check(built, &mut acc),
    }
    acc.finish();
    (artifacts, acc)
}

/// Reports what the target of an environment cannot do and what its bundle cannot hold, without writing anything.
pub fn check(built: &Built, acc: &mut Diagnostics) {
    acc.extend(emit(built, &Options::default()).1);
    wasm::check(built, acc);
}

/// Returns the table as `policy.ir.json`.
#[must_use]
pub fn table_json(ir: &Ir) -> Vec<u8> {
    // Maps of the table have texts as keys, so that it always has a JSON form.
    serde_json::to_vec(ir).unwrap_or_default()
}

/// Returns the manifests of all clusters.
fn kubernetes(facts: &Facts<'_>, options: &Options<'_>, acc: &mut Diagnostics) -> ArtifactSet {
    capability::check(facts, acc);
    let mut shared = Manifests::default();
    if let Err(error) = objects(facts, options, &mut shared, acc) {
        let message = format!("a CEL expression cannot be parsed: {error}");
        acc.push(Diagnostic::new(&unwritable_object::RULE, facts.span(facts.ir.gateway.rule), message));
    }
    let gateway = &facts.ir.gateway;
    let mut artifacts = ArtifactSet::default();
    let clusters: Vec<_> = match gateway.clusters.as_slice() {
        [] => vec![(format!("{}/manifests", gateway.name), None)],
        [(_, weight)] => vec![(format!("{}/manifests", gateway.name), Some(*weight))],
        several => several
            .iter()
            .map(|(cluster, weight)| (format!("{}/manifests/{cluster}", gateway.name), Some(*weight)))
            .collect(),
    };
    for (folder, weight) in clusters {
        let mut manifests = shared.clone();
        if let Some(policy) = kuadrant::dns_policy::dns_policy(facts, weight) {
            manifests.add(facts, &policy, acc);
        }
        match manifests.kustomization() {
            Ok(text) => artifacts.add(format!("{folder}/kustomization.yaml"), text),
            Err(error) => acc.push(Diagnostic::global(&unwritable_object::RULE, error.to_string())),
        }
        for (name, text) in manifests.files {
            artifacts.add(format!("{folder}/{name}"), text);
        }
    }
    capability::settle(facts, acc);
    artifacts
}

/// Adds the objects that are the same in every cluster.
fn objects(
    facts: &Facts<'_>,
    options: &Options<'_>,
    manifests: &mut Manifests,
    acc: &mut Diagnostics,
) -> Result<(), NotParsed> {
    manifests.add(facts, &gateway_api::gateway::gateway(facts, options), acc);
    manifests.add(facts, &kuadrant::deny_by_default::auth_policy(facts)?, acc);
    manifests.add(facts, &kuadrant::deny_by_default::token_rate_limit_policy(facts), acc);
    if let Some(policy) = kuadrant::tls_policy::tls_policy(facts) {
        manifests.add(facts, &policy, acc);
    }
    for host in istio::hosts(facts) {
        if let Some(entry) = istio::service_entry::service_entry(facts, &host) {
            manifests.add(facts, &entry, acc);
        }
        if let Some(rule) = istio::destination_rule::destination_rule(facts, &host) {
            manifests.add(facts, &rule, acc);
        }
    }
    for grant in gateway_api::reference_grant::reference_grants(facts) {
        manifests.add(facts, &grant, acc);
    }
    for route in &facts.routes {
        let Some(http_route) = gateway_api::http_route::http_route(facts, route) else { continue };
        manifests.add(facts, &http_route, acc);
        manifests.add(facts, &kuadrant::auth_policy::auth_policy(facts, route)?, acc);
        manifests.add(facts, &kuadrant::token_rate_limit_policy::token_rate_limit_policy(facts, route)?, acc);
        if let Some(policy) = kuadrant::rate_limit_policy::rate_limit_policy(facts, route)? {
            manifests.add(facts, &policy, acc);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
