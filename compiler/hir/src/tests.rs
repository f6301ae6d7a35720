//! The whole room at once: the example organization, orders of documents, sizes.
#![expect(clippy::disallowed_methods, reason = "reads the repository's own files")]

use std::path::{Path, PathBuf};

use maas_schemas::abi::{Count, Endpoint, Over};
use maasc_diagnostics::{Diagnostics, FileId};
use maasc_syntax::Limits;
use maasc_syntax::ast::Document;

use crate::rules::limits::windows_within;
use crate::units::{Duration, Money, Time, Window};
use crate::{Context, Hir, check, lower_in};

/// 2026-12-01.
const AT: Time = Time(1_796_083_200_000);

fn yaml_files(folder: &Path, acc: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("expected") {
            yaml_files(&path, acc);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            acc.push(path);
        }
    }
}

fn documents(folder: &str) -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut files = Vec::new();
    yaml_files(&root, &mut files);
    let mut documents = Vec::new();
    for (index, path) in (0_u32..).zip(files) {
        let text = std::fs::read_to_string(&path).unwrap();
        let parse = maasc_syntax::parse(FileId(index), &text, &Limits::default());
        let messages: Vec<&str> = parse.diagnostics.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, Vec::<&str>::new(), "{}", path.display());
        documents.extend(parse.documents);
    }
    documents
}

#[test]
fn the_example_is_silent_in_whatever_order() {
    let mut documents = documents("examples/acme");
    let (hir, mut acc) = crate::lower(&documents);
    check(&hir, AT, &mut acc);
    acc.retain(|finding| finding.level != maasc_diagnostics::Level::Off);
    let messages: Vec<&str> = acc.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, Vec::<&str>::new());
    let first = format!("{hir:?}");
    documents.reverse();
    assert_eq!(format!("{:?}", crate::lower(&documents).0), first);
}

const ORGANIZATION: &str = "
kind: Organization
metadata: {name: acme}
spec:
  timeZone: Europe/Berlin
  identityProviders:
    - {name: corp, preset: keycloak, issuer: https://sso.acme.example, audiences: [maas]}
";
const TEAM: &str = "
kind: Team
metadata: {name: payments}
spec: {members: {groups: [payments]}, costCentre: CC-1}
";
const LAB: &str = "
kind: Provider
metadata: {name: lab}
spec: {type: simulator}
";
const ECHO: &str = "
kind: Model
metadata: {name: echo}
spec: {price: {input: 0.01}, upstreams: [{provider: lab}]}
";

/// Lowers documents written without `apiVersion`, each in a file of its own.
fn lower(texts: &[&str]) -> (Hir, Vec<String>) {
    let mut documents = Vec::new();
    let mut lost = Vec::new();
    let mut read = Diagnostics::default();
    for (file, text) in (0_u32..).zip(texts) {
        let text = format!("apiVersion: maasc.dev/v1alpha1{text}");
        let parse = maasc_syntax::parse(FileId(file), &text, &Limits::default());
        documents.extend(parse.documents);
        lost.extend(parse.lost);
        read.extend(parse.diagnostics);
    }
    let context = Context { lost: &lost, findings: Some(&read) };
    let (hir, mut acc) = lower_in(&documents, &context);
    check(&hir, AT, &mut acc);
    let mut all = read.clone();
    all.extend(acc);
    all.finish();
    let messages = all.iter().map(|finding| format!("{}: {}", finding.rule.name, finding.message)).collect();
    (hir, messages)
}

fn messages(texts: &[&str], expect: &[&str]) {
    assert_eq!(lower(texts).1, expect);
}

fn subscription(spec: &str) -> String {
    format!("\nkind: Subscription\nmetadata: {{name: blue}}\nspec:\n  teams: [payments]\n  models: [echo]\n{spec}")
}

#[test]
fn defaults_are_those_of_the_language() {
    let (hir, messages) = lower(&[
        ORGANIZATION,
        TEAM,
        LAB,
        ECHO,
        &subscription("  limits: [{tokens: 1k, per: day, scope: team}]\n  startsAt: 2026-07-01\n"),
    ]);
    assert_eq!(messages, Vec::<String>::new());
    let organization = &hir.organization;
    assert_eq!(
        (organization.currency.as_str(), organization.identity_providers[0].subject_claim.as_str()),
        ("USD", "sub")
    );
    assert_eq!(hir.gateways[0].header.name.value, "default");
    let team = &hir.teams[0];
    assert_eq!((team.display_name.as_str(), team.groups[0].value.as_str()), ("payments", "corp:payments"));
    let model = &hir.models[0];
    assert_eq!(model.endpoints.iter().map(|endpoint| endpoint.value).collect::<Vec<_>>(), [Endpoint::Chat]);
    assert_eq!((model.attempts, model.retry_on.as_slice()), (1, ["connect".to_owned()].as_slice()));
    assert_eq!((model.first_byte_timeout, model.total_timeout), (Duration(30_000), Duration(300_000)));
    let price = &model.prices[0];
    assert_eq!((price.from, price.cached_input, price.output), (None, Money(10_000_000), Money(0)));
    let upstream = &model.upstreams[0];
    assert_eq!((upstream.model.as_str(), upstream.weight, upstream.tier), ("echo", 1, 0));
    let subscription = &hir.subscriptions[0];
    let limit = &subscription.limits[0];
    assert_eq!((limit.over, limit.count, limit.window.value), (Over::Model, Count::Total, Window::Day));
    // Midnight in Berlin in summer.
    assert_eq!(subscription.starts_at.as_ref().unwrap().value.to_string(), "2026-06-30T22:00:00Z");
    assert_eq!(subscription.priority.value, 0);
}

#[test]
fn providers_know_their_endpoints() {
    let provider = |spec: &str| {
        let text = format!("\nkind: Provider\nmetadata: {{name: x}}\nspec: {spec}");
        let (hir, messages) = lower(&[ORGANIZATION, &text]);
        assert_eq!(messages, Vec::<String>::new(), "{spec}");
        hir.providers[0].endpoint.value.clone()
    };
    let credential = "credential: {secret: s, key: k}";
    assert_eq!(provider(&format!("{{type: openai, {credential}}}")), "https://api.openai.com/v1");
    assert_eq!(provider(&format!("{{type: anthropic, {credential}}}")), "https://api.anthropic.com");
    assert_eq!(
        provider(&format!("{{type: bedrock, {credential}, bedrock: {{region: eu-central-1}}}}")),
        "https://bedrock-runtime.eu-central-1.amazonaws.com"
    );
    assert_eq!(
        provider("{type: kserve, kserve: {name: granite}}"),
        "https://granite-kserve-workload-svc.maas-models.svc.cluster.local:8000/v1"
    );
    assert_eq!(provider("{type: vllm, endpoint: \"http://vllm:8000/v1/\"}"), "http://vllm:8000/v1");
    assert_eq!(provider("{type: simulator}"), "");
    let text = "\nkind: Provider\nmetadata: {name: x}\nspec: {type: azure-openai}";
    messages(
        &[ORGANIZATION, text],
        &[
            "provider-incomplete: provider `x` of type `azure-openai` has no credential",
            "provider-incomplete: provider `x` of type `azure-openai` has no endpoint",
        ],
    );
}

#[test]
fn one_mistake_is_one_finding() {
    let with = |spec: &str, expect: &[&str]| messages(&[ORGANIZATION, TEAM, LAB, ECHO, &subscription(spec)], expect);
    // Without the quota there would be no limit: that is the same mistake.
    with("  quota: gold\n", &["unknown-quota: subscription `blue` refers to unknown quota `gold`"]);
    with("  limits: [{tokens: 1x, per: 1h, scope: team}]\n", &["bad-unit: `1x` is no count"]);
    with(
        "  limits: [{tokens: 1k, scope: team}]\n",
        &["malformed-limit: a limit on `tokens` needs the window in which it counts"],
    );
    // A quota that could not be read is not unknown.
    let quota = "\nkind: Quota\nmetadata: {name: gold}\nspec: 3";
    let blue = subscription("  quota: gold\n");
    let (_, found) = lower(&[ORGANIZATION, TEAM, LAB, ECHO, quota, &blue]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("wrong-type"), "{found:?}");
    // An organization that could not be read is there, and so is an environment.
    let (_, found) = lower(&["\nkind: Organization\nmetadata: {name: acme}\nspec: 3", TEAM]);
    assert!(found.len() == 1 && found[0].starts_with("wrong-type"), "{found:?}");
    let blue = subscription("  limits: [{tokens: 1k, per: 1h, scope: team}]\n  gateways: [eu]\n");
    let (_, found) = lower(&[ORGANIZATION, TEAM, LAB, ECHO, "\nkind: Gateway\nmetadata: {name: eu}\nspec: 3", &blue]);
    assert!(found.len() == 1 && found[0].starts_with("wrong-type"), "{found:?}");
    // A model with an unknown provider has no other finding, and its subscription none.
    messages(
        &[ORGANIZATION, TEAM, ECHO, &subscription("  limits: [{tokens: 1k, per: 1h, scope: team}]\n")],
        &["unknown-provider: model `echo` refers to unknown provider `lab`"],
    );
    // No identity provider: said once, for all groups and persons.
    let bare = "\nkind: Organization\nmetadata: {name: acme}\nspec: {}";
    let team =
        "\nkind: Team\nmetadata: {name: payments}\nspec: {costCentre: x, owners: [\"a:b\"], members: {groups: [x, y]}}";
    messages(
        &[bare, team],
        &["unknown-identity-provider: `a:b` belongs to no identity provider: the organization names none"],
    );
    messages(&[TEAM], &["no-organization: no document of the workspace is an `Organization`"]);
}

#[test]
fn names_of_other_kinds_are_pointed_out() {
    let quota = "\nkind: Quota\nmetadata: {name: gold}\nspec: {limits: [{tokens: 1k, per: 1h, scope: team}]}";
    let text = subscription("  quota: payments\n");
    let documents = [ORGANIZATION, TEAM, LAB, ECHO, quota, &text];
    let mut read = Vec::new();
    for (file, text) in (0_u32..).zip(documents) {
        let text = format!("apiVersion: maasc.dev/v1alpha1{text}");
        read.extend(maasc_syntax::parse(FileId(file), &text, &Limits::default()).documents);
    }
    let (_, acc) = crate::lower(&read);
    let finding = acc.iter().next().unwrap();
    assert_eq!(finding.labels[0].text, "`payments` is a team");
    assert_eq!(finding.labels[0].span.file, FileId(1));
}

#[test]
fn environments_limit_what_may_be_referred_to() {
    let eu = "\nkind: Gateway\nmetadata: {name: eu}\nspec: {target: standalone}";
    let us = "\nkind: Gateway\nmetadata: {name: us}\nspec: {target: standalone}";
    let echo_eu = ECHO.replace("spec: {", "spec: {gateways: [eu], ");
    let lab_eu = LAB.replace("spec: {", "spec: {gateways: [eu], ");
    let limits = "  limits: [{tokens: 1k, per: 1h, scope: team}]\n";
    // The model is simply not there in `us`.
    messages(&[ORGANIZATION, eu, us, TEAM, LAB, &echo_eu, &subscription(limits)], &[]);
    messages(
        &[ORGANIZATION, eu, us, TEAM, &lab_eu, ECHO, &subscription(limits)],
        &["model-without-upstreams: model `echo` has no upstream in `us`"],
    );
    let quota =
        "\nkind: Quota\nmetadata: {name: gold}\nspec: {gateways: [eu], limits: [{tokens: 1k, per: 1h, scope: team}]}";
    messages(
        &[ORGANIZATION, eu, us, TEAM, LAB, ECHO, quota, &subscription("  quota: gold\n")],
        &["missing-in-gateway: subscription `blue` is for `us`, where quota `gold` is not"],
    );
    messages(&[ORGANIZATION, eu, us, TEAM, LAB, ECHO, quota, &subscription("  quota: gold\n  gateways: [eu]\n")], &[]);
    messages(&[ORGANIZATION, TEAM, LAB, ECHO, &subscription(&format!("{limits}  gateways: [default]\n"))], &[]);
}

#[test]
fn cycles_are_said_once_and_broken() {
    let team =
        |name: &str, parent: &str| format!("\nkind: Team\nmetadata: {{name: {name}}}\nspec: {{parent: {parent}}}");
    let teams = [team("a", "b"), team("b", "c"), team("c", "b"), team("d", "d"), team("e", "a")];
    let mut texts = vec![ORGANIZATION];
    texts.extend(teams.iter().map(String::as_str));
    let (hir, found) = lower(&texts);
    assert_eq!(
        found,
        ["team-cycle: the parents of team `b` lead back to it", "team-cycle: team `d` is its own parent"]
    );
    let parents: Vec<bool> = hir.teams.iter().map(|team| team.parent.is_some()).collect();
    assert_eq!(parents, [true, false, false, false, true]);
}

#[test]
fn approvals_answer_requirements() {
    let organization = format!(
        "{ORGANIZATION}{}",
        "  approvals:
    roles: {finance: {users: [cfo]}}
    required:
      - {name: large, when: grant.ceiling.month > 10000, role: finance}
      - {name: open, when: model.exposure == \"public\", role: finance}
      - {name: broken, when: model.exposed == 1, role: finance}
"
    );
    let approval = |subject: &str, requirement: &str| {
        format!(
            "\nkind: Approval\nmetadata: {{name: ok}}\nspec: {{for: {subject}, requirement: {requirement}, approvedBy: cfo, role: finance, date: 2026-01-01}}"
        )
    };
    let blue = subscription("  limits: [{tokens: 1k, per: 1h, scope: team}]\n");
    let broken = "expression-name: `model` has no field `exposed`";
    let found = |approval: &str| {
        let (hir, found) = lower(&[&organization, TEAM, LAB, ECHO, &blue, approval]);
        (hir.approvals.len(), hir.organization.requirements.len(), found)
    };
    assert_eq!(found(&approval("{subscription: blue}", "large")), (1, 2, vec![broken.to_owned()]));
    assert_eq!(found(&approval("{subscription: blue, model: echo}", "large")), (1, 2, vec![broken.to_owned()]));
    assert_eq!(found(&approval("{model: echo}", "open")), (1, 2, vec![broken.to_owned()]));
    // Of a requirement with an error nothing more is said.
    assert_eq!(found(&approval("{model: echo}", "broken")), (0, 2, vec![broken.to_owned()]));
    let (n, _, messages) = found(&approval("{model: echo}", "large"));
    assert_eq!((n, messages.len()), (0, 2));
    assert!(
        messages[1].starts_with("approval-subject: requirement `large` is asked once per subscription"),
        "{messages:?}"
    );
}

#[test]
fn limits_that_never_bind_are_found_exactly() {
    let with = |lines: &[&str], expect: &[&str]| {
        let lines: String = lines.iter().map(|line| format!("    - {{{line}}}\n")).collect();
        messages(&[ORGANIZATION, TEAM, LAB, ECHO, &subscription(&format!("  limits:\n{lines}"))], expect);
    };
    let team = |amount: &str| format!("tokens: {amount}, scope: team");
    with(&[&team("1k, per: 1m"), &team("59k, per: 1h")], &[]);
    with(
        &[&team("1k, per: 1m"), &team("60k, per: 1h")],
        &["limit-never-binds: a limit of 60k tokens per 1h never binds"],
    );
    // The longer window is tighter than the shorter one; an hour may touch two days.
    with(
        &[&team("10k, per: 1h"), &team("10k, per: 24h")],
        &["limit-never-binds: a limit of 10k tokens per 1h never binds"],
    );
    with(&[&team("19k, per: 1h"), &team("10k, per: day")], &[]);
    with(
        &[&team("20k, per: 1h"), &team("10k, per: day")],
        &["limit-never-binds: a limit of 20k tokens per 1h never binds"],
    );
    // A day in Berlin has up to 25 hours and touches 26 fixed ones.
    with(&[&team("1k, per: 1h"), &team("25k, per: day")], &[]);
    with(
        &[&team("1k, per: 1h"), &team("26k, per: day")],
        &["limit-never-binds: a limit of 26k tokens per day never binds"],
    );
    with(&[&team("10k, per: day"), &team("309k, per: month")], &[]);
    with(
        &[&team("10k, per: day"), &team("310k, per: month")],
        &["limit-never-binds: a limit of 310k tokens per month never binds"],
    );
    // Input is a part of all tokens, output is not a part of input.
    with(
        &[&team("10k, per: 1h"), &team("10k, per: 1h, count: input")],
        &["limit-never-binds: a limit of 10k input tokens per 1h never binds"],
    );
    with(&[&team("10k, per: 1h, count: output"), &team("10k, per: 1h, count: input")], &[]);
    // One model is a part of all.
    with(
        &[&team("10k, per: 1h, over: subscription"), &team("12k, per: 1h")],
        &["limit-never-binds: a limit of 12k tokens per 1h never binds"],
    );
    with(&[&team("10k, per: 1h"), &team("12k, per: 1h, over: subscription")], &[]);
    // A user may be charged to several teams.
    with(&[&team("10k, per: 1h"), "tokens: 12k, per: 1h, scope: user"], &[]);
    with(
        &["tokens: 10k, per: 1h, scope: organization", &team("12k, per: 1h")],
        &["limit-never-binds: a limit of 12k tokens per 1h never binds"],
    );
    with(&[&team("10k, per: 1h"), "requests: 10k, per: 1h, scope: team"], &[]);
    with(
        &[&team("10k, per: 1h"), &team("10k, per: 1h")],
        &["equal-limits: 10k tokens per 1h and 10k tokens per 1h count the same"],
    );
}

#[test]
fn per_model_lines_replace_or_add() {
    let with = |spec: &str, expect: &[&str]| messages(&[ORGANIZATION, TEAM, LAB, ECHO, &subscription(spec)], expect);
    let general = "  limits: [{tokens: 10k, per: 1h, scope: team}]\n";
    // It may be higher: it replaces the general line.
    with(&format!("{general}  perModel: [{{model: echo, limits: [{{tokens: 90k, per: 1h, scope: team}}]}}]\n"), &[]);
    with(
        &format!("{general}  perModel: [{{model: echo, limits: [{{tokens: 700k, per: 24h, scope: team}}]}}]\n"),
        &["limit-never-binds: a limit of 700k tokens per 24h never binds"],
    );
    // Its own limit is enough.
    with("  perModel: [{model: echo, limits: [{tokens: 90k, per: 1h, scope: team}]}]\n", &[]);
    with(
        "  limits: [{requests: 5, per: 1m, scope: team}]\n  perModel: [{model: echo, limits: [{requests: 1, per: 1m, scope: team}]}]\n",
        &["accidental-unlimited: subscription `blue` has no token or cost limit for model `echo`"],
    );
    with("  unlimited: {reason: free}\n", &[]);
}

#[test]
fn windows_fit_into_windows() {
    let lengths = [1, 7, 60, 90, 3_600, 5_000, 86_400];
    for outer in lengths {
        for inner in lengths {
            // How many inner windows an outer one touches, over many of them.
            let touched = (0..500_u64).map(|n| {
                let (from, to) = (n * u64::from(outer), (n + 1) * u64::from(outer) - 1);
                to / u64::from(inner) - from / u64::from(inner) + 1
            });
            let most = touched.max().unwrap();
            let bound = windows_within(Window::Fixed(outer), Window::Fixed(inner), true).unwrap();
            assert!(bound >= most, "{outer} {inner}: {bound} < {most}");
        }
    }
    assert_eq!(windows_within(Window::Month, Window::Fixed(3_600), true), Some(744));
    assert_eq!(windows_within(Window::Month, Window::Fixed(3_600), false), Some(746));
    assert_eq!(windows_within(Window::None, Window::Day, true), None);
}
