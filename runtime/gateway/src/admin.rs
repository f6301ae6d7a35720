//! The admin port: health, readiness, metrics, the policy in force.

use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;

use crate::body::Body;
use crate::server::text;
use crate::state::State;
use crate::telemetry::metrics::StoreIsLost;

const PLAIN: &str = "text/plain; charset=utf-8";
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers an administrator or a probe.
pub(crate) async fn respond(state: Arc<State>, request: Request<Incoming>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(405, PLAIN, "only GET is served here\n");
    }
    match request.uri().path() {
        "/healthz" | "/livez" => text(200, PLAIN, "ok\n"),
        "/readyz" => ready(&state),
        "/metrics" => {
            match state.metrics.encode(&state.bundles.status(), StoreIsLost(state.counters.store_is_lost())) {
                Ok(body) => text(200, METRICS, body),
                Err(_) => text(500, PLAIN, "the metrics cannot be written\n"),
            }
        }
        "/bundle" => match serde_json::to_vec_pretty(&state.bundles.status()) {
            Ok(body) => text(200, "application/json", body),
            Err(_) => text(500, PLAIN, "the status cannot be written\n"),
        },
        _ => text(404, PLAIN, "/healthz /readyz /metrics /bundle\n"),
    }
}

/// Ready: a policy is in force and we are not stopping.
fn ready(state: &State) -> Response<Body> {
    if state.stop.is_cancelled() {
        return text(503, PLAIN, "stopping\n");
    }
    match state.bundles.current() {
        Some(bundle) => text(200, PLAIN, format!("ready, policy {}\n", bundle.short.to_str().unwrap_or("?"))),
        None => text(503, PLAIN, "no policy is in force\n"),
    }
}
