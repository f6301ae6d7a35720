//! Findings as data, secrets masked.

use std::collections::BTreeMap;

use maas_schemas::diagnostics::{
    Edit, FORMAT, Finding, Fix, Labelled, Location, Position, Range, Report, Summary, Value,
};
use sha2::{Digest, Sha256};

use super::mask::Masked;
use super::text::{plural, shortened};
use super::{DocumentName, Input};
use crate::{Diagnostic, Label, Level, Rule, SourceMap, Span};

/// How many characters of a place are repeated.
const LONGEST_TEXT: usize = 200;

/// A report with what some renderers need beside it.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    /// The files, secrets masked.
    pub(super) sources: std::borrow::Cow<'a, SourceMap>,
    /// What is shown.
    pub(super) report: Report,
    /// The rules of the findings, by code.
    pub(super) rules: BTreeMap<&'static str, &'static Rule>,
}

impl<'a> Prepared<'a> {
    /// Turns findings into data.
    pub(super) fn new(input: &Input<'a>) -> Self {
        let masked = Masked::new(input.sources, input.findings);
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut documents: Vec<_> = input.documents.iter().collect();
        documents.sort_by_key(|document| document.span);
        let mut report = Report { format: FORMAT.to_owned(), findings: Vec::new(), summary: Summary::default() };
        report.summary.suppressed = input.n_suppressed;
        for finding in input.findings.iter().filter(|finding| finding.level != Level::Off) {
            let mut shown = shown(&masked, finding);
            let place = finding.primary.as_ref().map(|label| label.span);
            let document = place.and_then(|span| document_at(&documents, span));
            shown.document = document.unwrap_or_default().to_owned();
            let home = document.or_else(|| place.map(|span| input.sources.locate(span).0)).unwrap_or_default();
            shown.fingerprint = fingerprint(&mut seen, &shown.code, home, &shown.message);
            count(&mut report.summary, finding);
            report.findings.push(shown);
        }
        let rules = input.findings.iter().map(|finding| (finding.rule.code, finding.rule)).collect();
        Self { sources: masked.sources, report, rules }
    }
}

/// Returns the name of the document that holds the start of a place; `documents` are sorted.
fn document_at<'a>(documents: &[&'a DocumentName], place: Span) -> Option<&'a str> {
    let before = |document: &&DocumentName| (document.span.file, document.span.start) <= (place.file, place.start);
    let document = documents.get(documents.partition_point(before).checked_sub(1)?)?;
    let holds = document.span.file == place.file && place.start <= document.span.end;
    holds.then_some(document.name.as_str())
}

fn shown(masked: &Masked<'_>, finding: &Diagnostic) -> Finding {
    let labelled =
        |label: &Label| Labelled { location: location(&masked.sources, label.span), label: masked.text(&label.text) };
    Finding {
        code: finding.rule.code.to_owned(),
        name: finding.rule.name.to_owned(),
        severity: finding.level.name().to_owned(),
        message: masked.text(&finding.message),
        document: String::new(),
        primary: finding.primary.as_ref().map(labelled),
        labels: finding.labels.iter().map(labelled).collect(),
        notes: finding.notes.iter().map(|note| masked.text(note)).collect(),
        help: finding.help.as_ref().map(|help| masked.text(help)),
        fixes: finding.fixes.iter().map(|fix| shown_fix(masked, fix)).collect(),
        values: finding
            .values
            .iter()
            .map(|(expression, value)| Value { expression: masked.text(expression), value: masked.text(value) })
            .collect(),
        fingerprint: String::new(),
    }
}

fn shown_fix(masked: &Masked<'_>, fix: &crate::Fix) -> Fix {
    let edits = fix.edits.iter().map(|edit| Edit {
        file: masked.sources.locate(edit.span).0.to_owned(),
        byte: Range { start: edit.span.start, end: edit.span.end },
        insert: masked.text(&edit.insert),
    });
    Fix {
        applicability: fix.applicability.name().to_owned(),
        message: masked.text(&fix.message),
        edits: edits.collect(),
    }
}

fn location(sources: &SourceMap, span: Span) -> Location {
    let (file, start) = sources.locate(span);
    let (_, end) = sources.locate(Span { start: span.end, ..span });
    Location {
        file: file.to_owned(),
        byte: Range { start: span.start, end: span.end },
        start: Position { line: start.line, column: start.column },
        end: Position { line: end.line, column: end.column },
        text: shortened(sources.slice(span), LONGEST_TEXT).to_owned(),
    }
}

/// Returns 16 hex digits of code, document and message; the second of two equal findings has another.
fn fingerprint(seen: &mut BTreeMap<String, u32>, code: &str, document: &str, message: &str) -> String {
    let text = format!("{code}\0{document}\0{message}");
    let n_seen = seen.entry(text.clone()).or_insert(0);
    *n_seen += 1;
    let text = if *n_seen == 1 { text } else { format!("{text}\0{n_seen}") };
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn count(summary: &mut Summary, finding: &Diagnostic) {
    match finding.level {
        Level::Error => summary.error += 1,
        Level::Warn => summary.warn += 1,
        Level::Note => summary.note += 1,
        Level::Off => {}
    }
    if finding.fixes.iter().any(|fix| fix.applicability == crate::Applicability::Safe) {
        summary.fixable += 1;
    }
}

/// Returns the line that closes the human formats.
pub(super) fn closing(summary: &Summary) -> String {
    let counts = [(summary.error, "error"), (summary.warn, "warning"), (summary.note, "note")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| plural(u64::from(*count), noun)).collect();
    let mut line = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    if summary.suppressed > 0 {
        line.push_str(&format!(", {} suppressed", summary.suppressed));
    }
    if summary.fixable > 0 {
        line.push_str(&format!("; {} fixable with `--fix`", summary.fixable));
    }
    line
}
