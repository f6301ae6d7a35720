//! `Provider`: places where models run, with the endpoint that their type has by itself.

use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::Spanned;
use maasc_syntax::ast::{self, DataClass, Kind, Spec};

use super::{Lowering, Place, Subject, text};
use crate::hir::{Provider, Simulator};
use crate::rules::{credential_in_clear_text, provider_incomplete, unused_provider_setting};
use crate::units::Duration;

const DEFAULT_HEALTH_INTERVAL: Duration = Duration(30_000);

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Vec<Provider> {
    let subjects = lowering.subjects(Kind::Provider);
    let lowered = subjects.into_iter().filter_map(|subject| {
        let Spec::Provider(spec) = &subject.document.spec else { return None };
        Some(provider(lowering, subject, spec))
    });
    lowered.collect()
}

fn provider(lowering: &mut Lowering<'_>, subject: Subject<'_>, spec: &ast::Provider) -> Provider {
    let kind = spec.kind.clone();
    let is_damaged = lowering.is_broken(Kind::Provider, subject.index);
    let missing = if is_damaged { Vec::new() } else { provider_incomplete::check(spec, subject.document) };
    if !missing.is_empty() {
        lowering.mark_broken(subject);
    }
    missing.into_iter().for_each(|finding| lowering.acc.push(finding));
    unused_provider_setting::check(spec).into_iter().for_each(|finding| lowering.acc.push(finding));
    let written = spec.endpoint.as_ref().filter(|_| kind.value != ProviderType::Simulator);
    let written = written.and_then(|endpoint| lowering.url(subject, endpoint));
    if let (Some(endpoint), Some(credential)) = (&written, &spec.credential)
        && let Some(finding) = credential_in_clear_text::check(endpoint, credential)
    {
        lowering.acc.push(finding);
    }
    let health = spec.health.as_ref().map(|health| {
        let interval = lowering.duration(subject, health.interval.as_ref());
        (health.path.value.clone(), interval.map_or(DEFAULT_HEALTH_INTERVAL, |interval| interval.value))
    });
    let simulator = spec.simulator.as_ref().map(|written| simulator(lowering, subject, written)).unwrap_or_default();
    let display_name = text(spec.display_name.as_ref());
    Provider {
        header: lowering.header(subject),
        kind: kind.clone(),
        display_name: if display_name.is_empty() { subject.document.metadata.name.value.clone() } else { display_name },
        endpoint: written.unwrap_or_else(|| Spanned::new(own_endpoint(spec), kind.span)),
        credential: spec.credential.clone(),
        region: spec.region.clone().unwrap_or_else(|| Spanned::new(String::new(), subject.document.metadata.name.span)),
        tls: spec.tls.clone(),
        health,
        headers: spec.headers.iter().map(|(name, value)| (name.value.to_lowercase(), value.value.clone())).collect(),
        azure_api_version: text(spec.azure_api_version.as_ref()),
        bedrock_region: text(spec.bedrock_region.as_ref()),
        kserve: spec.kserve.as_ref().map(|(name, namespace)| (name.value.clone(), text(namespace.as_ref()))),
        simulator,
        limits: lowering.limits(subject, &spec.limits, Place::Provider),
        data_classes: data_classes(lowering, spec),
    }
}

/// The endpoint of a type that needs none to be written; empty where it does.
fn own_endpoint(spec: &ast::Provider) -> String {
    match spec.kind.value {
        ProviderType::Openai => "https://api.openai.com/v1".to_owned(),
        ProviderType::Anthropic => "https://api.anthropic.com".to_owned(),
        ProviderType::Bedrock => {
            spec.bedrock_region.as_ref().map_or_else(String::new, |region| bedrock_endpoint(&region.value))
        }
        ProviderType::Kserve => spec.kserve.as_ref().map_or_else(String::new, |(name, namespace)| {
            let namespace = namespace.as_ref().map_or("maas-models", |namespace| namespace.value.as_str());
            format!("https://{}-kserve-workload-svc.{namespace}.svc.cluster.local:8000/v1", name.value)
        }),
        ProviderType::Vllm | ProviderType::AzureOpenai | ProviderType::OpenaiCompatible | ProviderType::Simulator => {
            String::new()
        }
    }
}

fn bedrock_endpoint(region: &str) -> String {
    // China is a partition with a domain of its own.
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://bedrock-runtime.{region}.{domain}")
}

fn data_classes(lowering: &mut Lowering<'_>, spec: &ast::Provider) -> Vec<DataClass> {
    let Some(written) = &spec.data_classes else {
        return DataClass::ALL.iter().map(|(class, _)| *class).collect();
    };
    let classes = lowering.without_repeats(written.clone(), |class: &DataClass| class.name().to_owned());
    let mut classes: Vec<DataClass> = classes.into_iter().map(|class| class.value).collect();
    classes.sort_unstable();
    classes
}

fn simulator(lowering: &mut Lowering<'_>, subject: Subject<'_>, written: &ast::Simulator) -> Simulator {
    let latency = lowering.duration(subject, written.latency.as_ref());
    let speed: Option<Spanned<u32>> =
        lowering.bounded(subject, written.tokens_per_second.as_ref(), (0, u64::from(u32::MAX)));
    let faults = written.faults.iter().filter_map(|fault| {
        let every: Option<Spanned<u32>> = lowering.bounded(subject, Some(&fault.every), (1, u64::from(u32::MAX)));
        let status: Option<Spanned<u16>> = lowering.bounded(subject, Some(&fault.status), (0, 599));
        Some((every?.value, status?.value))
    });
    let faults = faults.collect();
    Simulator {
        latency: latency.map_or(Duration(0), |latency| latency.value),
        tokens_per_second: speed.map_or(0, |speed| speed.value),
        faults,
    }
}
