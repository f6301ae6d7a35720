//! `GET /v1/models`: what this caller may use, and nothing that tells of the rest.

use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{HeaderMap, Response};
use maas_llm::openai::models::{Model, list, one};

use crate::body::Body;
use crate::bundles::bundle::Bundle;
use crate::clock::now_ms;
use crate::error::{Error, Kind};
use crate::headers::X_MAAS_POLICY;
use crate::phases::decide::unknown_model;
use crate::phases::identify;
use crate::state::State;

/// Answers with all models, or with the one that is named.
pub(crate) async fn serve(
    state: &Arc<State>,
    bundle: &Arc<Bundle>,
    headers: &HeaderMap,
    id: Option<&str>,
) -> Response<Body> {
    let mut response = match answer(state, bundle, headers, id).await {
        Ok(body) => {
            let mut response = Response::new(Body::full(body));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(error) => error.response(),
    };
    response.headers_mut().insert(X_MAAS_POLICY, bundle.short.clone());
    response
}

async fn answer(
    state: &Arc<State>,
    bundle: &Arc<Bundle>,
    headers: &HeaderMap,
    id: Option<&str>,
) -> Result<Vec<u8>, Error> {
    let caller = identify::visitor(&state.keys, headers).await?;
    let visible = bundle.visible(&caller.request(now_ms())).map_err(|failure| {
        state.bundles.failed(bundle);
        state.metrics.policy_failures.inc();
        tracing::error!(%failure, "no list of models");
        Error::new(Kind::PolicyFailed, "the policy cannot be asked at the moment")
    })?;
    let names = visible.iter().flat_map(|model| {
        let names = std::iter::once(&model.name).chain(&model.aliases);
        names.map(|name| Model { id: name, owner: &model.owner })
    });
    match id {
        None => Ok(list(&names.collect::<Vec<_>>())),
        Some(id) => {
            let found = names.into_iter().find(|model| model.id == id);
            found.map(|model| one(&model)).ok_or_else(|| unknown_model(id))
        }
    }
}
