//! For code scanning: SARIF 2.1.0 as GitHub reads it.

use std::collections::BTreeMap;

use maas_schemas::diagnostics::{Fix, Labelled, Location};
use serde_json::{Value, json};

use super::gitlab::HOME;
use super::report::Prepared;
use super::text::{shortened, uri};
use crate::{Level, Position, Rule, SourceMap};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// GitHub's bound on descriptions of rules.
const LONGEST_DESCRIPTION: usize = 1024;

/// Returns the log with one run.
pub(super) fn render(prepared: &Prepared<'_>, version: &str) -> String {
    let rules: Vec<Value> = prepared.rules.values().map(|rule| described(rule)).collect();
    let index = |code: &str| prepared.rules.keys().position(|known| *known == code);
    let results: Vec<Value> = prepared
        .report
        .findings
        .iter()
        .map(|finding| {
            let related: Vec<Value> = finding.labels.iter().enumerate().map(|(id, label)| related(id, label)).collect();
            let fixes: Vec<Value> = finding.fixes.iter().map(|fix| fixed(&prepared.sources, fix)).collect();
            let place = match &finding.primary {
                Some(primary) => physical(&primary.location),
                None => {
                    json!({"artifactLocation": {"uri": HOME, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}})
                }
            };
            let mut text = finding.message.clone();
            for extra in finding.notes.iter().chain(&finding.help) {
                text.push_str(&format!("\n{extra}"));
            }
            let mut result = json!({
                "ruleId": finding.code,
                "ruleIndex": index(&finding.code),
                "level": sarif_level(&finding.severity),
                "message": {"text": text},
                "locations": [{"physicalLocation": place}],
                "partialFingerprints": {
                    "maascFinding/v1": finding.fingerprint,
                    "primaryLocationLineHash": format!("{}:1", finding.fingerprint),
                },
            });
            if let Some(result) = result.as_object_mut() {
                if !related.is_empty() {
                    result.insert("relatedLocations".to_owned(), related.into());
                }
                if !fixes.is_empty() {
                    result.insert("fixes".to_owned(), fixes.into());
                }
            }
            result
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "maasc", "semanticVersion": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut out = serde_json::to_string_pretty(&log).unwrap_or_default();
    out.push('\n');
    out
}

fn described(rule: &Rule) -> Value {
    let page = if rule.page.trim().is_empty() { rule.summary } else { rule.page };
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": shortened(rule.summary, LONGEST_DESCRIPTION)},
        "fullDescription": {"text": shortened(rule.paragraph(), LONGEST_DESCRIPTION)},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": sarif_level(rule.level.name())},
        "properties": {"precision": precision(rule.level), "tags": ["policy"]},
    })
}

/// Errors are sure; a warning is right more often than not.
const fn precision(level: Level) -> &'static str {
    match level {
        Level::Error => "very-high",
        Level::Warn => "high",
        Level::Note | Level::Off => "medium",
    }
}

fn sarif_level(severity: &str) -> &'static str {
    match severity {
        "error" => "error",
        "warn" => "warning",
        "note" => "note",
        _ => "none",
    }
}

fn physical(place: &Location) -> Value {
    json!({"artifactLocation": artifact(&place.file), "region": region(place)})
}

fn artifact(path: &str) -> Value {
    json!({"uri": uri(path), "uriBaseId": "%SRCROOT%"})
}

fn region(place: &Location) -> Value {
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
    })
}

fn related(id: usize, label: &Labelled) -> Value {
    json!({"id": id, "message": {"text": label.label}, "physicalLocation": physical(&label.location)})
}

fn fixed(sources: &SourceMap, fix: &Fix) -> Value {
    let mut by_file: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let file = sources.iter().find(|(_, file)| file.path == edit.file).map(|(_, file)| file);
        let position = |offset| file.map_or(Position { line: 1, column: 1 }, |file| file.position(offset));
        let (start, end) = (position(edit.byte.start), position(edit.byte.end));
        let deleted = json!({
            "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
        });
        let replacement = json!({"deletedRegion": deleted, "insertedContent": {"text": edit.insert}});
        by_file.entry(&edit.file).or_default().push(replacement);
    }
    let changes: Vec<Value> = by_file
        .into_iter()
        .map(|(file, replacements)| json!({"artifactLocation": artifact(file), "replacements": replacements}))
        .collect();
    json!({"description": {"text": fix.message}, "artifactChanges": changes})
}
