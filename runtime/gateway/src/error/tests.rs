//! Tests of error.

use std::time::Duration;

use http_body_util::BodyExt;
use maas_llm::BadRequest;

use super::{Error, Kind, Retry};

const ALL: [Kind; 26] = [
    Kind::UnknownPath,
    Kind::WrongMethod,
    Kind::InvalidKey,
    Kind::KeyStoreUnavailable,
    Kind::BodyTooLarge,
    Kind::BodyTimeout,
    Kind::BadRequest,
    Kind::NoPolicy,
    Kind::PolicyFailed,
    Kind::ModelNotFound,
    Kind::ModelRetired,
    Kind::EndpointNotServed,
    Kind::NotAllowed,
    Kind::RequestExceedsLimit,
    Kind::RateLimited,
    Kind::QuotaExhausted,
    Kind::ConcurrencyLimited,
    Kind::QuotaStoreUnavailable,
    Kind::UpstreamUnsupported,
    Kind::UpstreamRejected,
    Kind::UpstreamRateLimited,
    Kind::UpstreamAuth,
    Kind::UpstreamOverloaded,
    Kind::UpstreamError,
    Kind::UpstreamTimeout,
    Kind::ClientGone,
];

#[test]
fn quota_is_never_a_server_error_and_nothing_is_a_conflict() {
    for kind in ALL {
        let row = kind.row();
        assert_ne!(row.status, 409, "{kind:?}: SDKs retry it");
        if matches!(kind, Kind::RateLimited | Kind::QuotaExhausted | Kind::ConcurrencyLimited) {
            assert_eq!(row.status, 429);
        }
    }
}

#[test]
fn a_long_wait_is_told_and_forbidden_to_be_slept() {
    let headers = |retry| Error::new(Kind::QuotaExhausted, "m").retry(retry).response().headers().clone();
    let long = headers(Retry::After(Duration::from_millis(1_800_001)));
    assert_eq!((&long["retry-after"], &long["x-should-retry"]), (&"1801".parse().unwrap(), &"false".parse().unwrap()));
    let short = headers(Retry::After(Duration::from_secs(7)));
    assert_eq!(short["retry-after"], "7");
    assert!(!short.contains_key("x-should-retry"));
}

#[test]
fn our_own_bad_credential_is_not_the_callers_and_not_retried() {
    let response = Error::new(Kind::UpstreamAuth, "m").response();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["x-should-retry"], "false");
}

#[tokio::test]
async fn the_body_is_openais() {
    let bad = BadRequest { message: "`n` must be\na number".into(), param: Some("n".into()), code: "invalid_type" };
    let response = Error::from(bad).response();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        body,
        r#"{"error":{"code":"invalid_type","message":"`n` must be a number","param":"n","type":"invalid_request_error"}}"#
    );
}

#[test]
fn a_line_of_policy_is_named_twice() {
    let error = Error::new(Kind::NotAllowed, "no").at(Some("teams/a.yaml:12".into()));
    assert_eq!((error.message.as_str(), error.param.as_deref()), ("no (teams/a.yaml:12)", Some("teams/a.yaml:12")));
    let unknown = Error::new(Kind::NotAllowed, "no").at(None);
    assert_eq!((unknown.message.as_str(), unknown.param), ("no", None));
}
