//! Tests of call.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;

use super::{BadRequest, Call, Shape};

fn read(endpoint: Endpoint, body: &str) -> Result<Call, BadRequest> {
    Call::read(endpoint, Bytes::copy_from_slice(body.as_bytes()))
}

fn refused(endpoint: Endpoint, body: &str, code: &str, param: Option<&str>) {
    let error = read(endpoint, body).unwrap_err();
    assert_eq!((error.code, error.param.as_deref()), (code, param), "{body}: {error}");
}

#[test]
fn what_a_chat_request_says() {
    let call = read(
        Endpoint::Chat,
        r#"{"model":"m","messages":[{"role":"system","content":"x"},{"role":"user","content":[{"type":"text","text":"y"},
            {"type":"image_url","image_url":{"url":"https://x/y.png"}}]},{"role":"assistant","content":null,"tool_calls":[]}],
            "tools":[{},{}],"n":2,"max_tokens":50,"max_completion_tokens":40,"stream":true,"stream_options":{"include_usage":true}}"#,
    )
    .unwrap();
    assert_eq!((call.model.as_str(), call.stream, call.choices, call.output_cap), ("m", true, 2, Some(40)));
    assert_eq!(call.include_usage, Some(true));
    assert_eq!(call.shape, Shape { messages: 3, tools: 2, media: 1 });
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    use Endpoint::{Chat, Completions, Embeddings, Responses};
    refused(Chat, "{", "invalid_json", None);
    refused(Chat, "[]", "invalid_json", None);
    refused(Chat, r#"{"messages":[]}"#, "missing_required_parameter", Some("model"));
    refused(Chat, r#"{"model":"","messages":[]}"#, "missing_required_parameter", Some("model"));
    refused(Chat, r#"{"model":1,"messages":[]}"#, "invalid_type", Some("model"));
    refused(Chat, r#"{"model":"a","model":"b","messages":[]}"#, "duplicate_parameter", Some("model"));
    refused(Chat, r#"{"model":"a"}"#, "missing_required_parameter", Some("messages"));
    refused(Chat, r#"{"model":"a","messages":"x"}"#, "invalid_type", Some("messages"));
    refused(Chat, r#"{"model":"a","messages":[],"n":0}"#, "invalid_value", Some("n"));
    refused(Chat, r#"{"model":"a","messages":[],"n":1.5}"#, "invalid_type", Some("n"));
    refused(Chat, r#"{"model":"a","messages":[],"max_tokens":-1}"#, "invalid_type", Some("max_tokens"));
    refused(Chat, r#"{"model":"a","messages":[],"stream":"yes"}"#, "invalid_type", Some("stream"));
    refused(Chat, r#"{"model":"a","messages":[],"stream_options":[]}"#, "invalid_type", Some("stream_options"));
    let search = r#"{"model":"a","messages":[],"web_search_options":{}}"#;
    refused(Chat, search, "feature_not_allowed", Some("web_search_options"));
    let file = r#"{"model":"a","messages":[{"content":[{"type":"file","file":{"file_id":"f"}}]}]}"#;
    refused(Chat, file, "feature_not_allowed", Some("messages"));
    refused(Completions, r#"{"model":"a","prompt":{}}"#, "invalid_type", Some("prompt"));
    refused(Embeddings, r#"{"model":"a"}"#, "missing_required_parameter", Some("input"));
    refused(Responses, r#"{"model":"a"}"#, "missing_required_parameter", Some("input"));
    for (name, value) in [("background", "true"), ("previous_response_id", "\"r\""), ("conversation", "\"c\"")] {
        let body = format!(r#"{{"model":"a","input":"x","{name}":{value}}}"#);
        refused(Responses, &body, "feature_not_allowed", Some(name));
    }
    let hosted = r#"{"model":"a","input":"x","tools":[{"type":"function"},{"type":"web_search"}]}"#;
    refused(Responses, hosted, "feature_not_allowed", Some("tools"));
    let stored = r#"{"model":"a","input":[{"type":"item_reference","id":"i"}]}"#;
    refused(Responses, stored, "feature_not_allowed", Some("input"));
    let file = r#"{"model":"a","input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}"#;
    refused(Responses, file, "feature_not_allowed", Some("input"));
}

#[test]
fn what_changes_nothing_passes() {
    let body = r#"{"model":"a","input":"x","background":false,"conversation":null,"stream_options":{"include_obfuscation":true}}"#;
    let call = read(Endpoint::Responses, body).unwrap();
    assert_eq!(call.include_usage, None);
}

#[test]
fn legacy_prompts_multiply() {
    for (prompt, choices) in
        [("\"a\"", 2), (r#"["a","b","c"]"#, 6), ("[1,2,3]", 2), ("[[1,2],[3]]", 4), ("[]", 2), ("null", 2)]
    {
        let body = format!(r#"{{"model":"a","prompt":{prompt},"n":1,"best_of":2}}"#);
        let call = read(Endpoint::Completions, &body).unwrap();
        assert_eq!((call.choices, call.output_cap), (choices, Some(16)), "{prompt}");
    }
}

#[test]
fn defaults_multiply_too() {
    let two = |name: &str| (name == "n").then_some(2);
    let choices = |endpoint, body| read(endpoint, body).unwrap().choices_with(two);
    assert_eq!(choices(Endpoint::Chat, r#"{"model":"a","messages":[]}"#), 2);
    assert_eq!(choices(Endpoint::Chat, r#"{"model":"a","messages":[],"n":1}"#), 1);
    assert_eq!(choices(Endpoint::Completions, r#"{"model":"a","prompt":["x","y"],"best_of":1}"#), 4);
    assert_eq!(choices(Endpoint::Responses, r#"{"model":"a","input":"x"}"#), 1);
}

#[test]
fn embeddings_generate_nothing() {
    let call = read(Endpoint::Embeddings, r#"{"model":"a","input":["x","y"]}"#).unwrap();
    assert_eq!((call.choices, call.shape.messages, call.stream), (0, 2, false));
}
