//! `provider-incomplete`: a provider without what its type needs.

use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{Document, Provider};

/// A provider without what its type needs.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0508",
    name: "provider-incomplete",
    summary: "a provider without what its type needs",
    level: Level::Error,
    page: include_str!("provider_incomplete.md"),
};

/// Returns what is missing.
pub(crate) fn check(spec: &Provider, document: &Document) -> Vec<Diagnostic> {
    use ProviderType::{Anthropic, AzureOpenai, Bedrock, Kserve, Openai, OpenaiCompatible, Vllm};
    let kind = spec.kind.value;
    let mut missing = Vec::new();
    let needs_endpoint = match kind {
        Vllm | OpenaiCompatible => Some("endpoint: https://host/v1"),
        AzureOpenai => Some("endpoint: https://NAME.openai.azure.com"),
        _ => None,
    };
    if let Some(form) = needs_endpoint.filter(|_| spec.endpoint.is_none()) {
        missing.push(("endpoint", form));
    }
    if kind == Bedrock && spec.bedrock_region.is_none() {
        missing.push(("AWS region", "bedrock: {region: eu-central-1}"));
    }
    if kind == Kserve && spec.kserve.is_none() {
        missing.push(("KServe object", "kserve: {name: NAME}"));
    }
    if matches!(kind, Openai | AzureOpenai | Anthropic | Bedrock) && spec.credential.is_none() {
        missing.push(("credential", "credential: {secret: NAME, key: KEY}"));
    }
    let name = &document.metadata.name.value;
    let finding = |(what, form): (&str, &str)| {
        let message = format!("provider `{name}` of type `{}` has no {what}", kind.name());
        Diagnostic::new(&RULE, spec.kind.span, message).help(format!("add `{form}`"))
    };
    missing.into_iter().map(finding).collect()
}
