//! `Gateway`: one environment.

use maasc_diagnostics::Spanned;

use super::{SecretRef, Text};

/// `Gateway.spec`.
#[derive(Clone, Debug, Default)]
pub struct Gateway {
    /// Platform and version of its manifests.
    pub target: Option<Spanned<Target>>,
    /// Who counts and decides.
    pub enforcement: Option<Spanned<Enforcement>>,
    /// GatewayClass.
    pub class_name: Option<Text>,
    /// Namespaces.
    pub namespaces: Namespaces,
    /// Host names of the API.
    pub hostnames: Vec<Text>,
    /// `tls.issuer`.
    pub tls_issuer: Option<Issuer>,
    /// DNS.
    pub dns: Option<Dns>,
    /// Clusters with their DNS weights.
    pub clusters: Vec<Cluster>,
    /// Replicas of `maas-gateway`.
    pub replicas: Option<Text>,
    /// Stores that replicas share.
    pub stores: Stores,
    /// Rules (MAAS07xx) whose loss is accepted.
    pub accept: Vec<Text>,
    /// Image of `maas-gateway`.
    pub image: Option<Text>,
    /// `bundle.oci`: where the bundle is pulled from.
    pub bundle_oci: Option<Text>,
    /// `externalSecrets.store`.
    pub external_secrets_store: Option<Text>,
    /// Argo CD or Flux.
    pub gitops: Option<GitOps>,
}

/// Platforms and versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `kuadrant-1.5`
    Kuadrant15,
    /// `openshift-ai-3.4`
    OpenshiftAi34,
    /// `openshift-ai-3.5`
    OpenshiftAi35,
    /// `standalone`
    Standalone,
}

impl Target {
    /// All targets with the names that documents write.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Kuadrant15, "kuadrant-1.5"),
        (Self::OpenshiftAi34, "openshift-ai-3.4"),
        (Self::OpenshiftAi35, "openshift-ai-3.5"),
        (Self::Standalone, "standalone"),
    ];
}

/// Who counts and decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    /// `maas-gateway`
    MaasGateway,
    /// `kuadrant`
    Kuadrant,
}

/// Namespaces.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    /// Of the Gateway and of `maas-gateway`.
    pub gateway: Option<Text>,
    /// Of models and routes.
    pub models: Option<Text>,
    /// Of Kuadrant.
    pub kuadrant: Option<Text>,
}

/// A cert-manager issuer.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// `Issuer` or `ClusterIssuer`.
    pub kind: Option<Text>,
    /// Its name.
    pub name: Text,
}

/// DNS of a gateway.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    /// `provider.secret`.
    pub provider_secret: Option<Text>,
    /// Geo code.
    pub geo: Option<Text>,
    /// Answers for clients from elsewhere.
    pub default: Option<Spanned<bool>>,
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name, a folder of the output.
    pub name: Text,
    /// Its share in DNS.
    pub weight: Option<Text>,
}

/// Shared stores.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    /// `counters.valkey`.
    pub valkey: Option<SecretRef>,
    /// `ledger.postgres`.
    pub postgres: Option<SecretRef>,
}

/// `gitops`.
#[derive(Clone, Debug)]
pub struct GitOps {
    /// Which tool.
    pub tool: Spanned<GitOpsTool>,
    /// From where it syncs.
    pub source: GitSource,
}

/// GitOps tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "product names")]
pub enum GitOpsTool {
    Argocd,
    Flux,
}

/// A place in a Git repository.
#[derive(Clone, Debug)]
pub struct GitSource {
    /// URL.
    pub repo: Text,
    /// Folder.
    pub path: Text,
    /// Branch, tag or commit.
    pub revision: Option<Text>,
}
