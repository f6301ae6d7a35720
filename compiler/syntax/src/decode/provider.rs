//! `Provider.spec`.

use maas_schemas::bundle::ProviderType;

use super::Decoder;
use super::field::Field;
use crate::ast::{DataClass, Fault, Health, Provider, ProviderTls, Simulator, Text};
use crate::tree::NodeId;

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Provider> {
    let [
        kind,
        display_name,
        endpoint,
        credential,
        region,
        tls,
        health,
        headers,
        azure,
        bedrock,
        kserve,
        simulator,
        limits,
        data_classes,
        _gateways,
    ] = decoder.section(
        spec,
        "Provider.spec",
        [
            "type",
            "displayName",
            "endpoint",
            "credential",
            "region",
            "tls",
            "health",
            "headers",
            "azure",
            "bedrock",
            "kserve",
            "simulator",
            "limits",
            "dataClasses",
            "gateways",
        ],
    )?;
    decoder.require(kind);
    let kind = decoder.word(kind, ProviderType::ALL);
    let provider = |kind, decoder: &mut Decoder<'_>| Provider {
        kind,
        display_name: decoder.text(display_name),
        endpoint: decoder.text(endpoint),
        credential: decoder.secret_ref(credential, "Provider.spec.credential"),
        region: decoder.text(region),
        tls: tls_of(decoder, tls),
        health: health_of(decoder, health),
        headers: decoder.text_entries(headers),
        azure_api_version: decoder.only_text(azure, "Provider.spec.azure", "apiVersion"),
        bedrock_region: decoder.only_text(bedrock, "Provider.spec.bedrock", "region"),
        kserve: kserve_of(decoder, kserve),
        simulator: simulator_of(decoder, simulator),
        limits: decoder.provider_limits(limits),
        data_classes: decoder.words(data_classes, DataClass::ALL),
    };
    // The other fields are read for their findings also where the type is not known.
    let is_known = kind.is_some();
    let any = maasc_diagnostics::Spanned::new(ProviderType::Simulator, maasc_diagnostics::Span::default());
    let provider = provider(kind.unwrap_or(any), decoder);
    is_known.then_some(provider)
}

fn tls_of(decoder: &mut Decoder<'_>, field: Field) -> ProviderTls {
    let names = ["ca", "serverName", "clientCertificate"];
    let Some([ca, server_name, client_certificate]) = decoder.section(field, "Provider.spec.tls", names) else {
        return ProviderTls::default();
    };
    ProviderTls {
        ca: decoder.secret_ref(ca, "Provider.spec.tls.ca"),
        server_name: decoder.text(server_name),
        client_certificate: decoder.text(client_certificate),
    }
}

fn health_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Health> {
    let [path, interval] = decoder.section(field, "Provider.spec.health", ["path", "interval"])?;
    let (path, interval) = (decoder.required_text(path), decoder.text(interval));
    Some(Health { path: path?, interval })
}

fn kserve_of(decoder: &mut Decoder<'_>, field: Field) -> Option<(Text, Option<Text>)> {
    let [name, namespace] = decoder.section(field, "Provider.spec.kserve", ["name", "namespace"])?;
    let (name, namespace) = (decoder.required_text(name), decoder.text(namespace));
    Some((name?, namespace))
}

fn simulator_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Simulator> {
    let names = ["latency", "tokensPerSecond", "faults"];
    let [latency, tokens_per_second, faults] = decoder.section(field, "Provider.spec.simulator", names)?;
    Some(Simulator {
        latency: decoder.text(latency),
        tokens_per_second: decoder.text(tokens_per_second),
        faults: decoder.list(faults, fault),
    })
}

fn fault(decoder: &mut Decoder<'_>, node: NodeId) -> Option<Fault> {
    let [every, status] = decoder.fields(node, "Provider.spec.simulator.faults", ["every", "status"])?;
    let (every, status) = (decoder.required_text(every), decoder.required_text(status));
    Some(Fault { span: decoder.tree.span(node), every: every?, status: status? })
}
