//! Error bodies in OpenAI's shape: ours, and what can be told of a provider's.

use serde::Deserialize;
use serde_json::json;

use super::text::Text;

/// The longest message of a provider that is passed on, in characters.
const LONGEST_MESSAGE: usize = 400;

/// The four members of an OpenAI error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorBody<'a> {
    /// One line for people.
    pub message: &'a str,
    /// The family.
    pub kind: &'a str,
    /// The field or the line of policy it is about.
    pub param: Option<&'a str>,
    /// For programs.
    pub code: &'a str,
}

impl ErrorBody<'_> {
    /// Returns the body of an answer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let error = json!({"message": self.message, "type": self.kind, "param": self.param, "code": self.code});
        json!({"error": error}).to_string().into_bytes()
    }
}

/// What can be told of a provider's error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// Cleaned of addresses and secrets; empty when the body had none.
    pub message: String,
    /// As the provider wrote it, if it is a plain word.
    pub code: Option<String>,
    /// As the provider wrote it, if it is a plain path.
    pub param: Option<String>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    error: Option<Fields<'a>>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    code: Text<'a>,
    #[serde(borrow, default)]
    param: Text<'a>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    code: Text<'a>,
    #[serde(borrow, default)]
    param: Text<'a>,
}

impl ProviderError {
    /// Reads an error body; what is no error in a known shape tells nothing.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Body<'_>>(body) else { return Self::default() };
        let fields = body.error.unwrap_or(Fields { message: body.message, code: body.code, param: body.param });
        Self {
            message: clean(fields.message.as_str()),
            code: plain(fields.code.as_str()),
            param: plain(fields.param.as_str()),
        }
    }
}

fn plain(text: &str) -> Option<String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    (!text.is_empty() && text.len() <= 100 && text.bytes().all(word)).then(|| text.to_owned())
}

/// Takes addresses, host names and anything that looks like a secret out of a provider's text.
#[must_use]
pub fn clean(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if is_private(word) { "…" } else { word });
    let mut out = String::new();
    for word in words {
        if out.chars().count() + word.chars().count() > LONGEST_MESSAGE {
            out.push('…');
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn is_private(word: &str) -> bool {
    let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let lower = core.to_ascii_lowercase();
    let secret = ["sk-", "sk_", "pk-", "maas_", "bearer", "eyj", "akia", "ghp_"].iter().any(|p| lower.starts_with(p));
    let long = core.len() >= 32
        && core.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*' | b'=' | b'+' | b'/'));
    let host = [".svc", ".local", ".internal", ".cluster", ".lan"].iter().any(|part| lower.contains(part));
    let dots = core.bytes().filter(|b| *b == b'.').count();
    let address = dots == 3 && core.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':'));
    secret || long || host || address || lower.contains("://")
}

#[cfg(test)]
mod tests {
    use super::{ErrorBody, ProviderError, clean};

    #[test]
    fn secrets_and_addresses_are_left_out() {
        let text = "Incorrect API key provided: sk-abc123***xyz. See https://platform.example.com/keys or \
                    10.0.3.17:8000 (vllm.models.svc.cluster.local)";
        assert_eq!(clean(text), "Incorrect API key provided: … See … or … …");
        assert!(clean(&"word ".repeat(1000)).chars().count() <= 402);
    }

    #[test]
    fn both_shapes_are_read() {
        let nested = br#"{"error":{"message":"too long","type":"invalid_request_error","param":"messages[0].content","code":null}}"#;
        let flat = br#"{"object":"error","message":"too long","type":"BadRequestError","param":"messages[0].content","code":400}"#;
        for body in [&nested[..], &flat[..]] {
            let error = ProviderError::read(body);
            assert_eq!((error.message.as_str(), error.param.as_deref()), ("too long", Some("messages[0].content")));
            assert_eq!(error.code, None);
        }
        assert_eq!(ProviderError::read(b"<html>bad gateway</html>"), ProviderError::default());
    }

    #[test]
    fn the_body_has_all_four_members() {
        let body = ErrorBody { message: "no \"such\" model", kind: "invalid_request_error", param: None, code: "x" };
        assert_eq!(
            String::from_utf8(body.to_bytes()).unwrap(),
            r#"{"error":{"code":"x","message":"no \"such\" model","param":null,"type":"invalid_request_error"}}"#
        );
    }
}
