//! What every object carries: names, labels, annotations; and the set of objects of one environment.

use std::collections::{BTreeMap, BTreeSet};

use maasc_diagnostics::{Diagnostic, Diagnostics};
use serde::Serialize;

use crate::facts::Facts;
use crate::rules::{large_object, too_large_object, unwritable_object};
use crate::yaml::to_yaml;

/// Bytes from which an object is large: it is copied into etcd, into the gateway's configuration and into every watch.
pub(crate) const LARGE: usize = 256 * 1024;
/// Bytes above which an API server refuses an object.
pub(crate) const TOO_LARGE: usize = 1024 * 1024;
/// How many documents an annotation names before it counts the rest.
const MAX_SOURCES: usize = 50;

/// A Kubernetes object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object<S> {
    /// Group and version.
    pub(crate) api_version: &'static str,
    /// Kind.
    pub(crate) kind: &'static str,
    /// Metadata.
    pub(crate) metadata: Metadata,
    /// What is wanted.
    pub(crate) spec: S,
}

/// Metadata of an object.
#[derive(Debug, Serialize)]
pub(crate) struct Metadata {
    /// Name.
    pub(crate) name: String,
    /// Namespace.
    pub(crate) namespace: String,
    /// Labels.
    pub(crate) labels: BTreeMap<&'static str, String>,
    /// Annotations.
    pub(crate) annotations: BTreeMap<&'static str, String>,
}

/// In which order Argo CD applies: a wave starts when the one before is healthy, and pruning runs in reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wave {
    /// The Gateway API `Gateway`.
    Gateway,
    /// What closes it, before any route exists.
    GatewayPolicy,
    /// What routes lead to.
    Backend,
    /// Routes.
    Route,
    /// What opens and limits a route.
    RoutePolicy,
}

impl Wave {
    const fn number(self) -> &'static str {
        match self {
            Self::Gateway => "0",
            Self::GatewayPolicy => "1",
            Self::Backend => "2",
            Self::Route => "3",
            Self::RoutePolicy => "4",
        }
    }
}

/// Returns the metadata of an object that some documents of the policy asked for.
pub(crate) fn metadata(
    facts: &Facts<'_>,
    name: String,
    namespace: &str,
    wave: Wave,
    about: &str,
    sources: &BTreeSet<String>,
) -> Metadata {
    let labels = BTreeMap::from([
        ("app.kubernetes.io/managed-by", "maasc".to_owned()),
        ("app.kubernetes.io/name", about.to_owned()),
        ("app.kubernetes.io/part-of", "maas".to_owned()),
        ("maasc.dev/gateway", facts.ir.gateway.name.clone()),
    ]);
    let annotations = BTreeMap::from([
        ("argocd.argoproj.io/sync-wave", wave.number().to_owned()),
        ("maasc.dev/source", listed(sources)),
    ]);
    Metadata { name, namespace: namespace.to_owned(), labels, annotations }
}

fn listed(sources: &BTreeSet<String>) -> String {
    let mut text = sources.iter().take(MAX_SOURCES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if let Some(more) = sources.len().checked_sub(MAX_SOURCES).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// The objects of one cluster as files: name of the file, text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifests {
    /// By file name.
    pub(crate) files: BTreeMap<String, String>,
}

impl Manifests {
    /// Adds an object; one that cannot be written, or that is too large, is a finding.
    pub(crate) fn add<S: Serialize>(&mut self, facts: &Facts<'_>, object: &Object<S>, acc: &mut Diagnostics) {
        let metadata = &object.metadata;
        let (kind, name) = (object.kind, &metadata.name);
        let text = match to_yaml(object) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("the {kind} `{name}` cannot be written: {error}");
                acc.push(Diagnostic::new(&unwritable_object::RULE, facts.span(facts.ir.gateway.rule), message));
                return;
            }
        };
        if text.len() > LARGE {
            let rule = if text.len() > TOO_LARGE { &too_large_object::RULE } else { &large_object::RULE };
            let message = format!("the {kind} `{name}` has {} KiB", text.len().div_ceil(1024));
            let finding = Diagnostic::new(rule, facts.span(facts.ir.gateway.rule), message)
                .label("its policy is too big for one object of this kind")
                .help(
                    "spread the models or teams over several `Gateway` documents, or use `enforcement: maas-gateway`",
                );
            facts.report(finding, acc);
        }
        self.files.insert(format!("{}-{}-{name}.yaml", kind.to_ascii_lowercase(), metadata.namespace), text);
    }

    /// Returns the text of `kustomization.yaml`, which lists the files.
    ///
    /// # Errors
    /// Never for names of files; the writer's signature says so.
    pub(crate) fn kustomization(&self) -> Result<String, serde_saphyr::ser::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Kustomization<'a> {
            api_version: &'static str,
            kind: &'static str,
            resources: Vec<&'a str>,
        }
        to_yaml(&Kustomization {
            api_version: "kustomize.config.k8s.io/v1beta1",
            kind: "Kustomization",
            resources: self.files.keys().map(String::as_str).collect(),
        })
    }
}
