//! Connections to providers, kept warm across requests and across bundles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use maas_schemas::bundle::ProviderTls;
use rustls_pki_types::ServerName;

use super::credentials::Credentials;
use super::peer::Outbound;
use super::tls::{TlsError, client_config};

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An unused connection is closed after this time: below the usual 60 s of servers and load balancers.
const IDLE: Duration = Duration::from_secs(50);
const MOST_IDLE: usize = 1024;

/// A client with its own connections.
pub(crate) type Connections = Client<HttpsConnector<HttpConnector>, Outbound>;

/// One client for each way to speak TLS.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    by_tls: Mutex<BTreeMap<ProviderTls, Arc<Connections>>>,
}

impl Pool {
    /// Returns the connections for a provider.
    pub(crate) fn connections(
        &self,
        tls: &ProviderTls,
        credentials: &Credentials,
    ) -> Result<Arc<Connections>, TlsError> {
        let mut by_tls = self.by_tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connections) = by_tls.get(tls) {
            return Ok(Arc::clone(connections));
        }
        let connections = Arc::new(connect(tls, credentials)?);
        by_tls.insert(tls.clone(), Arc::clone(&connections));
        Ok(connections)
    }
}

fn connect(tls: &ProviderTls, credentials: &Credentials) -> Result<Connections, TlsError> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.set_keepalive(Some(Duration::from_secs(30)));
    let builder = HttpsConnectorBuilder::new().with_tls_config(client_config(tls, credentials)?).https_or_http();
    let builder = match &tls.server_name {
        Some(name) => {
            let name = ServerName::try_from(name.clone()).map_err(|error| TlsError::Setup(error.to_string()))?;
            builder.with_server_name_resolver(FixedServerNameResolver::new(name))
        }
        None => builder,
    };
    let connector = builder.enable_http1().wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MOST_IDLE)
        .build(connector))
}
