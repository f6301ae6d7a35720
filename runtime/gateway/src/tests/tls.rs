//! TLS towards providers: whom we believe, and how we show who we are. The certificates in `tls/` are for tests alone.

use std::sync::Arc;

use maas_schemas::bundle::{ProviderTls, ProviderType, SecretRef};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use super::provider::FakeProvider;
use super::setup::{Setup, policy, provider};

const CA: &str = include_str!("tls/ca.pem");
const CERTIFICATE: &str = include_str!("tls/leaf.pem");
const KEY: &str = include_str!("tls/leaf.key");

enum Clients {
    Anybody,
    WithCertificate,
}

fn server(clients: Clients) -> ServerConfig {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&crypto)).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        Clients::Anybody => builder.with_no_client_auth(),
        Clients::WithCertificate => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(CA.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap()).unwrap()
}

async fn setup(fake: &FakeProvider, tls: ProviderTls) -> Setup {
    let mut vllm = provider("vllm", ProviderType::Vllm, fake.url().replace("http://", "https://"));
    vllm.tls = tls;
    Setup::start_with(policy(vec![vllm]), |config| {
        let folder = config.credentials.clone().unwrap().join("pki");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in [("ca.crt", CA), ("tls.crt", CERTIFICATE), ("tls.key", KEY)] {
            std::fs::write(folder.join(name), text).unwrap();
        }
    })
    .await
}

fn tls(client_certificate: Option<&str>) -> ProviderTls {
    ProviderTls {
        ca: Some(SecretRef { secret: "pki".into(), key: "ca.crt".into() }),
        server_name: Some("provider.test".into()),
        client_certificate: client_certificate.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_named_authority_and_name_are_believed() {
    let fake = FakeProvider::start_tls(server(Clients::Anybody)).await;
    assert_eq!(setup(&fake, tls(None)).await.chat(json!({})).await.status, 200);
}

#[tokio::test]
async fn anybody_else_is_not() {
    let fake = FakeProvider::start_tls(server(Clients::Anybody)).await;
    let public_authorities = ProviderTls { ca: None, ..tls(None) };
    let own_address = ProviderTls { server_name: None, ..tls(None) };
    let missing = ProviderTls { ca: Some(SecretRef { secret: "pki".into(), key: "no".into() }), ..tls(None) };
    for tls in [public_authorities, own_address, missing] {
        setup(&fake, tls).await.chat(json!({})).await.error(502, "upstream_error");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let fake = FakeProvider::start_tls(server(Clients::WithCertificate)).await;
    assert_eq!(setup(&fake, tls(Some("pki"))).await.chat(json!({})).await.status, 200);
    let without = setup(&fake, tls(None)).await;
    assert_eq!(without.chat(json!({})).await.status, 502);
    assert_eq!(fake.seen().len(), 1);
}
