//! Documents and findings of whole files.

use maasc_diagnostics::FileId;
use proptest::prelude::*;

use super::{Parse, parse};
use crate::ast::{Selection, Spec};
use crate::test_support::slice;
use crate::{Limits, decode_bytes};

const HEAD: &str = "apiVersion: maasc.dev/v1alpha1\n";

fn read(text: &str) -> Parse {
    parse(FileId(0), text, &Limits::DEFAULT)
}

/// Returns each finding as `code name "underlined text" message`.
fn findings(text: &str) -> Vec<String> {
    let result = read(text);
    let describe = |finding: &maasc_diagnostics::Diagnostic| {
        let span = finding.primary.as_ref().map(|label| label.span).unwrap_or_default();
        let underlined = slice(text, span);
        format!("{} {underlined:?} {}", finding.rule.code, finding.message)
    };
    result.diagnostics.iter().map(describe).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(findings(text), expected, "in\n{text}");
}

/// Checks the findings of a `spec` of a kind.
fn check_spec(kind: &str, spec: &str, expected: &[&str]) {
    check(&format!("{HEAD}kind: {kind}\nmetadata: {{name: x}}\nspec:\n{spec}"), expected);
}

#[test]
fn the_example_of_the_language_is_silent() {
    let text = include_str!("example.yaml");
    check(text, &[]);
    let result = read(text);
    let kinds: Vec<&str> = result.documents.iter().map(|document| document.kind.name()).collect();
    assert_eq!(
        kinds,
        [
            "Organization",
            "Team",
            "Provider",
            "Model",
            "Quota",
            "Subscription",
            "Approval",
            "Invariant",
            "PolicyTest",
            "Gateway"
        ]
    );
    let Spec::Model(model) = &result.documents[3].spec else { panic!("a model") };
    assert_eq!(model.price[0].input.value, "2.50");
    assert_eq!(slice(text, model.price[0].input.span), "2.50");
    let Spec::Organization(organization) = &result.documents[0].spec else { panic!("an organization") };
    assert_eq!(organization.limits[0].amount.value, "50_000");
}

#[test]
fn unknown_fields_are_found_with_what_was_meant() {
    check_spec(
        "Team",
        "  costCenter: CC-1\n  ownrs: []\n",
        &[
            "MAAS0102 \"costCenter\" unknown field `costCenter` in `Team.spec`",
            "MAAS0102 \"ownrs\" unknown field `ownrs` in `Team.spec`",
        ],
    );
    let result = read(&format!("{HEAD}kind: Team\nmetadata: {{name: x}}\nspec:\n  costCenter: CC-1\n"));
    assert_eq!(result.diagnostics.iter().next().unwrap().fixes[0].edits[0].insert, "costCentre");
    let Spec::Team(team) = &result.documents[0].spec else { panic!("a team") };
    assert!(team.cost_centre.is_none());
}

#[test]
fn every_mistake_of_a_document_is_found() {
    check_spec(
        "Subscription",
        "  teams: payments\n  models: {matchLabels: {tier: true}}\n  endpoints: [chat, chats]\n  limits:\n    - {tokens: 1k, scope: team}\n    - {tokens: 1k, requests: 2, per: 1h, scope: taem}\n    - {concurrency: 3, per: 1h, scope: user, count: input}\n    - per: 1h\n      scope: team\n  keys: [a]\n  unlimited: {}\n",
        &[
            "MAAS0103 \"true\" a value of `matchLabels` must be text, not a boolean",
            "MAAS0103 \"payments\" field `teams` must be a list, not text",
            "MAAS0104 \"chats\" `chats` is not a value of `endpoints`",
            "MAAS0109 \"{tokens: 1k, scope: team}\" a limit on `tokens` needs the window in which it counts",
            "MAAS0109 \"requests\" one limit cannot have both `tokens` and `requests`",
            "MAAS0104 \"taem\" `taem` is not a value of `scope`",
            "MAAS0109 \"per\" a limit on `concurrency` has no window",
            "MAAS0109 \"count\" `count` has no meaning beside `concurrency`",
            "MAAS0109 \"per\" this limit does not say what it limits",
            "MAAS0103 \"[a]\" `Subscription.spec.keys` must be a mapping, not a list",
            "MAAS0101 \"{}\" `Subscription.spec.unlimited` lacks the field `reason`",
        ],
    );
}

#[test]
fn documents_around_a_broken_one_live() {
    let team = |name: &str| format!("{HEAD}kind: Team\nmetadata: {{name: {name}}}\nspec: {{}}\n");
    let broken = format!("{HEAD}kind: Team\nmetadata: {{name: b}}\nspec:\n  owners: [a\n");
    let text = format!("{}---\n{broken}---\n{}...\n---\n# nothing\n---\n", team("a"), team("c"));
    check(&text, &["MAAS0001 \"[\" `[` is never closed"]);
    let result = read(&text);
    let names: Vec<&str> = result.documents.iter().map(|document| document.metadata.name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(result.lost[0].name.value, "b");
}

#[test]
fn names_kinds_and_versions_are_checked() {
    check("apiVersion: v1\nkind: ConfigMap\n", &["MAAS0107 \"v1\" a document of `v1` is not a policy"]);
    check(
        "kind: Team\nmetadata: {name: a}\nspec: {}\n",
        &["MAAS0101 \"kind\" `document` lacks the field `apiVersion`"],
    );
    check(
        "apiVersion: maasc.dev/v1alpah1\nkind: Taem\nmetadata: {name: A_b}\nspec: {}\n",
        &[
            "MAAS0106 \"maasc.dev/v1alpah1\" unknown apiVersion `maasc.dev/v1alpah1`",
            "MAAS0105 \"Taem\" unknown kind `Taem`",
            "MAAS0108 \"A_b\" `A_b` is not a valid name: it has capital letters",
        ],
    );
    check(
        "apiVersion: maasc.dev/v1\nkind: Team\nmetadata: {name: a}\nspec: {who: 1}\n",
        &["MAAS0106 \"maasc.dev/v1\" unknown apiVersion `maasc.dev/v1`"],
    );
    check("just text\n", &["MAAS0103 \"just text\" `document` must be a mapping, not text"]);
}

#[test]
fn numbers_stay_as_typed_and_booleans_are_no_text() {
    let text = format!(
        "{HEAD}kind: Model\nmetadata: {{name: m, labels: {{tier: 0.10}}}}\nspec:\n  contextWindow: 1_000_000\n  \
         price: [{{input: 0.1000000000000000055511}}, {{from: 2026-11-01, input: 1e3}}]\n  owner: true\n  \
         aliases: [\"true\", 4.0]\n"
    );
    check(&text, &["MAAS0103 \"true\" field `owner` must be text, not a boolean"]);
    let result = read(&text);
    let Spec::Model(model) = &result.documents[0].spec else { panic!("a model") };
    assert_eq!(model.context_window.as_ref().unwrap().value, "1_000_000");
    assert_eq!(model.price[0].input.value, "0.1000000000000000055511");
    assert_eq!(model.price[1].from.as_ref().unwrap().value, "2026-11-01");
    assert_eq!(model.aliases[1].value, "4.0");
    assert_eq!(result.documents[0].metadata.labels[0].1.value, "0.10");
}

#[test]
fn selections_are_names_or_labels() {
    let text = format!(
        "{HEAD}kind: Subscription\nmetadata: {{name: s}}\nspec:\n  teams: {{matchLabels: {{a: b}}}}\n  models: [m]\n"
    );
    let result = read(&text);
    let Spec::Subscription(subscription) = &result.documents[0].spec else { panic!("a subscription") };
    assert!(matches!(&subscription.teams, Some(Selection::Labels(labels)) if labels.value[0].1.value == "b"));
    assert!(matches!(&subscription.models, Selection::Names(names) if names[0].value == "m"));
}

#[test]
fn a_value_behind_an_alias_is_reported_once() {
    let text = format!(
        "{HEAD}kind: Quota\nmetadata: {{name: q}}\nspec:\n  limits:\n    - &l {{tokens: 1k, per: 1h, scope: taem}}\n    \
         - *l\n    - *l\n"
    );
    check(&text, &["MAAS0104 \"taem\" `taem` is not a value of `scope`"]);
}

#[test]
fn bytes_become_text_or_a_finding() {
    let limits = Limits { max_file_size: 8, ..Limits::DEFAULT };
    assert_eq!(decode_bytes("a", "é".as_bytes(), &limits).unwrap(), "é");
    let message = |bytes: &[u8]| decode_bytes("a/b.yaml", bytes, &limits).unwrap_err().message.clone();
    assert_eq!(message(b"a\n\xc3\xa9\xff"), "`a/b.yaml` is not UTF-8 from line 2, column 2 on");
    assert_eq!(message(b"123456789"), "`a/b.yaml` has 9 bytes, more than the limit of 8");
    assert!(parse(FileId(0), "123456789", &limits).diagnostics.has_errors());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn arbitrary_texts_never_panic(text in any::<String>()) {
        check_places(&text);
    }

    #[test]
    fn texts_like_yaml_never_panic(text in "[ \\n\\t\\r:\\-\\[\\]{}#&*!|>'\",a-c?%@é\u{feff}\u{0}]{0,80}") {
        check_places(&text);
    }

    #[test]
    fn the_example_with_a_hole_never_panics(start in 0_usize..6_000, length in 0_usize..80, insert in "[ \\n:{}\\[\\]&*a\"]{0,3}") {
        let text = include_str!("example.yaml");
        let end = (start + length).min(text.len());
        let (Some(before), Some(after)) = (text.get(..start.min(end)), text.get(end..)) else { return Ok(()) };
        check_places(&format!("{before}{insert}{after}"));
    }
}

/// Checks that every place of every finding is a part of the text, and every message short.
fn check_places(text: &str) {
    let result = read(text);
    for finding in result.diagnostics.iter() {
        for label in finding.primary.iter().chain(&finding.labels) {
            assert!(text.get(label.span.start as usize..label.span.end as usize).is_some(), "{finding:?} in {text:?}");
        }
        assert!(finding.message.chars().count() <= 160, "{}", finding.message);
    }
    for document in &result.documents {
        assert!(text.get(document.span.start as usize..document.span.end as usize).is_some());
    }
}
