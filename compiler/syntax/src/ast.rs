//! Documents as they were typed: every field with its span, names not looked up, units not read.
//!
//! Texts with a unit (`250k`, `1h`, `2.50`, `2026-11-01`) stay text here; `hir` reads them, so that its findings can
//! speak of meaning. Closed sets of words are enumerations already.

mod approval;
mod gateway;
mod invariant;
mod limit;
mod model;
mod organization;
mod policy_test;
mod provider;
mod quota;
mod subscription;
mod team;

pub use approval::{Approval, ApprovalFor};
pub use gateway::{
    Cluster, Dns, Enforcement, Gateway, GitOps, GitOpsTool, GitSource, Issuer, Namespaces, Stores, Target,
};
pub use invariant::{ForEach, Invariant};
pub use limit::Limit;
pub use model::{
    DataClass, Exposure, Lifecycle, Model, OnDisconnect, ParameterBounds, Price, Retry, Stage, Timeouts, UpstreamLine,
};
pub use organization::{ApprovalRule, Approvals, ChangeBudget, Claims, IdentityProvider, Organization, Preset, Role};
pub use policy_test::{Caller, Case, Expectation, Matrix, PolicyTest, TestRequest};
pub use provider::{Fault, Health, Provider, ProviderTls, Simulator};
pub use quota::Quota;
pub use subscription::{Exceed, Keys, PerModel, Selection, Subscription, Unlimited};
pub use team::{Members, Team};

use maasc_diagnostics::{Span, Spanned};

/// A text with its place.
pub type Text = Spanned<String>;
/// Entries of a mapping in the order in which they were typed.
pub type Entries<T> = Vec<(Text, T)>;

/// One YAML document of ours.
#[derive(Clone, Debug)]
pub struct Document {
    /// The whole document.
    pub span: Span,
    /// The value of `kind`.
    pub kind: Spanned<Kind>,
    /// The value of `apiVersion`.
    pub api_version: Text,
    /// Name, labels, annotations.
    pub metadata: Metadata,
    /// `spec.gateways`: the environments it is for; all of them when it says nothing.
    pub gateways: Option<Vec<Text>>,
    /// The place of `spec`.
    pub spec_span: Span,
    /// The rest of `spec`.
    pub spec: Spec,
}

/// `metadata`.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// DNS-1123 label.
    pub name: Text,
    /// Labels that selectors see.
    pub labels: Entries<Text>,
    /// Free text for tools.
    pub annotations: Entries<Text>,
}

/// The ten kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One per workspace.
    Organization,
    /// An environment.
    Gateway,
    /// Who.
    Team,
    /// Where models run.
    Provider,
    /// A governed name.
    Model,
    /// A named set of limits.
    Quota,
    /// The only thing that grants access.
    Subscription,
    /// Who consented to what.
    Approval,
    /// What must hold.
    Invariant,
    /// What must come out.
    PolicyTest,
}

impl Kind {
    /// All kinds with the names that documents write.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Organization, "Organization"),
        (Self::Gateway, "Gateway"),
        (Self::Team, "Team"),
        (Self::Provider, "Provider"),
        (Self::Model, "Model"),
        (Self::Quota, "Quota"),
        (Self::Subscription, "Subscription"),
        (Self::Approval, "Approval"),
        (Self::Invariant, "Invariant"),
        (Self::PolicyTest, "PolicyTest"),
    ];

    /// Returns the name that documents write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::Gateway => "Gateway",
            Self::Team => "Team",
            Self::Provider => "Provider",
            Self::Model => "Model",
            Self::Quota => "Quota",
            Self::Subscription => "Subscription",
            Self::Approval => "Approval",
            Self::Invariant => "Invariant",
            Self::PolicyTest => "PolicyTest",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// `spec`, by kind.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is the kind of its name")]
pub enum Spec {
    Organization(Box<Organization>),
    Gateway(Box<Gateway>),
    Team(Box<Team>),
    Provider(Box<Provider>),
    Model(Box<Model>),
    Quota(Quota),
    Subscription(Box<Subscription>),
    Approval(Box<Approval>),
    Invariant(Invariant),
    PolicyTest(PolicyTest),
}

/// `{secret, key}`.
#[derive(Clone, Debug)]
pub struct SecretRef {
    /// Name of the Secret.
    pub secret: Text,
    /// Key in it.
    pub key: Text,
}
