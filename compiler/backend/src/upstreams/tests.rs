//! Providers as places in the network.

use maas_schemas::bundle::{ObjectRef, ProviderType};

use super::{Place, destination};
use crate::fixture::Fixture;

/// Returns place, TLS and base of a provider in words.
fn check(kind: ProviderType, endpoint: &str, expect: &str) {
    let mut fixture = Fixture::new();
    let provider = fixture.provider("p", kind, endpoint);
    fixture.built.ir.providers[0].kserve = Some(ObjectRef { name: "granite".to_owned(), namespace: String::new() });
    fixture.model("m", provider);
    let built = fixture.build();
    let found = destination(&built.ir, &built.ir.routes[0][0]).map_or("nowhere".to_owned(), |found| {
        let place = match found.place {
            Place::Service { name, namespace, port } => format!("service {namespace}/{name}:{port}"),
            Place::Pool { name, namespace } => format!("pool {namespace}/{name}"),
            Place::Host { host, port } => format!("host {host}:{port}"),
        };
        format!("{place} {} {}", if found.tls { "tls" } else { "plain" }, found.base)
    });
    assert_eq!(found, expect, "{kind:?} {endpoint}");
}

#[test]
fn services_of_the_cluster_are_told_from_hosts() {
    check(ProviderType::Vllm, "http://llama.models.svc:8000/v1", "service models/llama:8000 plain /v1");
    check(ProviderType::Vllm, "https://llama.models.svc.cluster.local/v1", "service models/llama:443 tls /v1");
    check(ProviderType::Vllm, "http://llama/v1", "service maas-models/llama:80 plain /v1");
    check(ProviderType::Vllm, "https://pod-0.llama.models.svc/v1", "host pod-0.llama.models.svc:443 tls /v1");
    check(ProviderType::Vllm, "https://vllm.EU.acme.example/api/v1/", "host vllm.eu.acme.example:443 tls /api/v1");
}

#[test]
fn types_know_their_urls() {
    check(ProviderType::Openai, "", "host api.openai.com:443 tls /v1");
    check(ProviderType::Anthropic, "", "host api.anthropic.com:443 tls /v1");
    check(ProviderType::AzureOpenai, "https://acme.openai.azure.com", "host acme.openai.azure.com:443 tls /openai/v1");
    check(ProviderType::Kserve, "", "pool maas-models/granite-inference-pool plain /v1");
    check(ProviderType::Kserve, "https://granite.ns.svc/v1", "service ns/granite:443 tls /v1");
}

#[test]
fn what_is_no_address_leads_nowhere() {
    for endpoint in
        ["", "llama", "ftp://llama", "http://", "http://a:b", "http://u@llama", "http://llama/a?b", "http://llama:0"]
    {
        check(ProviderType::Vllm, endpoint, "nowhere");
    }
    check(ProviderType::Bedrock, "", "nowhere");
    check(ProviderType::Simulator, "http://llama", "nowhere");
}
