//! What is asked? The body is read once, up to a limit, and understood as far as a gateway must.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use maas_llm::Call;

use crate::error::{Error, Kind};
use crate::exchange::Exchange;

/// Reads the body of a request.
pub(crate) async fn receive(exchange: &mut Exchange, headers: &HeaderMap, body: Incoming) -> Result<Call, Error> {
    let settings = exchange.state.settings;
    let coding = headers.get(header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Error::new(Kind::BadRequest, "compressed request bodies are not read").param("content-encoding"));
    }
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let most = u64::try_from(settings.max_request_bytes).unwrap_or(u64::MAX);
    if declared.is_some_and(|declared| declared > most) {
        return Err(too_large(most));
    }
    let body = collect(body, settings.max_request_bytes, settings.body_timeout).await?;
    let call = Call::read(exchange.endpoint, body)?;
    exchange.record.stream = call.stream;
    Ok(call)
}

async fn collect(mut body: Incoming, most: usize, timeout: std::time::Duration) -> Result<Bytes, Error> {
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    loop {
        let frame = match tokio::time::timeout(timeout, body.frame()).await {
            Err(_) => return Err(Error::new(Kind::BodyTimeout, "the body of the request did not arrive in time")),
            Ok(Some(Err(_))) => return Err(Error::new(Kind::ClientGone, "the body of the request ended early")),
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => break,
        };
        let Ok(data) = frame.into_data() else { continue };
        let size = first.as_ref().map_or(0, Bytes::len) + all.len() + data.len();
        if size > most {
            return Err(too_large(u64::try_from(most).unwrap_or(u64::MAX)));
        }
        // Most bodies come in one piece: then nothing is copied.
        match first.take() {
            None if all.is_empty() => first = Some(data),
            Some(before) => {
                all.extend_from_slice(&before);
                all.extend_from_slice(&data);
            }
            None => all.extend_from_slice(&data),
        }
    }
    Ok(first.unwrap_or_else(|| all.freeze()))
}

fn too_large(most: u64) -> Error {
    Error::new(Kind::BodyTooLarge, format!("the body of the request is larger than {most} bytes"))
}
