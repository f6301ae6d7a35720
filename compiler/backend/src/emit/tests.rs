//! Environments made by hand, their files and findings.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Endpoint, Measure, OBLIGATION_DEPRECATED, Over, Reason, Scope};
use maas_schemas::bundle::{Health, OnStoreFailure, Parameter, ProviderType, SecretRef};
use maas_schemas::gateway::GatewayConfig;
use maasc_diagnostics::Level;
use maasc_ir::Built;
use maasc_ir::ir::{ApprovalAnswer, ApprovalState, Window};

use super::{Options, emit};
use crate::artifact::ArtifactSet;
use crate::fixture::{Fixture, small};
use crate::rules::RULES;

/// What holds for every environment that Kuadrant enforces.
const INHERENT: [&str; 3] = ["overshoot", "api-keys-not-served", "window-from-first-use"];

/// Returns the files of an environment.
fn files(built: &Built) -> ArtifactSet {
    emit(built, &Options::default()).0
}

/// Checks which rules an environment breaks beside those that always hold.
fn check(mut fixture: Fixture, expect: &[&str]) {
    fixture.built.ir.gateway.accept.extend(INHERENT.map(str::to_owned));
    let (_, acc) = emit(&fixture.build(), &Options::default());
    let found: Vec<_> = acc.iter().map(|finding| finding.rule.name).collect();
    assert_eq!(found, expect);
    for finding in acc.iter() {
        assert!(finding.message.chars().count() <= 100, "{}", finding.message);
    }
}

/// Changes the small environment.
fn with(change: impl FnOnce(&mut Fixture)) -> Fixture {
    let mut fixture = small();
    change(&mut fixture);
    fixture
}

/// Gives the first team one more limit on the first model.
fn with_limit(measure: Measure, window: Window, change: impl FnOnce(&mut maasc_ir::ir::Limit)) -> Fixture {
    with(|fixture| {
        let limit = fixture.limit("Subscription/more", measure, 10, window, Scope::Team);
        change(&mut fixture.built.ir.limits[limit as usize]);
        fixture.subscription("more", &[0], &[0], &[limit]);
    })
}

/// Everything that can be emitted, in one environment.
fn full() -> Built {
    let mut fixture = small();
    fixture.built.ir.teams[0].service_accounts.push("batch/nightly".to_owned());
    fixture.built.ir.teams[0].users.push("corp:boss@acme.example".to_owned());
    let guest = fixture.user("partners:a.lovelace");
    let openai = fixture.provider("openai", ProviderType::Openai, "");
    let ir = &mut fixture.built.ir;
    ir.providers[1].credential = Some(SecretRef { secret: "openai".to_owned(), key: "key".to_owned() });
    ir.providers[1].headers.insert("x-acme".to_owned(), "yes".to_owned());
    let elsewhere = fixture.provider("elsewhere", ProviderType::Vllm, "https://granite.other.svc:8443/v1");
    let ir = &mut fixture.built.ir;
    ir.providers[2].tls.client_certificate = Some("client".to_owned());
    let gpt = fixture.model("gpt-4o", openai);
    let granite = fixture.model("granite", elsewhere);
    fixture.built.ir.models[1].endpoints |= Endpoint::Responses.bit();
    fixture.built.ir.models[2].hidden = true;
    let day = fixture.limit("Quota/standard", Measure::Tokens, 2_000_000, Window::Day, Scope::User);
    let cost = fixture.limit("Quota/standard", Measure::Cost, 500_000_000_000, Window::Month, Scope::User);
    let requests = fixture.limit("Quota/standard", Measure::Requests, 60, Window::Fixed(60), Scope::User);
    let standard = fixture.subscription("night", &[0, 1], &[gpt, granite], &[day, cost, requests]);
    let visit = fixture.subscription("guest", &[guest], &[granite], &[day, cost, requests]);
    for subscription in [standard, visit] {
        fixture.built.ir.subscriptions[subscription as usize].quota = "standard".to_owned();
    }
    fixture.built.ir.subscriptions[standard as usize].endpoints = Endpoint::Chat.bit();
    let unlimited = fixture.subscription("all-you-can-eat", &[1], &[gpt], &[]);
    fixture.built.ir.subscriptions[unlimited as usize].unlimited = "testing".to_owned();
    fixture.built.ir.gateway.clusters = vec![("eu-1".to_owned(), 120), ("eu-2".to_owned(), 60)];
    let mut built = fixture.build();
    built.ir.access.grants.last_mut().unwrap().obligations = OBLIGATION_DEPRECATED;
    built
}

#[test]
fn everything_looks_like_this() {
    let options = Options { bundle_digest: Some("sha256:0123"), commit: Some("abcdef") };
    let (artifacts, _) = emit(&full(), &options);
    let text: Vec<_> = artifacts
        .iter()
        .filter(|(path, _)| path.starts_with("prod/manifests/eu-1/"))
        .map(|(path, bytes)| format!("# {path}\n{}", std::str::from_utf8(bytes).unwrap()))
        .collect();
    insta::assert_snapshot!(text.join("---\n"));
}

#[test]
fn each_cluster_has_a_folder_that_lists_its_objects() {
    let artifacts = files(&full());
    let paths: Vec<_> = artifacts.iter().map(|(path, _)| path).collect();
    assert!(paths.contains(&"prod/policy.ir.json"));
    for cluster in ["eu-1", "eu-2"] {
        let folder = format!("prod/manifests/{cluster}/");
        let objects: Vec<_> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(&*folder))
            .filter(|name| *name != "kustomization.yaml")
            .collect();
        let list = artifacts.get(&format!("{folder}kustomization.yaml")).unwrap();
        let list: BTreeMap<String, serde_yaml::Value> = serde_yaml::from_slice(list).unwrap();
        let list: Vec<_> = list["resources"].as_sequence().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(list, objects);
        assert!(list.is_sorted());
    }
    let weight = |cluster: &str| {
        let text = artifacts.get(&format!("prod/manifests/{cluster}/dnspolicy-maas-gateways-prod.yaml")).unwrap();
        std::str::from_utf8(text).unwrap().lines().last().unwrap().trim().to_owned()
    };
    assert_eq!((weight("eu-1"), weight("eu-2")), ("weight: 120".to_owned(), "weight: 60".to_owned()));
}

#[test]
fn places_in_files_change_nothing() {
    let built = full();
    let mut moved = built.clone();
    for source in &mut moved.rules {
        source.span.start += 1_000;
        source.span.end += 1_000;
    }
    assert_eq!(files(&built), files(&moved));
}

#[test]
fn one_cluster_has_no_folder_of_its_own() {
    let artifacts = files(&small().build());
    assert!(artifacts.get("prod/manifests/kustomization.yaml").is_some());
    assert!(artifacts.get("prod/manifests/httproute-maas-models-prod-llama.yaml").is_some());
}

#[test]
fn who_may_use_nothing_gets_a_closed_gateway() {
    let mut fixture = Fixture::new();
    let vllm = fixture.provider("vllm", ProviderType::Vllm, "http://llama:8000/v1");
    fixture.model("llama", vllm);
    let artifacts = files(&fixture.build());
    let kinds: Vec<_> = artifacts.iter().filter_map(|(path, _)| path.strip_prefix("prod/manifests/")).collect();
    assert_eq!(
        kinds,
        [
            "authpolicy-maas-gateways-prod-deny-by-default.yaml",
            "dnspolicy-maas-gateways-prod.yaml",
            "gateway-maas-gateways-prod.yaml",
            "kustomization.yaml",
            "tlspolicy-maas-gateways-prod.yaml",
            "tokenratelimitpolicy-maas-gateways-prod-zero-by-default.yaml",
        ]
    );
}

#[test]
fn standalone_is_a_configuration_without_manifests() {
    let mut built = small().build();
    built.ir.gateway.target = "standalone".to_owned();
    built.ir.gateway.enforcement = "maas-gateway".to_owned();
    built.ir.gateway.valkey = Some(SecretRef { secret: "valkey".to_owned(), key: "url".to_owned() });
    let (artifacts, acc) = emit(&built, &Options::default());
    assert!(acc.is_empty());
    assert_eq!(
        artifacts.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        ["prod/gateway.json", "prod/policy.ir.json"]
    );
    let config: GatewayConfig = serde_json::from_slice(artifacts.get("prod/gateway.json").unwrap()).unwrap();
    assert_eq!((config.listen.as_str(), config.admin.as_str()), ("127.0.0.1:8080", "127.0.0.1:9090"));
    assert_eq!(config.stores.valkey, built.ir.gateway.valkey);
    let table: maasc_ir::ir::Ir = serde_json::from_slice(artifacts.get("prod/policy.ir.json").unwrap()).unwrap();
    assert_eq!(table, built.ir);
}

#[test]
fn other_targets_are_refused_by_name() {
    for (target, enforcement, missing) in [
        ("kuadrant-1.5", "maas-gateway", "Deployment"),
        ("openshift-ai-3.4", "kuadrant", "MaaSSubscription"),
        ("openshift-ai-3.5", "kuadrant", "MaaSSubscription"),
    ] {
        let mut built = small().build();
        built.ir.gateway.target = target.to_owned();
        built.ir.gateway.enforcement = enforcement.to_owned();
        let (artifacts, acc) = emit(&built, &Options::default());
        assert!(artifacts.get("prod/manifests/kustomization.yaml").is_none());
        let [finding] = acc.iter().collect::<Vec<_>>()[..] else { panic!("{acc:?}") };
        assert_eq!((finding.rule.name, finding.level), ("target-not-supported", Level::Error));
        assert!(finding.notes[0].contains(missing), "{:?}", finding.notes);
    }
}

#[test]
fn what_always_holds_is_said_once() {
    let (_, acc) = emit(&small().build(), &Options::default());
    assert_eq!(acc.iter().map(|finding| finding.rule.name).collect::<Vec<_>>(), INHERENT);
}

#[test]
fn limits_that_kuadrant_cannot_count_are_reported() {
    check(small(), &[]);
    for window in [Window::Day, Window::Week, Window::Month] {
        check(with_limit(Measure::Tokens, window, |_| {}), &["calendar-window"]);
    }
    let hour = Window::Fixed(3_600);
    check(with_limit(Measure::Cost, hour, |_| {}), &["cost-limit"]);
    check(with_limit(Measure::Concurrency, Window::None, |_| {}), &["concurrency-limit"]);
    check(with_limit(Measure::Requests, hour, |limit| limit.scope = Scope::Key), &["limit-per-key"]);
    check(with_limit(Measure::Tokens, hour, |limit| limit.count = Count::Output), &["input-output-limit"]);
    check(with_limit(Measure::Tokens, hour, |limit| limit.shorten = true), &["shortened-output"]);
    check(with_limit(Measure::Tokens, hour, |limit| limit.over = Over::Subscription), &[]);
    check(
        with(|fixture| {
            let other = fixture.provider("granite", ProviderType::Vllm, "http://granite:8000/v1");
            fixture.model("granite", other);
            let limit = fixture.limit("Subscription/more", Measure::Tokens, 10, hour, Scope::Team);
            fixture.built.ir.limits[limit as usize].over = Over::Subscription;
            fixture.subscription("more", &[0], &[0, 1], &[limit]);
        }),
        &["limit-counted-per-route"],
    );
    check(
        with(|fixture| {
            let user = fixture.limit("Subscription/more", Measure::Tokens, 10, hour, Scope::User);
            let team = fixture.limit("Subscription/more", Measure::Tokens, 10, hour, Scope::Team);
            fixture.subscription("more", &[0], &[0], &[user, team]);
        }),
        &["several-token-counters"],
    );
    check(
        with(|fixture| {
            let ceiling = fixture.limit("Team/search", Measure::Cost, 10, Window::Month, Scope::Team);
            fixture.built.ir.teams[0].ceilings.push(ceiling);
        }),
        &["ceiling-not-counted"],
    );
}

#[test]
fn grants_that_change_by_themselves_are_reported() {
    let ends = with(|fixture| fixture.built.ir.subscriptions[0].expires_at_ms = fixture.built.ir.at_ms + 1);
    check(ends, &["timed-grant"]);
    let starts = with(|fixture| {
        let later = fixture.subscription("later", &[0], &[0], &[0]);
        fixture.built.ir.subscriptions[later as usize].starts_at_ms = fixture.built.ir.at_ms + 1;
    });
    check(starts, &["timed-grant"]);
    let over = with(|fixture| {
        let over = fixture.subscription("over", &[0], &[0], &[0]);
        fixture.built.ir.subscriptions[over as usize].expires_at_ms = fixture.built.ir.at_ms;
    });
    check(over, &[]);
    let mut fixture = small();
    let rule = fixture.rule("Approval/it");
    let mut built = fixture.build();
    let until_ms = built.ir.at_ms + 1;
    built.ir.approvals.push(ApprovalState {
        requirement: "r".to_owned(),
        role: "r".to_owned(),
        model: "llama".to_owned(),
        subscription: String::new(),
        digest: String::new(),
        answer: ApprovalAnswer::Given {
            approval: "it".to_owned(),
            approved_by: "corp:x".to_owned(),
            date_ms: 0,
            until_ms,
            ticket: String::new(),
            rule,
        },
        rule,
    });
    let grant = &mut built.ir.access.grants[0];
    (grant.until_ms, grant.after, grant.approvals) = (until_ms, Reason::ApprovalLapsed, vec![0]);
    built.ir.gateway.accept = INHERENT.map(str::to_owned).to_vec();
    let (_, acc) = emit(&built, &Options::default());
    assert_eq!(acc.iter().map(|finding| finding.rule.name).collect::<Vec<_>>(), ["approval-lapses"]);
}

#[test]
fn models_that_routes_cannot_serve_are_reported() {
    let model = |change: fn(&mut maasc_ir::ir::Model)| with(|fixture| change(&mut fixture.built.ir.models[0]));
    check(model(|model| model.hidden = true), &["hidden-model"]);
    check(model(|model| model.attempts = 2), &["retry"]);
    check(model(|model| model.max_output_tokens = 100), &["output-cap"]);
    check(model(|model| model.aliases.push("meta/llama".to_owned())), &["model-alias"]);
    check(
        model(|model| {
            model.parameters.insert("n".to_owned(), Parameter::default());
        }),
        &["unchecked-parameters"],
    );
    check(model(|model| model.endpoints |= Endpoint::Responses.bit()), &["usage-not-counted"]);
    check(model(|model| model.endpoints |= Endpoint::Messages.bit()), &["endpoint-not-routed"]);
    check(with(|fixture| fixture.built.ir.upstreams[0].model = "Llama-3".to_owned()), &["model-not-rewritten"]);
}

#[test]
fn providers_that_routes_cannot_reach_are_reported() {
    let provider =
        |change: fn(&mut maas_schemas::bundle::Provider)| with(|fixture| change(&mut fixture.built.ir.providers[0]));
    check(provider(|provider| provider.kind = ProviderType::Bedrock), &["provider-not-supported"]);
    check(provider(|provider| provider.kind = ProviderType::OpenaiCompatible), &["model-unchecked"]);
    check(
        provider(|provider| provider.credential = Some(SecretRef { secret: "s".to_owned(), key: "k".to_owned() })),
        &["provider-credential"],
    );
    check(
        provider(|provider| provider.health = Some(Health { path: "/health".to_owned(), interval_ms: 1 })),
        &["health-check"],
    );
    check(
        provider(|provider| provider.tls.ca = Some(SecretRef { secret: "s".to_owned(), key: "other".to_owned() })),
        &["provider-tls"],
    );
    check(
        with(|fixture| {
            let other = fixture.provider("other", ProviderType::Vllm, "https://vllm.example/v1");
            fixture.model("llama", other);
            let mut second = fixture.built.ir.routes.pop().unwrap();
            fixture.built.ir.models.pop();
            second[0].tier = 1;
            fixture.built.ir.routes[0].extend(second);
        }),
        &["fallback-upstream"],
    );
    check(
        with(|fixture| {
            let other = fixture.provider("other", ProviderType::Vllm, "https://vllm.example/v1");
            fixture.model("llama", other);
            let second = fixture.built.ir.routes.pop().unwrap();
            fixture.built.ir.models.pop();
            fixture.built.ir.routes[0].extend(second);
        }),
        &["weighted-upstreams"],
    );
}

#[test]
fn servers_inside_of_the_cluster_share_requests() {
    let fixture = with(|fixture| {
        let other = fixture.provider("other", ProviderType::Vllm, "http://llama-2.maas-models.svc:8000/v1");
        fixture.model("llama", other);
        let second = fixture.built.ir.routes.pop().unwrap();
        fixture.built.ir.models.pop();
        fixture.built.ir.routes[0].extend(second);
    });
    let artifacts = files(&fixture.build());
    let route = artifacts.get("prod/manifests/httproute-maas-models-prod-llama.yaml").unwrap();
    let names = std::str::from_utf8(route).unwrap().lines().filter(|line| line.trim().starts_with("name: llama"));
    assert_eq!(names.map(str::trim).collect::<Vec<_>>(), ["name: llama", "name: llama-2"]);
}

#[test]
fn environments_that_cannot_be_are_reported() {
    let gateway = |change: fn(&mut maasc_ir::ir::Gateway)| with(|fixture| change(&mut fixture.built.ir.gateway));
    check(gateway(|gateway| gateway.hostnames.clear()), &["gateway-without-hostname"]);
    check(
        gateway(|gateway| gateway.hostnames = (0..17).map(|n| format!("h{n}.acme.example")).collect()),
        &["too-many-hostnames"],
    );
    check(
        gateway(|gateway| {
            gateway.clusters = vec![("a".to_owned(), 1), ("b".to_owned(), 1)];
            gateway.dns.as_mut().unwrap().geo.clear();
        }),
        &["dns-without-geo"],
    );
    check(
        with(|fixture| fixture.built.ir.organization.on_store_failure = OnStoreFailure::Deny),
        &["store-failure-allows"],
    );
}

#[test]
fn what_is_accepted_is_silent_and_what_is_accepted_in_vain_is_not() {
    let accept = |name: &str| {
        let mut fixture = with_limit(Measure::Tokens, Window::Day, |_| {});
        fixture.built.ir.gateway.accept.push(name.to_owned());
        fixture
    };
    check(accept("calendar-window"), &[]);
    check(accept("cost-limit"), &["unneeded-acceptance", "calendar-window"]);
    check(accept("calendar-windows"), &["calendar-window"]);
    check(accept("too-large-object"), &["calendar-window"]);
}

#[test]
fn objects_that_are_too_large_are_reported() {
    let grow = |n_teams: usize| {
        with(|fixture| {
            let long = "x".repeat(1_000);
            let teams: Vec<_> = (0..n_teams)
                .map(|n| fixture.team(&format!("team-{n:05}"), &[&format!("corp:{long}-{n:05}")]))
                .collect();
            fixture.subscription("many", &teams, &[0], &[0]);
        })
    };
    check(grow(100), &[]);
    check(grow(300), &["large-object"]);
    check(grow(1_100), &["too-large-object"]);
}

#[test]
fn every_rule_has_its_code_name_and_page() {
    for (rule, next) in RULES.iter().zip(RULES.iter().skip(1)) {
        assert!(rule.code < next.code);
    }
    for rule in RULES {
        assert!(rule.code.starts_with("MAAS07") || rule.code.starts_with("MAAS08"));
        assert!(rule.page.starts_with(&format!("# `{}` (`{}`)\n", rule.name, rule.code)), "{}", rule.name);
    }
}
