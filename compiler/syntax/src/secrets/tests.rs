//! What is taken for a secret, what is not, and that none is shown.

use maasc_diagnostics::FileId;

use super::{looks_like_secret, looks_random, shape};
use crate::ast::Spec;
use crate::test_support::slice;
use crate::{Limits, parse};

fn found(text: &str) -> Vec<&str> {
    shape::scan(text).iter().map(|shape| text.get(shape.start..shape.end).unwrap()).collect()
}

#[test]
fn shapes_are_found_whole() {
    let key = ["sk", "-proj-", "Abc123Def456Ghi789Jkl"].concat();
    assert_eq!(found(&format!("a: \"{key}\" # {key},")), [key.as_str(), key.as_str()]);
    let access_key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    assert_eq!(found(&format!("[{access_key}]")), [access_key.as_str()]);
    let token = ["eyJ", "hbGciOiJIUzI1NiJ9.", "eyJ", "zdWIiOiJ4In0.", "c2lnbmF0dXJl"].concat();
    assert_eq!(found(&format!("é {token}\n")), [token.as_str()]);
    let block = ["-----BEGIN ", "PRIVATE KEY-----\n  MIIB\n  -----END ", "PRIVATE KEY-----"].concat();
    assert_eq!(found(&format!("  {block}\n  next")), [block.as_str()]);
    assert_eq!(found("url: postgres://app:hunter2@db.example/x"), ["hunter2"]);
}

#[test]
fn names_are_no_secrets() {
    for text in [
        "sk-…",
        "sk-learn-classifier-v2-production",
        "task-1234567890abcdef1234",
        "AKIA…",
        "AKIAB",
        "eyJ.x.y",
        "hf_models",
        "maas_gateway_prod",
        "https://acme-eastus.openai.azure.com:443/x@y",
        "oci://registry.example/policy@sha256:abc",
        "https://app:${PASSWORD}@host",
        "maasc.dev/v1alpha1",
    ] {
        assert!(!looks_like_secret(text), "{text}");
    }
    for text in [
        "azure-openai-eastus-2-credentials-prod",
        "payments-standard-2026-11-01",
        "api-key",
        "meta-llama-3-70b-instruct",
    ] {
        assert!(!looks_random(text), "{text}");
    }
    for text in ["9f86d081884c7d659a2feaa0c55ad015", "Zm9vYmFyMTIzNDU2Nzg5MA", "6f1c2a3b-9d8e-4c7b-a6f5-1e2d3c4b5a69"] {
        assert!(looks_random(text), "{text}");
    }
}

/// Checks what is masked in a document, and that no finding or field repeats it.
fn check(text: &str, secrets: &[&str]) {
    let result = parse(FileId(0), text, &Limits::DEFAULT);
    let masked: Vec<&str> = result
        .diagnostics
        .iter()
        .filter(|finding| finding.masked)
        .map(|finding| slice(text, finding.primary.as_ref().unwrap().span))
        .collect();
    assert_eq!(masked, secrets, "in\n{text}");
    let everything = format!("{:?}{:?}", result.diagnostics, result.documents);
    for secret in secrets {
        assert!(!everything.contains(secret.trim_matches('"')), "{secret} in {everything}");
    }
}

fn provider(spec: &str) -> String {
    format!(
        "apiVersion: maasc.dev/v1alpha1\nkind: Provider\nmetadata: {{name: x}}\nspec:\n  type: vllm\n  \
         endpoint: https://x.example\n{spec}"
    )
}

#[test]
fn no_output_repeats_a_secret() {
    let key = ["sk", "-proj-", "Abc123Def456Ghi789Jkl"].concat();
    for spec in [
        format!("  credential: {key}\n"),
        format!("  credential: [{key}]\n"),
        format!("  {key}: x\n"),
        format!("  region: {key}\n"),
        format!("  type: {key}\n"),
        format!("  dataClasses: {key}\n"),
        format!("  headers: {{Authorization: Bearer {key}}}\n"),
        format!("  # {key}\n"),
        format!("  region: [\n  {key}\n"),
    ] {
        let text = provider(&spec);
        let expected = if spec.contains("Bearer") { format!("Bearer {key}") } else { key.clone() };
        check(&text, &[&expected]);
    }
    check(&format!("apiVersion: {key}\nkind: {key}\nmetadata: {{name: {key}}}\n"), &[&key, &key, &key]);
}

#[test]
fn random_texts_count_where_credentials_belong() {
    let random = "9f86d081884c7d659a2feaa0c55ad015";
    check(&provider(&format!("  credential: {{secret: azure, key: {random}}}\n")), &[random]);
    check(&provider(&format!("  headers: {{X-Api-Key: \"{random}\"}}\n")), &[&format!("\"{random}\"")]);
    check(&provider(&format!("  region: {random}\n")), &[]);
    check(&provider("  credential: {secret: azure-openai-eastus-2-prod, key: api-key-2026-11}\n"), &[]);
}

#[test]
fn an_allowed_literal_stays_what_it_is() {
    let allow = "  # maasc: allow literal-secret reason=\"a public test key\" until=2027-01-31\n";
    let text = provider(&format!("{allow}  headers: {{X-Api-Key: 9f86d081884c7d659a2feaa0c55ad015}}\n"));
    let result = parse(FileId(0), &text, &Limits::DEFAULT);
    let Spec::Provider(provider) = &result.documents[0].spec else { panic!("a provider") };
    assert_eq!(provider.headers[0].1.value, "9f86d081884c7d659a2feaa0c55ad015");
    assert!(result.diagnostics.iter().all(|finding| finding.masked));
}
