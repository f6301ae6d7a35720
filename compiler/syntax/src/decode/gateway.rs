//! `Gateway.spec`.

use maasc_diagnostics::Spanned;

use super::Decoder;
use super::field::Field;
use crate::ast::{
    Cluster, Dns, Enforcement, Gateway, GitOps, GitOpsTool, GitSource, Issuer, Namespaces, SecretRef, Stores, Target,
};
use crate::rules;
use crate::tree::NodeId;

const ENFORCEMENT: &[(Enforcement, &str)] =
    &[(Enforcement::MaasGateway, "maas-gateway"), (Enforcement::Kuadrant, "kuadrant")];

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Gateway> {
    let [
        target,
        enforcement,
        class_name,
        namespaces,
        hostnames,
        tls,
        dns,
        clusters,
        replicas,
        stores,
        accept,
        image,
        bundle,
        external_secrets,
        gitops,
        _gateways,
    ] = decoder.section(
        spec,
        "Gateway.spec",
        [
            "target",
            "enforcement",
            "className",
            "namespaces",
            "hostnames",
            "tls",
            "dns",
            "clusters",
            "replicas",
            "stores",
            "accept",
            "image",
            "bundle",
            "externalSecrets",
            "gitops",
            "gateways",
        ],
    )?;
    Some(Gateway {
        target: decoder.word(target, Target::ALL),
        enforcement: decoder.word(enforcement, ENFORCEMENT),
        class_name: decoder.text(class_name),
        namespaces: namespaces_of(decoder, namespaces),
        hostnames: decoder.texts(hostnames),
        tls_issuer: issuer(decoder, tls),
        dns: dns_of(decoder, dns),
        clusters: decoder.list(clusters, cluster),
        replicas: decoder.text(replicas),
        stores: stores_of(decoder, stores),
        accept: decoder.texts(accept),
        image: decoder.text(image),
        bundle_oci: decoder.only_text(bundle, "Gateway.spec.bundle", "oci"),
        external_secrets_store: decoder.only_text(external_secrets, "Gateway.spec.externalSecrets", "store"),
        gitops: gitops_of(decoder, gitops),
    })
}

fn namespaces_of(decoder: &mut Decoder<'_>, field: Field) -> Namespaces {
    let names = ["gateway", "models", "kuadrant"];
    let Some([gateway, models, kuadrant]) = decoder.section(field, "Gateway.spec.namespaces", names) else {
        return Namespaces::default();
    };
    Namespaces { gateway: decoder.name(gateway), models: decoder.name(models), kuadrant: decoder.name(kuadrant) }
}

fn issuer(decoder: &mut Decoder<'_>, field: Field) -> Option<Issuer> {
    let [issuer] = decoder.section(field, "Gateway.spec.tls", ["issuer"])?;
    decoder.require(issuer);
    let [kind, name] = decoder.section(issuer, "Gateway.spec.tls.issuer", ["kind", "name"])?;
    let kind = decoder.word(kind, &[("Issuer", "Issuer"), ("ClusterIssuer", "ClusterIssuer")]);
    let name = decoder.required_text(name);
    Some(Issuer { kind: kind.map(|kind| kind.map(str::to_owned)), name: name? })
}

fn dns_of(decoder: &mut Decoder<'_>, field: Field) -> Option<Dns> {
    let [provider, geo, default] = decoder.section(field, "Gateway.spec.dns", ["provider", "geo", "default"])?;
    Some(Dns {
        provider_secret: decoder.only_text(provider, "Gateway.spec.dns.provider", "secret"),
        geo: decoder.text(geo),
        default: decoder.boolean(default),
    })
}

fn cluster(decoder: &mut Decoder<'_>, node: NodeId) -> Option<Cluster> {
    let [name, weight] = decoder.fields(node, "Gateway.spec.clusters", ["name", "weight"])?;
    decoder.require(name);
    let (name, weight) = (decoder.name(name), decoder.text(weight));
    Some(Cluster { name: name?, weight })
}

fn stores_of(decoder: &mut Decoder<'_>, field: Field) -> Stores {
    let Some([counters, ledger]) = decoder.section(field, "Gateway.spec.stores", ["counters", "ledger"]) else {
        return Stores::default();
    };
    Stores {
        valkey: store(decoder, counters, "Gateway.spec.stores.counters", "valkey"),
        postgres: store(decoder, ledger, "Gateway.spec.stores.ledger", "postgres"),
    }
}

fn store(decoder: &mut Decoder<'_>, field: Field, of: &'static str, name: &'static str) -> Option<SecretRef> {
    let [store] = decoder.section(field, of, [name])?;
    decoder.require(store);
    decoder.secret_ref(store, of)
}

fn gitops_of(decoder: &mut Decoder<'_>, field: Field) -> Option<GitOps> {
    let [argocd, flux] = decoder.section(field, "Gateway.spec.gitops", ["argocd", "flux"])?;
    let (tool, source) = match (argocd.key(), flux.key()) {
        (Some(first), Some(second)) => {
            let (first, second) = (decoder.tree.span(first), decoder.tree.span(second));
            decoder.acc.push(rules::conflicting_fields::finding(second, first, flux.of, "flux", "argocd"));
            return None;
        }
        (Some(key), None) => (Spanned::new(GitOpsTool::Argocd, decoder.tree.span(key)), argocd),
        (None, Some(key)) => (Spanned::new(GitOpsTool::Flux, decoder.tree.span(key)), flux),
        (None, None) => {
            let place = decoder.place_of_missing(argocd);
            decoder.acc.push(rules::missing_field::one_of(place, argocd.of, &["argocd", "flux"]));
            return None;
        }
    };
    let [repo, path, revision] = decoder.section(source, "Gateway.spec.gitops", ["repo", "path", "revision"])?;
    let (repo, path) = (decoder.required_text(repo), decoder.required_text(path));
    let revision = decoder.text(revision);
    Some(GitOps { tool, source: GitSource { repo: repo?, path: path?, revision } })
}
