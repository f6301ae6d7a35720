//! Towards providers: connections, credentials, health, and the answers that come back.

pub(crate) mod answer;
pub(crate) mod balance;
pub(crate) mod credentials;
pub(crate) mod peer;
pub(crate) mod pool;
pub(crate) mod simulator;
pub(crate) mod tls;
