//! Tests of stream.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;

use super::{StreamMeter, StripUsage, error_event};
use crate::openai::error::ErrorBody;
use crate::usage::{Measured, UsageError};

const CONTENT: &str =
    r#"data: {"id":"c","model":"m-1","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"#;
const USAGE: &str = r#"data: {"id":"c","object":"x","created":1,"model":"m-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
const DONE: &str = "data: [DONE]";

fn check(endpoint: Endpoint, strip: StripUsage, events: &[&str]) -> (String, Measured) {
    let text: String = events.iter().map(|event| format!("{event}\n\n")).collect();
    let mut results = Vec::new();
    // Whole, then cut in small pieces: the same bytes either way.
    for size in [text.len().max(1), 11] {
        let mut meter = StreamMeter::new(endpoint, strip);
        let mut out = Vec::new();
        for chunk in text.as_bytes().chunks(size) {
            out.extend(meter.push(&Bytes::copy_from_slice(chunk)).concat());
        }
        out.extend(meter.end().into_iter().flatten());
        results.push((String::from_utf8(out).unwrap(), meter.measured()));
    }
    let whole = results.remove(0);
    assert_eq!(whole, results.remove(0));
    whole
}

#[test]
fn the_extra_chunk_is_for_those_who_asked() {
    let (out, measured) = check(Endpoint::Chat, StripUsage::No, &[CONTENT, USAGE, DONE]);
    assert_eq!(out, format!("{CONTENT}\n\n{USAGE}\n\n{DONE}\n\n"));
    assert_eq!(measured.usage.unwrap().total(), 7);
    let (out, measured) = check(Endpoint::Chat, StripUsage::Yes, &[CONTENT, USAGE, DONE]);
    assert_eq!(out, format!("{CONTENT}\n\n{DONE}\n\n"));
    assert_eq!(measured.usage.unwrap().total(), 7);
    assert_eq!(measured.model.as_deref(), Some("m-1"));
    assert!(measured.complete && !measured.failed);
}

#[test]
fn null_usage_is_taken_out_of_every_chunk() {
    let chunk = r#"data: {"id":"c","choices":[{"delta":{"content":"a \"usage\":null b"}}],"usage":null}"#;
    let (out, _) = check(Endpoint::Chat, StripUsage::Yes, &[chunk]);
    assert_eq!(out, "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"a \\\"usage\\\":null b\"}}]}\n\n");
    let (out, _) = check(Endpoint::Chat, StripUsage::No, &[chunk]);
    assert_eq!(out, format!("{chunk}\n\n"));
}

#[test]
fn usage_in_every_chunk_never_erases_the_answer() {
    let running = |n: u32| {
        format!(
            r#"data: {{"choices":[{{"delta":{{"content":"x"}}}}],"usage":{{"prompt_tokens":5,"completion_tokens":{n}}}}}"#
        )
    };
    let (one, two) = (running(1), running(2));
    let (out, measured) = check(Endpoint::Chat, StripUsage::Yes, &[&one, &two, DONE]);
    assert_eq!(out.matches("\"content\":\"x\"").count(), 2);
    assert!(!out.contains("usage"));
    assert_eq!(measured.usage.unwrap().output, 2);
}

#[test]
fn a_chunk_without_choices_is_not_always_the_usage_chunk() {
    let azure = r#"data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}],"usage":null}"#;
    let both = r#"data: {"choices":[],"prompt_filter_results":[1],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
    let (out, measured) = check(Endpoint::Chat, StripUsage::Yes, &[azure, both, DONE]);
    assert_eq!(
        out,
        "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n\
         data: {\"choices\":[],\"prompt_filter_results\":[1]}\n\ndata: [DONE]\n\n"
    );
    assert_eq!(measured.usage.unwrap().total(), 7);
    // An extra member that is null carries nothing.
    let null = r#"data: {"choices":[],"moderation":null,"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
    assert_eq!(check(Endpoint::Chat, StripUsage::Yes, &[null]).0, "");
}

#[test]
fn what_is_not_counted_is_estimated_from_the_text() {
    let tool = r#"data: {"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"one two"}}]}}]}"#;
    let (_, measured) = check(Endpoint::Chat, StripUsage::Yes, &[CONTENT, CONTENT, tool]);
    assert_eq!((measured.usage, measured.emitted), (Err(UsageError::Absent), 5));
    assert!(!measured.complete);
    // Short pieces run together into one word: then the number of events is the better count.
    let piece = r#"data: {"choices":[{"delta":{"content":"ab"}}]}"#;
    assert_eq!(check(Endpoint::Chat, StripUsage::Yes, &[piece, piece, piece]).1.emitted, 3);
    let wrong = r#"data: {"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":2}}"#;
    let (_, measured) = check(Endpoint::Chat, StripUsage::Yes, &[CONTENT, wrong, DONE]);
    assert_eq!((measured.usage, measured.emitted), (Err(UsageError::Invalid), 1));
}

#[test]
fn an_error_in_the_stream_is_told_without_its_secrets() {
    let error = r#"data: {"error":{"message":"worker 10.0.0.7:8000 died","code":500}}"#;
    let (out, measured) = check(Endpoint::Chat, StripUsage::No, &[CONTENT, error]);
    assert!(out.contains(r#""message":"the provider reported an error: worker … died""#), "{out}");
    assert!(measured.failed);
}

#[test]
fn responses_are_read_and_left_alone() {
    let events = [
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"one two\"}",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}}",
    ];
    let (out, measured) = check(Endpoint::Responses, StripUsage::No, &events);
    assert_eq!(out, format!("{}\n\n{}\n\n", events[0], events[1]));
    assert_eq!((measured.usage.unwrap().total(), measured.emitted, measured.complete), (7, 2, true));
    let (_, measured) = check(Endpoint::Responses, StripUsage::No, &events[..1]);
    assert_eq!((measured.usage, measured.emitted, measured.complete), (Err(UsageError::Absent), 2, false));
}

#[test]
fn a_stream_can_be_ended_at_its_cap() {
    let mut meter = StreamMeter::new(Endpoint::Chat, StripUsage::Yes);
    meter.push(&Bytes::from(format!("{CONTENT}\n\n{CONTENT}\n\n")));
    assert_eq!(meter.at_least(), 2);
    let end = meter.capped_end(1).unwrap();
    let expected = r#"{"choices":[{"delta":{},"finish_reason":"length","index":0}],"created":0,"id":"c","model":"m-1","object":"chat.completion.chunk"}"#;
    assert_eq!(end, format!("data: {expected}\n\ndata: [DONE]\n\n"));
    assert_eq!(StreamMeter::new(Endpoint::Responses, StripUsage::No).capped_end(1), None);
}

#[test]
fn errors_after_the_first_byte_have_the_protocols_form() {
    let error = ErrorBody { message: "m", kind: "server_error", param: None, code: "upstream_error" };
    let chat = error_event(Endpoint::Chat, &error);
    let expected = r#"data: {"error":{"code":"upstream_error","message":"m","param":null,"type":"server_error"}}"#;
    assert_eq!(chat, format!("{expected}\n\n"));
    let responses = error_event(Endpoint::Responses, &error);
    assert!(responses.starts_with(b"event: error\ndata: {\"code\":\"upstream_error\""));
}
