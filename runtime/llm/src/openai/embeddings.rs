//! `POST /v1/embeddings`: input only.

use super::completions::Prompts;
use crate::call::{BadRequest, Call};

/// Fills in what an embeddings request says.
pub(crate) fn inspect(call: &mut Call) -> Result<(), BadRequest> {
    let inputs = call
        .object()
        .read::<Prompts>("input")
        .map_err(|_| BadRequest::wrong_type("input", "a string or a list"))?
        .ok_or_else(|| BadRequest::missing("input"))?;
    call.shape.messages = inputs.0;
    call.choices = 0;
    Ok(())
}
