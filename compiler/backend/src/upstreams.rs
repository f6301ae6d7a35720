//! Where the models of this environment run, as far as a route of Gateway API can lead there.

use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::{Provider, ProviderType};
use maas_schemas::decision::UpstreamChoice;
use maasc_ir::ir::{Ir, RuleId};

/// One line of a model's `upstreams`, resolved to a place in the network.
#[derive(Clone, Debug)]
pub(crate) struct Destination<'a> {
    /// Its provider.
    pub(crate) provider: &'a Provider,
    /// The model's name there.
    pub(crate) model: &'a str,
    /// Where requests go.
    pub(crate) place: Place,
    /// It speaks TLS.
    pub(crate) tls: bool,
    /// Path in front of `/chat/completions`, without a trailing slash.
    pub(crate) base: String,
    /// Share among the primary upstreams.
    pub(crate) weight: u16,
    /// The line that names it.
    pub(crate) rule: RuleId,
}

/// A place in the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A Service of the cluster.
    Service {
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
        /// Its port.
        port: u16,
    },
    /// The InferencePool of an LLMInferenceService.
    Pool {
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// A host outside of the cluster.
    Host {
        /// Its name.
        host: String,
        /// Its port.
        port: u16,
    },
}

impl Place {
    /// Returns the name under which the mesh knows it; `None` for a pool, which has none of its own.
    pub(crate) fn host(&self) -> Option<String> {
        match self {
            Self::Service { name, namespace, .. } => Some(format!("{name}.{namespace}.svc.cluster.local")),
            Self::Pool { .. } => None,
            Self::Host { host, .. } => Some(host.clone()),
        }
    }
}

/// A URL in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Url<'a> {
    tls: bool,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Url<'a> {
    /// Returns the parts of `http://host:port/path` or `https://host:port/path`.
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at)?,
            None => (rest, ""),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if tls { 443 } else { 80 }),
        };
        let plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        if host.is_empty() || !plain(host, ".-") || !plain(path, "/._-~") || port == 0 {
            return None;
        }
        Some(Self { tls, host, port, path: path.trim_end_matches('/') })
    }
}

/// Returns where an upstream is, or `None` where no route can lead to it: its provider answers by itself, needs a
/// request that is signed, or has no usable URL.
pub(crate) fn destination<'a>(ir: &'a Ir, choice: &UpstreamChoice) -> Option<Destination<'a>> {
    let upstream = ir.upstreams.get(choice.upstream as usize)?;
    let provider = ir.providers.get(upstream.provider as usize)?;
    let destination = |place, tls, base: String| Destination {
        provider,
        model: &upstream.model,
        place,
        tls,
        base,
        weight: choice.weight,
        rule: choice.rule,
    };
    let known = match provider.kind {
        ProviderType::Bedrock | ProviderType::Simulator => return None,
        ProviderType::Openai => "https://api.openai.com/v1",
        ProviderType::Anthropic => "https://api.anthropic.com/v1",
        ProviderType::Vllm | ProviderType::Kserve | ProviderType::AzureOpenai | ProviderType::OpenaiCompatible => "",
    };
    if let (ProviderType::Kserve, Some(object), "") = (provider.kind, &provider.kserve, provider.endpoint.as_str()) {
        let namespace = if object.namespace.is_empty() { &ir.gateway.models_namespace } else { &object.namespace };
        let place = Place::Pool { name: format!("{}-inference-pool", object.name), namespace: namespace.clone() };
        return Some(destination(place, false, "/v1".to_owned()));
    }
    let url = Url::parse(if provider.endpoint.is_empty() { known } else { &provider.endpoint })?;
    // Azure's URLs that take the deployment from the path want a query parameter, which a route cannot add.
    let api = if provider.kind == ProviderType::AzureOpenai { "/openai/v1" } else { "" };
    let base = [url.path, api].concat();
    Some(destination(place(&url, &ir.gateway.models_namespace), url.tls, base))
}

fn place(url: &Url<'_>, models_namespace: &str) -> Place {
    let inside = url.host.strip_suffix(".cluster.local").unwrap_or(url.host);
    let service = match inside.split('.').collect::<Vec<_>>().as_slice() {
        [name] => Some((*name, models_namespace)),
        [name, namespace, "svc"] => Some((*name, *namespace)),
        _ => None,
    };
    match service {
        Some((name, namespace)) => {
            Place::Service { name: name.to_owned(), namespace: namespace.to_owned(), port: url.port }
        }
        None => Place::Host { host: url.host.to_ascii_lowercase(), port: url.port },
    }
}

/// Returns the path of an endpoint below the base of an API.
pub(crate) const fn endpoint_path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "/chat/completions",
        Endpoint::Completions => "/completions",
        Endpoint::Embeddings => "/embeddings",
        Endpoint::Responses => "/responses",
        Endpoint::Messages => "/messages",
        Endpoint::CountTokens => "/messages/count_tokens",
    }
}

/// Says whether a provider answers at an endpoint without a translation.
pub(crate) const fn serves(kind: ProviderType, endpoint: Endpoint) -> bool {
    let messages = matches!(endpoint, Endpoint::Messages | Endpoint::CountTokens);
    matches!(kind, ProviderType::Anthropic) == messages
}

/// Says whether the answers of an endpoint hold the one number that Kuadrant counts, also when they are streamed.
pub(crate) const fn is_counted(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Chat | Endpoint::Completions | Endpoint::Embeddings)
}

#[cfg(test)]
mod tests;
