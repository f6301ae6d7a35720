//! Schema and decoder accept and refuse the same documents.

use maasc_diagnostics::FileId;

use super::Schemas;
use crate::test_support::slice;
use crate::{Limits, parse};

const EXAMPLE: &str = include_str!("../parse/example.yaml");
const CORPUS: &str = include_str!("corpus.txt");

/// Types whose texts only the next stage reads.
const UNITS: [&str; 7] =
    ["$defs/count", "$defs/money", "$defs/duration", "$defs/window", "$defs/time", "Percent", "priority"];

/// Says whether an error is one that the decoder leaves to the next stage: a text that is there, but no amount or date.
fn is_about_a_unit(keyword: &str, value: &str) -> bool {
    let is_text = !matches!(value, "" | "~" | "\"\"" | "true") && !value.starts_with(['[', '{']);
    is_text && UNITS.iter().any(|unit| keyword.contains(unit))
}

/// Checks that both find something, or neither does.
fn check(schemas: &Schemas, text: &str) {
    let result = parse(FileId(0), text, &Limits::DEFAULT);
    let errors = schemas.check(FileId(0), text, &Limits::DEFAULT);
    let decoder: Vec<&str> = result
        .diagnostics
        .iter()
        .filter(|finding| !matches!(finding.rule.name, "matrix-shape" | "literal-secret"))
        .map(|finding| finding.message.as_str())
        .collect();
    let schema: Vec<String> = errors
        .iter()
        .filter(|error| !is_about_a_unit(&error.keyword, slice(text, error.span)))
        .map(|error| format!("{} ({})", error.message, error.keyword))
        .collect();
    assert_eq!(decoder.is_empty(), schema.is_empty(), "in\n{text}\ndecoder: {decoder:#?}\nschema: {schema:#?}");
}

#[test]
fn the_example_is_accepted_and_every_mutation_of_it_judged_alike() {
    let schemas = Schemas::new().unwrap();
    for document in EXAMPLE.split("---\n") {
        assert!(schemas.check(FileId(0), document, &Limits::DEFAULT).is_empty(), "{document}");
        check(&schemas, document);
        for (index, line) in document.lines().enumerate() {
            let Some(colon) = line.find(": ") else { continue };
            let (key, value) = (line.get(..colon).unwrap(), line.get(colon + 2..).unwrap());
            for mutant in [
                format!("{key}x: {value}"),
                format!("{key}:"),
                format!("{key}: true"),
                format!("{key}: \"\""),
                format!("{key}: word"),
                format!("{key}: 7"),
                format!("{key}: [word]"),
                format!("{key}: [[]]"),
                format!("{key}: {{word: word}}"),
                format!("{key}: {{}}"),
                String::new(),
            ] {
                let lines: Vec<&str> = document
                    .lines()
                    .enumerate()
                    .map(|(at, line)| if at == index { mutant.as_str() } else { line })
                    .collect();
                let text = lines.join("\n");
                let has_kind =
                    document.lines().find(|line| line.starts_with("kind: ")).is_some_and(|kind| text.contains(kind));
                if has_kind && is_yaml(&text) {
                    check(&schemas, &text);
                }
            }
        }
    }
}

/// Says whether only decoder and schema are asked: no finding of YAML itself.
fn is_yaml(text: &str) -> bool {
    let result = parse(FileId(0), text, &Limits::DEFAULT);
    let is_about_shape = |code: &str| !code.starts_with("MAAS00") && !matches!(code, "MAAS0105" | "MAAS0107");
    result.diagnostics.iter().all(|finding| is_about_shape(finding.rule.code))
}

#[test]
fn a_corpus_of_good_and_bad_specs_is_judged_alike() {
    let schemas = Schemas::new().unwrap();
    let mut n_good = 0;
    let mut n_bad = 0;
    for case in CORPUS.split("\n\n") {
        let (head, spec) = case.trim().split_once('\n').unwrap();
        let (kind, verdict) = head.split_once(' ').unwrap();
        let text = format!("apiVersion: maasc.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n{spec}\n");
        let result = parse(FileId(0), &text, &Limits::DEFAULT);
        assert_eq!(if result.diagnostics.is_empty() { "good" } else { "bad" }, verdict, "in\n{text}{result:#?}");
        check(&schemas, &text);
        n_good += usize::from(verdict == "good");
        n_bad += usize::from(verdict == "bad");
    }
    assert!(n_good >= 10 && n_bad >= 30, "{n_good} good, {n_bad} bad");
}

#[test]
fn errors_have_the_place_of_the_value() {
    let schemas = Schemas::new().unwrap();
    let text = "apiVersion: maasc.dev/v1alpha1\nkind: Team\nmetadata: {name: x}\nspec: {owners: [a, {}]}\n";
    let errors = schemas.check(FileId(0), text, &Limits::DEFAULT);
    assert_eq!(errors.len(), 1);
    assert_eq!(slice(text, errors[0].span), "{}");
}
