//! Tests of simulator.

use bytes::Bytes;
use maas_schemas::abi::Endpoint;
use maas_schemas::bundle::{Fault, Simulator};
use serde_json::Value;

use super::{Script, answer, to_base64};
use crate::call::Call;
use crate::openai::stream::{StreamMeter, StripUsage};
use crate::openai::unary::UnaryMeter;

const FAST: Simulator = Simulator { latency_ms: 0, tokens_per_second: 0, faults: Vec::new() };

fn run(endpoint: Endpoint, body: &str, cap: Option<u32>, settings: &Simulator, number: u64) -> Script {
    let call = Call::read(endpoint, Bytes::copy_from_slice(body.as_bytes())).unwrap();
    answer(&call, "granite", cap, settings, number, 1_700_000_000)
}

fn body(script: &Script) -> Vec<u8> {
    script.steps.iter().flat_map(|step| step.bytes.to_vec()).collect()
}

#[test]
fn the_answer_says_what_it_is_and_is_the_same_every_time() {
    let request = r#"{"model":"granite","messages":[{"role":"user","content":"hello there"}]}"#;
    let first = run(Endpoint::Chat, request, None, &FAST, 1);
    assert_eq!(first, run(Endpoint::Chat, request, None, &FAST, 1));
    let answer: Value = serde_json::from_slice(&body(&first)).unwrap();
    assert!(answer["choices"][0]["message"]["content"].as_str().unwrap().starts_with("This is a simulated answer"));
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["prompt_tokens"], 7);
}

#[test]
fn counts_are_those_that_our_own_meter_finds_in_the_text() {
    for endpoint in [Endpoint::Chat, Endpoint::Completions, Endpoint::Responses] {
        for cap in [None, Some(1), Some(17), Some(1000)] {
            let input = match endpoint {
                Endpoint::Chat => r#""messages":[]"#,
                Endpoint::Completions => r#""prompt":"hello""#,
                _ => r#""input":"hello""#,
            };
            let request = &format!(r#"{{"model":"m",{input},"stream":true}}"#);
            let script = run(endpoint, request, cap, &FAST, 1);
            let mut meter = StreamMeter::new(endpoint, StripUsage::No);
            script.steps.iter().for_each(|step| drop(meter.push(&step.bytes)));
            let measured = meter.measured();
            let usage = measured.usage.unwrap();
            assert_eq!(usage.output, measured.emitted, "{endpoint} {cap:?}");
            assert!(cap.is_none_or(|cap| usage.output <= u64::from(cap)));
            assert!(measured.complete);

            let request = request.replace("true", "false");
            let script = run(endpoint, &request, cap, &FAST, 1);
            let mut meter = UnaryMeter::new(endpoint);
            meter.push(&script.steps[0].bytes);
            assert_eq!(meter.finish().usage, Ok(usage), "{endpoint} {cap:?}");
        }
    }
}

#[test]
fn a_cap_ends_the_answer_as_a_provider_would() {
    let request = r#"{"model":"m","messages":[],"n":3}"#;
    let answer: Value = serde_json::from_slice(&body(&run(Endpoint::Chat, request, Some(5), &FAST, 1))).unwrap();
    assert_eq!(answer["choices"][2]["finish_reason"], "length");
    assert_eq!(answer["usage"]["completion_tokens"], 15);
    let request = r#"{"model":"m","input":"x"}"#;
    let answer: Value = serde_json::from_slice(&body(&run(Endpoint::Responses, request, Some(5), &FAST, 1))).unwrap();
    assert_eq!(answer["incomplete_details"]["reason"], "max_output_tokens");
}

#[test]
fn speed_and_latency_are_kept() {
    let settings = Simulator { latency_ms: 300, tokens_per_second: 400, faults: Vec::new() };
    let script = run(Endpoint::Chat, r#"{"model":"m","messages":[],"stream":true}"#, Some(100), &settings, 1);
    assert_eq!(script.steps[0].delay_ms, 300);
    let total: u64 = script.steps.iter().map(|step| step.delay_ms).sum();
    let n = script.steps.len() as u64;
    assert!((300 + (n - 1) * 5 / 2 - 1..=300 + n * 5 / 2).contains(&total), "{total}");
}

#[test]
fn faults_come_when_they_are_due() {
    let faults = vec![Fault { every: 3, status: 503 }, Fault { every: 2, status: 0 }];
    let settings = Simulator { faults, ..FAST };
    let request = r#"{"model":"m","messages":[],"stream":true}"#;
    let outcomes: Vec<(u16, bool)> = (1..=6)
        .map(|number| run(Endpoint::Chat, request, None, &settings, number))
        .map(|script| (script.status, script.cut))
        .collect();
    assert_eq!(outcomes, [(200, false), (200, true), (503, false), (200, true), (200, false), (503, false)]);
}

#[test]
fn embeddings_have_the_asked_form() {
    let request = r#"{"model":"m","input":["a","b"],"dimensions":8}"#;
    let answer: Value = serde_json::from_slice(&body(&run(Endpoint::Embeddings, request, None, &FAST, 1))).unwrap();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert_eq!(answer["data"][1]["embedding"].as_array().unwrap().len(), 8);
    assert_ne!(answer["data"][0]["embedding"], answer["data"][1]["embedding"]);
    let request = r#"{"model":"m","input":"a","dimensions":4,"encoding_format":"base64"}"#;
    let answer: Value = serde_json::from_slice(&body(&run(Endpoint::Embeddings, request, None, &FAST, 1))).unwrap();
    assert_eq!(answer["data"][0]["embedding"].as_str().unwrap().len(), 24);
}

#[test]
fn base64_pads() {
    assert_eq!(to_base64(&[1.0]), "AACAPw==");
    assert_eq!(to_base64(&[1.0, -2.5, 0.0]), "AACAPwAAIMAAAAAA");
}
