//! `Provider`: a place where models run.

use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::{Span, Spanned};

use super::{DataClass, Entries, Limit, SecretRef, Text};

/// `Provider.spec`.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What it speaks.
    pub kind: Spanned<ProviderType>,
    /// For people.
    pub display_name: Option<Text>,
    /// Base URL.
    pub endpoint: Option<Text>,
    /// Where its credential is.
    pub credential: Option<SecretRef>,
    /// Region as the organization names it.
    pub region: Option<Text>,
    /// TLS towards it.
    pub tls: ProviderTls,
    /// Active health check.
    pub health: Option<Health>,
    /// Extra request headers.
    pub headers: Entries<Text>,
    /// `azure.apiVersion`.
    pub azure_api_version: Option<Text>,
    /// `bedrock.region`.
    pub bedrock_region: Option<Text>,
    /// `kserve`: (name, namespace).
    pub kserve: Option<(Text, Option<Text>)>,
    /// Behaviour of `simulator`.
    pub simulator: Option<Simulator>,
    /// What the provider itself allows.
    pub limits: Vec<Limit>,
    /// Data classes it may receive.
    pub data_classes: Option<Vec<Spanned<DataClass>>>,
}

/// `tls`.
#[derive(Clone, Debug, Default)]
pub struct ProviderTls {
    /// Certificate authority instead of the public ones.
    pub ca: Option<SecretRef>,
    /// Name to verify instead of the host.
    pub server_name: Option<Text>,
    /// Secret with `tls.crt` and `tls.key`.
    pub client_certificate: Option<Text>,
}

/// `health`.
#[derive(Clone, Debug)]
pub struct Health {
    /// Path.
    pub path: Text,
    /// Between two checks.
    pub interval: Option<Text>,
}

/// `simulator`.
#[derive(Clone, Debug, Default)]
pub struct Simulator {
    /// Until the first token.
    pub latency: Option<Text>,
    /// Speed of the stream.
    pub tokens_per_second: Option<Text>,
    /// Planned failures.
    pub faults: Vec<Fault>,
}

/// One of `simulator.faults`.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The whole entry.
    pub span: Span,
    /// Every n-th request.
    pub every: Text,
    /// HTTP status; 0 cuts the stream.
    pub status: Text,
}
