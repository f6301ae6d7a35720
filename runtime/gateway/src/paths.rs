//! Which path is what.

use http::Method;
use maas_schemas::abi::Endpoint;

use crate::error::{Error, Kind};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// A call to a model.
    Call(Endpoint),
    /// What the caller may use.
    Models,
    /// One of them.
    Model(String),
}

/// Returns what a request asks for.
pub(crate) fn resolve(method: &Method, path: &str) -> Result<Resource, Error> {
    let (resource, expected) = match path {
        "/v1/chat/completions" => (Resource::Call(Endpoint::Chat), Method::POST),
        "/v1/completions" => (Resource::Call(Endpoint::Completions), Method::POST),
        "/v1/embeddings" => (Resource::Call(Endpoint::Embeddings), Method::POST),
        "/v1/responses" => (Resource::Call(Endpoint::Responses), Method::POST),
        "/v1/models" => (Resource::Models, Method::GET),
        "/v1/messages" | "/v1/messages/count_tokens" => {
            return Err(Error::new(
                Kind::UnknownPath,
                "this gateway does not speak Anthropic's protocol yet; use chat",
            ));
        }
        _ => match path.strip_prefix("/v1/models/").filter(|id| !id.is_empty()) {
            Some(id) => (Resource::Model(decode(id)), Method::GET),
            None => return Err(Error::new(Kind::UnknownPath, "there is nothing at this path")),
        },
    };
    if *method == expected {
        return Ok(resource);
    }
    Err(Error::new(Kind::WrongMethod, format!("only {expected} is served at this path")).param(expected.as_str()))
}

/// Decodes `%2F` and the like: names of models may hold slashes.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.first_chunk::<2>().filter(|_| byte == b'%');
        let decoded = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match decoded {
            Some(decoded) => {
                bytes.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods() {
        assert_eq!(resolve(&Method::POST, "/v1/responses"), Ok(Resource::Call(Endpoint::Responses)));
        assert_eq!(resolve(&Method::GET, "/v1/models/a%2Fb/c"), Ok(Resource::Model("a/b/c".into())));
        assert_eq!(resolve(&Method::GET, "/v1/models/100%"), Ok(Resource::Model("100%".into())));
        for (method, path, kind) in [
            (Method::GET, "/v1/chat/completions", Kind::WrongMethod),
            (Method::POST, "/v1/models", Kind::WrongMethod),
            (Method::POST, "/v1/chat/completions/", Kind::UnknownPath),
            (Method::POST, "/v1/chat", Kind::UnknownPath),
            (Method::GET, "/v1/models/", Kind::UnknownPath),
            (Method::GET, "/", Kind::UnknownPath),
        ] {
            assert_eq!(resolve(&method, path).unwrap_err().kind, kind, "{method} {path}");
        }
    }
}
