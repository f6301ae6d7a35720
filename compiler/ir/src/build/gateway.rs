//! The environment itself, with the defaults of `Gateway` documents.

use std::collections::BTreeMap;

use maas_schemas::bundle::SecretRef;
use maasc_diagnostics::{Span, Spanned};
use maasc_hir::hir::{self, Enforcement, GitOpsTool, Target, ast};

use crate::ir::{Dns, Gateway, GitOps};
use crate::provenance::Rules;

/// Returns the environment.
pub(super) fn gateway(gateway: &hir::Gateway, rules: &mut Rules) -> Gateway {
    let settings = &gateway.settings;
    let document = format!("Gateway/{}", gateway.header.name.value);
    let rule = rules.add(gateway.header.name.span, &document);
    let field_rules = fields(settings).into_iter().map(|(name, span)| (name.to_owned(), rules.add(span, &document)));
    Gateway {
        field_rules: field_rules.collect(),
        name: gateway.header.name.value.clone(),
        target: target_name(gateway.target).to_owned(),
        enforcement: match gateway.enforcement {
            Enforcement::MaasGateway => "maas-gateway",
            Enforcement::Kuadrant => "kuadrant",
        }
        .to_owned(),
        class_name: text_or(settings.class_name.as_ref(), "istio"),
        gateway_namespace: text_or(settings.namespaces.gateway.as_ref(), "maas-gateways"),
        models_namespace: text_or(settings.namespaces.models.as_ref(), "maas-models"),
        kuadrant_namespace: text_or(settings.namespaces.kuadrant.as_ref(), "kuadrant-system"),
        hostnames: settings.hostnames.iter().map(|hostname| hostname.to_ascii_lowercase()).collect(),
        tls_issuer: settings
            .tls_issuer
            .as_ref()
            .map(|issuer| (text_or(issuer.kind.as_ref(), "Issuer"), issuer.name.value.clone())),
        dns: settings.dns.as_ref().map(|dns| Dns {
            provider_secret: text_or(dns.provider_secret.as_ref(), ""),
            geo: text_or(dns.geo.as_ref(), ""),
            default_geo: dns.default.as_ref().is_some_and(|default| default.value),
        }),
        clusters: clusters(settings),
        replicas: settings.replicas.as_ref().and_then(|text| text.trim().parse().ok()).unwrap_or(2),
        valkey: settings.stores.valkey.as_ref().map(secret),
        postgres: settings.stores.postgres.as_ref().map(secret),
        accept: sorted(settings.accept.iter().map(|text| text.value.clone())),
        image: text_or(settings.image.as_ref(), ""),
        bundle_oci: text_or(settings.bundle_oci.as_ref(), ""),
        external_secrets_store: text_or(settings.external_secrets_store.as_ref(), ""),
        gitops: settings.gitops.as_ref().map(|gitops| GitOps {
            tool: match gitops.tool.value {
                GitOpsTool::Argocd => "argocd",
                GitOpsTool::Flux => "flux",
            }
            .to_owned(),
            repo: gitops.source.repo.value.clone(),
            path: gitops.source.path.value.clone(),
            revision: text_or(gitops.source.revision.as_ref(), "main"),
        }),
        rule,
    }
}

/// Returns the environment where no document is.
pub(super) fn implied() -> hir::Gateway {
    hir::Gateway {
        header: hir::Header {
            name: Spanned::new("default".to_owned(), Span::default()),
            labels: BTreeMap::new(),
            gateways: None,
            span: Span::default(),
        },
        target: Target::Standalone,
        enforcement: Enforcement::MaasGateway,
        settings: ast::Gateway::default(),
    }
}

/// Returns a secret's place as the decision table has it.
pub(super) fn secret(reference: &ast::SecretRef) -> SecretRef {
    SecretRef { secret: reference.secret.value.clone(), key: reference.key.value.clone() }
}

/// Returns values in order, each once.
pub(super) fn sorted<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    values.dedup();
    values
}

fn clusters(settings: &ast::Gateway) -> Vec<(String, u32)> {
    let weight = |cluster: &ast::Cluster| cluster.weight.as_ref().and_then(|text| text.trim().parse().ok());
    sorted(settings.clusters.iter().map(|cluster| (cluster.name.value.clone(), weight(cluster).unwrap_or(1))))
}

fn target_name(target: Target) -> &'static str {
    Target::ALL.iter().find(|(known, _)| *known == target).map_or("standalone", |(_, name)| name)
}

fn text_or(text: Option<&ast::Text>, default: &str) -> String {
    text.map_or(default, |text| text.value.as_str()).to_owned()
}

/// Returns where each field of `spec` was written.
fn fields(settings: &ast::Gateway) -> BTreeMap<&'static str, Span> {
    let text = |text: &Option<ast::Text>| text.as_ref().map(|text| text.span);
    let namespaces = &settings.namespaces;
    let namespace =
        text(&namespaces.gateway).or_else(|| text(&namespaces.models)).or_else(|| text(&namespaces.kuadrant));
    let store = |store: &Option<ast::SecretRef>| store.as_ref().map(|secret| secret.secret.span);
    let dns = settings.dns.as_ref().and_then(|dns| {
        text(&dns.provider_secret).or_else(|| text(&dns.geo)).or_else(|| dns.default.as_ref().map(|value| value.span))
    });
    let places = [
        ("target", settings.target.as_ref().map(|target| target.span)),
        ("enforcement", settings.enforcement.as_ref().map(|enforcement| enforcement.span)),
        ("className", text(&settings.class_name)),
        ("namespaces", namespace),
        ("hostnames", settings.hostnames.first().map(|text| text.span)),
        ("tls", settings.tls_issuer.as_ref().map(|issuer| issuer.name.span)),
        ("dns", dns),
        ("clusters", settings.clusters.first().map(|cluster| cluster.name.span)),
        ("replicas", text(&settings.replicas)),
        ("stores", store(&settings.stores.valkey).or_else(|| store(&settings.stores.postgres))),
        ("accept", settings.accept.first().map(|text| text.span)),
        ("image", text(&settings.image)),
        ("bundle", text(&settings.bundle_oci)),
        ("externalSecrets", text(&settings.external_secrets_store)),
        ("gitops", settings.gitops.as_ref().map(|gitops| gitops.tool.span)),
    ];
    places.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}
