//! The pipeline. Each phase is one file with one function; this is their order.
//!
//! ```text
//! identify → decide → reserve → route → forward → meter → settle
//!  key        wasm     quota     upstream  stream    usage    ledger
//! ```
//!
//! What a phase learns goes into the [`Exchange`]. A refusal anywhere ends in [`settle::refuse`]; a client that leaves ends
//! in [`settle::abandon`], called when the exchange is dropped; an answer ends when its last byte has passed the meter.

use http::{Response, request::Parts};
use hyper::body::Incoming;

use crate::body::Body;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::upstream::answer::Answer;

pub(crate) mod decide;
pub(crate) mod forward;
pub(crate) mod identify;
pub(crate) mod meter;
pub(crate) mod receive;
pub(crate) mod reserve;
pub(crate) mod route;
pub(crate) mod settle;

/// Serves one request of a caller, from its first byte to the first byte of the answer.
pub(crate) async fn run(mut exchange: Exchange, head: Parts, body: Incoming) -> Response<Body> {
    match admit(&mut exchange, head, body).await {
        Ok(answer) => meter::respond(exchange, answer),
        Err(error) => settle::refuse(exchange, &error),
    }
}

async fn admit(exchange: &mut Exchange, head: Parts, body: Incoming) -> Result<Answer, Error> {
    let caller = identify::identify(exchange, &head.headers).await?;
    let call = receive::receive(exchange, &head.headers, body).await?;
    let grant = decide::decide(exchange, &caller, &call)?;
    reserve::reserve(exchange, &caller, &call, &grant).await?;
    let upstreams = route::route(exchange, &grant);
    forward::forward(exchange, &head.headers, &call, &grant, &upstreams).await
}
