//! One loaded bundle: its policy, its manifest, and what follows from them for this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::HeaderValue;
use maas_quota::window::Zone;
use maas_schemas::bundle::{Manifest, Model, Provider, ProviderType, Upstream};
use maas_schemas::decision::{Decision, Request};
use maas_schemas::provenance::Provenance;

use super::policy::{Policy, PolicyFailure};
use crate::headers;
use crate::upstream::credentials::Credentials;
use crate::upstream::pool::{Connections, Pool};
use crate::upstream::tls::TlsError;

/// So many failures in a row put a bundle out of use.
const STRIKES: u32 = 3;

/// A bundle in use. Requests in flight keep theirs.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) manifest: Manifest,
    pub(crate) provenance: Provenance,
    /// `sha256:` and 64 hex digits.
    pub(crate) digest: String,
    /// First 12 of them, as every answer carries them.
    pub(crate) short: HeaderValue,
    pub(crate) zone: Zone,
    /// By index of the provider.
    connections: Vec<Result<Arc<Connections>, TlsError>>,
    policy: Box<dyn Policy>,
    failures: AtomicU32,
}

/// An upstream with its provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) upstream: &'a Upstream,
    pub(crate) connections: &'a Result<Arc<Connections>, TlsError>,
}

impl Bundle {
    pub(crate) fn new(
        policy: Box<dyn Policy>,
        manifest: Manifest,
        provenance: Provenance,
        digest: String,
        pool: &Pool,
        credentials: &Credentials,
    ) -> Result<Self, maas_quota::window::UnknownZone> {
        let zone = Zone::named(&manifest.time_zone)?;
        let connect = |provider: &Provider| match provider.kind {
            ProviderType::Simulator => pool.connections(&Default::default(), credentials),
            _ => pool.connections(&provider.tls, credentials),
        };
        let connections = manifest.providers.iter().map(connect).collect();
        let short = headers::value(short(&digest));
        Ok(Self { manifest, provenance, digest, short, zone, connections, policy, failures: AtomicU32::new(0) })
    }

    /// Decides, and counts failures in a row.
    pub(crate) fn decide(&self, request: &Request) -> Result<Decision, PolicyFailure> {
        self.counted(self.policy.decide(request))
    }

    /// Returns the models that a caller may use.
    pub(crate) fn visible(&self, request: &Request) -> Result<Vec<&Model>, PolicyFailure> {
        let indices = self.counted(self.policy.visible(request))?;
        Ok(indices.into_iter().filter_map(|index| self.model(index)).collect())
    }

    /// Says whether it failed so often in a row that it must not be used any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= STRIKES
    }

    pub(crate) fn model(&self, index: u32) -> Option<&Model> {
        at(&self.manifest.models, index)
    }

    pub(crate) fn team_name(&self, index: u32) -> Option<&str> {
        at(&self.manifest.teams, index).map(|team| team.name.as_str())
    }

    pub(crate) fn subscription_name(&self, index: u32) -> Option<&str> {
        at(&self.manifest.subscriptions, index).map(|subscription| subscription.name.as_str())
    }

    /// Returns the name of a limit, for messages.
    pub(crate) fn limit_name(&self, index: u32) -> Option<&str> {
        at(&self.manifest.names, index).map(String::as_str)
    }

    /// Returns who pays: the subscription's cost centre, else that of the team or the nearest team above it.
    pub(crate) fn cost_centre(&self, team: Option<u32>, subscription: Option<u32>) -> &str {
        let own = subscription.and_then(|index| at(&self.manifest.subscriptions, index));
        if let Some(subscription) = own.filter(|subscription| !subscription.cost_centre.is_empty()) {
            return &subscription.cost_centre;
        }
        let mut team = team;
        // A cycle of parents cannot be compiled; the count makes sure that none can hang us.
        for _ in 0..self.manifest.teams.len() {
            let Some(found) = team.and_then(|index| at(&self.manifest.teams, index)) else { break };
            if !found.cost_centre.is_empty() {
                return &found.cost_centre;
            }
            team = found.parent;
        }
        ""
    }

    /// Returns `file:line` of a rule.
    pub(crate) fn rule(&self, index: u32) -> Option<String> {
        at(&self.provenance.rules, index).map(ToString::to_string)
    }

    pub(crate) fn target(&self, upstream: u32) -> Option<Target<'_>> {
        let upstream = at(&self.manifest.upstreams, upstream)?;
        let provider = at(&self.manifest.providers, upstream.provider)?;
        let connections = at(&self.connections, upstream.provider)?;
        Some(Target { provider, upstream, connections })
    }

    fn counted<T>(&self, result: Result<T, PolicyFailure>) -> Result<T, PolicyFailure> {
        match &result {
            Ok(_) if self.failures.load(Ordering::Relaxed) == 0 => {}
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(PolicyFailure::Question(_)) => {}
            Err(PolicyFailure::Broken(_)) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        result
    }
}

/// Returns the digits of a digest that people see.
pub(crate) fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}

fn at<T>(list: &[T], index: u32) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}
