//! Every format of the same findings, secrets and hostile text.

use super::{Colour, DocumentName, Format, Input, Options, clean, render, report, wrap};
use crate::{Applicability, Diagnostic, Diagnostics, Edit, FileId, Fix, Level, Rule, SourceMap, Span};

static UNKNOWN_MODEL: Rule = Rule {
    code: "MAAS0201",
    name: "unknown-model",
    summary: "a name that no `Model` document has",
    level: Level::Error,
    page: "# `unknown-model` (`MAAS0201`)\n\nA subscription names a model that no document has.\n\n## Why\n\nIt grants nothing.\n",
};
static NEVER_BINDS: Rule = Rule {
    code: "MAAS0301",
    name: "limit-never-binds",
    summary: "a limit that never binds",
    level: Level::Warn,
    page: "",
};
static EMPTY: Rule =
    Rule { code: "MAAS0001", name: "empty-workspace", summary: "no documents", level: Level::Note, page: "" };
static LITERAL_SECRET: Rule =
    Rule { code: "MAAS0601", name: "literal-secret", summary: "a secret in a policy", level: Level::Error, page: "" };

const TEAMS: &str = "apiVersion: maasc.dev/v1alpha1
kind: Subscription
metadata: {name: payments-standard}
spec:
  teams: [payments]
  models: [gpt-4x, llama-3-70b]
";
const MODELS: &str = "apiVersion: maasc.dev/v1alpha1
kind: Model
metadata: {name: gpt-4o}
";

/// Returns the place of the first `needle` in a text.
fn span(file: u32, text: &str, needle: &str) -> Span {
    let start = u32::try_from(text.find(needle).unwrap()).unwrap();
    Span { file: FileId(file), start, end: start + u32::try_from(needle.len()).unwrap() }
}

fn example() -> (SourceMap, Diagnostics) {
    let mut sources = SourceMap::default();
    sources.add("teams/payments.yaml", TEAMS);
    sources.add("models/gpt-4o.yaml", MODELS);
    let culprit = span(0, TEAMS, "gpt-4x");
    let mut acc = Diagnostics::default();
    acc.push(
        Diagnostic::new(&UNKNOWN_MODEL, culprit, "subscription `payments-standard` refers to unknown model `gpt-4x`")
            .label("no `Model` document has this name")
            .also(span(0, TEAMS, "payments-standard"), "in this subscription")
            .also(span(1, MODELS, "gpt-4o"), "a model with a similar name")
            .replace(culprit, "gpt-4o"),
    );
    acc.push(
        Diagnostic::new(&NEVER_BINDS, span(0, TEAMS, "llama-3-70b"), "limit `a` never binds")
            .note("a long fact that goes on and on, with one word after another, so that it cannot stand in one line of eighty columns")
            .value("team.limits.month", "4000")
            .help("remove it"),
    );
    acc.push(Diagnostic::global(&EMPTY, "the workspace has no gateway"));
    acc.finish();
    (sources, acc)
}

fn show(sources: &SourceMap, findings: &Diagnostics, format: Format) -> String {
    let documents = [DocumentName {
        span: Span { file: FileId(0), start: 0, end: 200 },
        name: "Subscription/payments-standard".into(),
    }];
    let input = Input { sources, findings, documents: &documents, n_suppressed: 2 };
    render(&input, &Options { format, width: 80, colour: Colour::Plain, version: "0.1.0" })
}

fn check(format: Format) -> String {
    let (sources, findings) = example();
    show(&sources, &findings, format)
}

#[test]
fn full() {
    insta::assert_snapshot!(check(Format::Full));
}

#[test]
fn concise() {
    insta::assert_snapshot!(check(Format::Concise));
}

#[test]
fn narrated() {
    insta::assert_snapshot!(check(Format::Narrated));
}

#[test]
fn json() {
    insta::assert_snapshot!(check(Format::Json));
}

#[test]
fn sarif() {
    insta::assert_snapshot!(check(Format::Sarif));
}

#[test]
fn github() {
    insta::assert_snapshot!(check(Format::Github));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(check(Format::Gitlab));
}

#[test]
fn junit() {
    insta::assert_snapshot!(check(Format::Junit));
}

#[test]
fn full_keeps_eighty_columns_and_shows_long_lines_around_the_culprit() {
    let mut sources = SourceMap::default();
    let text = format!("models: [{}, gpt-4x, {}]\n", "aaaaaaaaa, ".repeat(20), "bbbbbbbbb, ".repeat(20));
    sources.add("a.yaml", text.clone());
    let mut acc = Diagnostics::default();
    let culprit = span(0, &text, "gpt-4x");
    acc.push(
        Diagnostic::new(&UNKNOWN_MODEL, culprit, "unknown model `gpt-4x`")
            .label("no such model")
            .replace(culprit, "gpt-4o"),
    );
    let shown = show(&sources, &acc, Format::Full);
    let drawn = shown.lines().take_while(|line| !line.starts_with("help"));
    assert!(drawn.clone().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(drawn.clone().any(|line| line.contains("gpt-4x") && line.contains("...")), "{shown}");
}

#[test]
fn colour_only_on_request() {
    let (sources, findings) = example();
    let input = Input { sources: &sources, findings: &findings, documents: &[], n_suppressed: 0 };
    let options = Options { format: Format::Full, width: 80, colour: Colour::Ansi, version: "" };
    assert!(render(&input, &options).contains("\u{1b}["));
    for (format, name) in Format::ALL {
        let plain = render(&input, &Options { format: *format, colour: Colour::Plain, ..options });
        assert!(!plain.contains('\u{1b}'), "{name}");
        assert!(plain.ends_with('\n'), "{name}");
    }
}

#[test]
fn a_whole_document_as_a_place_is_shown_by_its_first_line() {
    let mut sources = SourceMap::default();
    sources.add("a.yaml", TEAMS);
    let mut acc = Diagnostics::default();
    let whole = Span { file: FileId(0), start: 0, end: u32::try_from(TEAMS.len()).unwrap() };
    acc.push(Diagnostic::new(&NEVER_BINDS, whole, "something about the document"));
    acc.push(Diagnostic::new(&NEVER_BINDS, Span { start: whole.end, ..whole }, "something about the end"));
    insta::assert_snapshot!(show(&sources, &acc, Format::Full));
}

#[test]
fn edits_of_two_files_are_one_fix() {
    let (sources, _) = example();
    let mut acc = Diagnostics::default();
    let place = span(0, TEAMS, "gpt-4x");
    acc.push(Diagnostic::new(&UNKNOWN_MODEL, place, "two names for one model").help("rename it").fix(Fix {
        message: "rename both".into(),
        edits: vec![
            Edit { span: place, insert: "gpt-5".into() },
            Edit { span: span(1, MODELS, "gpt-4o"), insert: "gpt-5".into() },
        ],
        applicability: Applicability::Unsafe,
    }));
    insta::assert_snapshot!(show(&sources, &acc, Format::Full));
}

#[test]
fn secrets_are_seen_nowhere() {
    let secret = "sk-proj-äö\u{1f600}0123456789abcdef";
    let text = format!("spec:\n  apiKey: '{secret}'\n  again: {secret} # and other text\n");
    let mut sources = SourceMap::default();
    sources.add("a.yaml", text.clone());
    let mut acc = Diagnostics::default();
    let place = span(0, &text, &format!("'{secret}'"));
    acc.push(
        Diagnostic::new(&LITERAL_SECRET, place, format!("`{secret}` looks like a key"))
            .label(format!("{secret}!"))
            .note(secret)
            .help(format!("move {secret} to a Secret"))
            .value("spec.apiKey", secret)
            .replace(place, format!("{{secret: a, key: {secret}}}")),
    );
    acc.push(Diagnostic::new(&NEVER_BINDS, span(0, &text, "and other text"), format!("also about `{secret}`")));
    for (format, name) in Format::ALL {
        let shown = show(&sources, &acc, *format);
        assert!(!shown.contains("0123456789"), "{name}: {shown}");
        assert!(!shown.contains("sk-proj"), "{name}: {shown}");
    }
    insta::assert_snapshot!(show(&sources, &acc, Format::Full));
    let input = Input { sources: &sources, findings: &acc, documents: &[], n_suppressed: 0 };
    let second = report(&input).findings[1].primary.clone().unwrap().location;
    assert_eq!((second.start.line, second.start.column), (3, 40), "places count the text as it is on disk");
}

#[test]
fn hostile_text_cannot_leave_its_field() {
    let text = "name: \"\u{1b}[2J]]> <b> %, :\"\n";
    let mut sources = SourceMap::default();
    sources.add("a b,c:d%.yaml", text);
    let mut acc = Diagnostics::default();
    acc.push(
        Diagnostic::new(&UNKNOWN_MODEL, span(0, text, "<b>"), "bad\n::error::\u{1b}[31m & \"]]>\" \u{202e} 100%")
            .label("<i>&]]>"),
    );
    let shown = |format| show(&sources, &acc, format);
    for (format, name) in Format::ALL {
        assert!(!shown(*format).contains('\u{1b}'), "{name}");
        let is_data = matches!(format, Format::Json | Format::Sarif | Format::Gitlab);
        assert!(is_data || !shown(*format).contains('\u{202e}'), "{name}");
    }
    let github = shown(Format::Github);
    assert_eq!(github.lines().filter(|line| line.starts_with("::")).count(), 1, "{github}");
    assert!(github.contains("file=a b%2Cc%3Ad%25.yaml,"), "{github}");
    assert!(github.contains("bad%0A::error::"), "{github}");
    assert!(shown(Format::Sarif).contains("\"uri\": \"a%20b%2Cc%3Ad%25.yaml\""));
    let junit = shown(Format::Junit);
    assert!(
        junit.contains("message=\"bad&#10;::error::\u{fffd}[31m &amp; &quot;]]&gt;&quot; \u{fffd} 100%\""),
        "{junit}"
    );
    assert!(junit.contains("]]]]><![CDATA[>"), "{junit}");
    let gitlab: serde_json::Value = serde_json::from_str(&shown(Format::Gitlab)).unwrap();
    assert_eq!(gitlab[0]["location"]["path"], "a b,c:d%.yaml");
    assert_eq!(shown(Format::Concise).lines().count(), 2, "one line a finding");
}

#[test]
fn github_shows_ten_of_a_kind_and_counts_the_rest() {
    let (sources, _) = example();
    let mut acc = Diagnostics::default();
    for number in 0..13 {
        acc.push(Diagnostic::new(&UNKNOWN_MODEL, span(0, TEAMS, "gpt-4x"), format!("message {number:02}")));
    }
    let shown = show(&sources, &acc, Format::Github);
    assert_eq!(shown.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(
        shown.contains("3 more errors left out here: GitHub shows 10 of a kind\n13 errors, 2 suppressed\n"),
        "{shown}"
    );
}

#[test]
fn fingerprints_outlive_lines_and_differ() {
    let fingerprints = |prefix: &str, documents: &[DocumentName]| -> Vec<String> {
        let text = format!("{prefix}{TEAMS}");
        let mut sources = SourceMap::default();
        sources.add("a.yaml", text.clone());
        let mut acc = Diagnostics::default();
        acc.push(Diagnostic::new(&UNKNOWN_MODEL, span(0, &text, "gpt-4x"), "unknown"));
        acc.push(Diagnostic::new(&UNKNOWN_MODEL, span(0, &text, "llama"), "unknown"));
        let input = Input { sources: &sources, findings: &acc, documents, n_suppressed: 0 };
        report(&input).findings.into_iter().map(|finding| finding.fingerprint).collect()
    };
    let before = fingerprints("", &[]);
    assert_eq!(before, fingerprints("# a comment\n", &[]));
    assert_ne!(before[0], before[1]);
    let document = DocumentName { span: Span { file: FileId(0), start: 0, end: 500 }, name: "Team/a".into() };
    assert_ne!(before, fingerprints("", &[document]));
}

#[test]
fn words_are_wrapped() {
    assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    assert_eq!(wrap("a-very-long-word b", 4), ["a-very-long-word", "b"]);
    assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
    assert_eq!(clean("a\u{7}b\tc"), "a\u{fffd}b\tc");
}
