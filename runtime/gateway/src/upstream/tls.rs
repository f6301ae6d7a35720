//! TLS towards providers: the system's certificate authorities, or those a provider names.

use std::sync::Arc;

use maas_schemas::bundle::{ProviderTls, SecretRef};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::ExposeSecret;

use super::credentials::Credentials;

/// Why no connection can be made the way a provider asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("`{0}` is not among the credentials")]
    Missing(String),
    #[error("`{0}` holds no usable certificate or key")]
    Unusable(String),
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Returns the configuration for a provider.
pub(crate) fn client_config(tls: &ProviderTls, credentials: &Credentials) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(secret) => {
            for certificate in certificates(secret, credentials)? {
                roots.add(certificate).map_err(|_| TlsError::Unusable(place(secret)))?;
            }
        }
        // What of the system's store cannot be read is not trusted; an empty store fails the handshake, not the start.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Setup(error.to_string()))?
        .with_root_certificates(roots);
    let Some(name) = &tls.client_certificate else { return Ok(builder.with_no_client_auth()) };
    let part = |key: &str| SecretRef { secret: name.clone(), key: key.to_owned() };
    let chain = certificates(&part("tls.crt"), credentials)?;
    let key = part("tls.key");
    let text = credentials.get(&key).ok_or_else(|| TlsError::Missing(place(&key)))?;
    let parsed =
        PrivateKeyDer::from_pem_slice(text.expose_secret().as_bytes()).map_err(|_| TlsError::Unusable(place(&key)))?;
    builder.with_client_auth_cert(chain, parsed).map_err(|_| TlsError::Unusable(place(&key)))
}

fn certificates(secret: &SecretRef, credentials: &Credentials) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = credentials.get(secret).ok_or_else(|| TlsError::Missing(place(secret)))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.expose_secret().as_bytes()).collect();
    certificates.ok().filter(|list| !list.is_empty()).ok_or_else(|| TlsError::Unusable(place(secret)))
}

fn place(secret: &SecretRef) -> String {
    format!("{}/{}", secret.secret, secret.key)
}
