//! Who is it? One credential, checked; two different ones are nobody.

use http::HeaderMap;
use http::header;
use maas_schemas::decision::Request;

use crate::clock::now_ms;
use crate::error::{Error, Kind};
use crate::exchange::Exchange;
use crate::headers::{X_API_KEY, X_MAAS_SUBSCRIPTION};
use crate::keys::{KeyRefusal, Keys};

/// A caller whose credential was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Id of the API key.
    pub(crate) key_id: Option<String>,
    /// `provider:subject`.
    pub(crate) user: Option<String>,
    /// The teams it speaks for.
    pub(crate) teams: Vec<String>,
    /// The subscription that it is bound to or asks for.
    pub(crate) subscription: Option<String>,
    /// The caller named another subscription than the one its key is bound to.
    pub(crate) contradicts: bool,
}

impl Caller {
    /// Returns the question about this caller, without model and endpoint.
    pub(crate) fn request(&self, now_ms: i64) -> Request {
        Request {
            now_ms,
            subscription: self.subscription.clone(),
            teams: self.teams.clone(),
            user: self.user.clone(),
            ..Request::default()
        }
    }
}

/// Checks the credential of a request.
pub(crate) async fn identify(exchange: &mut Exchange, headers: &HeaderMap) -> Result<Caller, Error> {
    let caller = caller(&exchange.state.keys, headers, exchange.record.time_ms).await?;
    exchange.record.key_id = caller.key_id.clone().unwrap_or_default();
    exchange.record.user = caller.user.clone().unwrap_or_default();
    Ok(caller)
}

/// Checks the credential of a request that is no exchange: a list of models.
pub(crate) async fn visitor(keys: &Keys, headers: &HeaderMap) -> Result<Caller, Error> {
    caller(keys, headers, now_ms()).await
}

async fn caller(keys: &Keys, headers: &HeaderMap, now_ms: i64) -> Result<Caller, Error> {
    let presented = presented(headers)?;
    let key = keys.verify(presented, now_ms).await.map_err(|error| refusal(&error))?;
    let named = headers.get(X_MAAS_SUBSCRIPTION).map(|value| value.to_str().unwrap_or_default());
    let contradicts = named.is_some_and(|named| named != key.subscription);
    Ok(Caller {
        key_id: Some(key.id),
        user: Some(key.user).filter(|user| !user.is_empty()),
        teams: vec![key.team],
        subscription: Some(key.subscription),
        contradicts,
    })
}

/// Returns the one credential of a request.
fn presented(headers: &HeaderMap) -> Result<&str, Error> {
    let refuse = |message: &str| Error::new(Kind::InvalidKey, message);
    let mut found: Option<&str> = None;
    let bearers = headers.get_all(header::AUTHORIZATION).iter().map(|value| (value, true));
    let keys = headers.get_all(X_API_KEY).iter().map(|value| (value, false));
    for (value, has_scheme) in bearers.chain(keys) {
        let text = value.to_str().map_err(|_| refuse("the credential is not plain text"))?.trim();
        let text = match text.split_once(' ') {
            None if !has_scheme => text,
            Some((scheme, rest)) if has_scheme && scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
            _ => return Err(refuse("credentials are sent as `Authorization: Bearer` or `x-api-key`")),
        };
        match found {
            None => found = Some(text),
            Some(before) if before == text => {}
            Some(_) => return Err(refuse("the request carries two different credentials")),
        }
    }
    found
        .filter(|text| !text.is_empty())
        .ok_or_else(|| refuse("the request carries no API key: send it as `Authorization: Bearer` or `x-api-key`"))
}

fn refusal(refusal: &KeyRefusal) -> Error {
    match refusal {
        KeyRefusal::Store(_) => Error::new(Kind::KeyStoreUnavailable, "API keys cannot be checked at the moment"),
        KeyRefusal::Malformed(_) | KeyRefusal::Unknown | KeyRefusal::Expired | KeyRefusal::Revoked => {
            Error::new(Kind::InvalidKey, refusal.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::presented;

    fn check(headers: &[(&'static str, &str)]) -> Result<String, String> {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(*name, value.parse().unwrap());
        }
        presented(&all).map(str::to_owned).map_err(|error| error.message)
    }

    #[test]
    fn one_credential_in_either_place() {
        assert_eq!(check(&[("authorization", "Bearer k")]), Ok("k".into()));
        assert_eq!(check(&[("authorization", "bearer  k")]), Ok("k".into()));
        assert_eq!(check(&[("x-api-key", "k")]), Ok("k".into()));
        assert_eq!(check(&[("x-api-key", "k"), ("authorization", "Bearer k")]), Ok("k".into()));
    }

    #[test]
    fn two_different_credentials_are_nobody() {
        assert!(check(&[("x-api-key", "a"), ("authorization", "Bearer b")]).unwrap_err().contains("two different"));
        assert!(check(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]).is_err());
        assert!(check(&[("authorization", "Basic a")]).is_err());
        assert!(check(&[("authorization", "a")]).is_err());
        assert!(check(&[("x-api-key", "Bearer a")]).is_err());
        assert!(check(&[("authorization", "Bearer ")]).is_err());
        assert!(check(&[]).is_err());
    }
}
