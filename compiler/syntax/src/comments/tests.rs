//! Suppressions: reading, the lines they cover, and their effect.

use maasc_diagnostics::{Diagnostic, Diagnostics, FileId, Level, Rule, Span};

use super::{Suppression, apply_suppressions};
use crate::test_support::slice;
use crate::{Limits, parse};

static LOUD: Rule = Rule { code: "MAAS0501", name: "loud", summary: "", level: Level::Warn, page: "" };
static SHAPE: Rule = Rule { code: "MAAS0199", name: "shape", summary: "", level: Level::Error, page: "" };

fn read(text: &str) -> (Vec<Suppression>, Vec<String>) {
    let result = parse(FileId(0), text, &Limits::DEFAULT);
    let messages = result.diagnostics.iter().map(|finding| finding.message.clone()).collect();
    (result.suppressions, messages)
}

fn covered(text: &str) -> Vec<&str> {
    let (suppressions, messages) = read(text);
    assert_eq!(messages, ["`document` must be a mapping, not a list"]);
    suppressions.iter().map(|one| slice(text, one.line)).collect()
}

#[test]
fn the_next_line_with_content_is_covered() {
    let allow = "# maasc: allow loud reason=\"a b\" until=2027-01-31";
    assert_eq!(covered(&format!("{allow}\n- a\n- b\n")), ["- a"]);
    assert_eq!(covered(&format!("- a\n{allow}\r\n\r\n  # why\r\n- b\r\n")), ["- b"]);
    assert_eq!(covered(&format!("{allow}\n{allow}\n# x\n- a\n")), ["- a", "- a"]);
    assert_eq!(covered(&format!("- a {allow}\n- b\n")), [format!("- a {allow}").as_str()]);
    assert_eq!(covered(&format!("\u{feff}{allow}\n- é\n")), ["- é"]);
    assert_eq!(covered(&format!("- a\n{allow}")), [""]);
}

#[test]
fn parts_have_their_places() {
    let text = "# maasc:  allow loud until=2027-01-31   reason=\"so = it # is\"\n- a\n";
    let (suppressions, _) = read(text);
    assert_eq!(suppressions[0].reason.value, "so = it # is");
    assert_eq!(slice(text, suppressions[0].reason.span), "reason=\"so = it # is\"");
    assert_eq!(slice(text, suppressions[0].rule.span), "loud");
    assert_eq!(slice(text, suppressions[0].until.span), "until=2027-01-31");
}

#[test]
fn malformed_ones_are_found() {
    for (comment, what) in [
        ("", "it says nothing"),
        (" deny x", "the only verb is `allow`"),
        (" allow", "the name of a rule is missing"),
        (" allow reason=\"x\"", "the name of a rule is missing"),
        (" allow loud", "the reason is missing"),
        (" allow loud reason=\"\" until=2027-01-31", "the reason is missing"),
        (" allow loud reason=x", "the end (`until=`) is missing"),
        (" allow loud reason=\"x until=2027-01-31", "a quote is never closed"),
        (" allow loud reason=x until=2027-13-01", "`until` must be a date such as `2027-01-31`"),
        (" allow loud reason=x because=y until=2027-01-31", "it knows only `reason` and `until`"),
        (" allow loud reason=x reason=y until=2027-01-31", "something is said twice"),
        (" allow loud for ever", "expected `reason=\"…\"` or `until=DATE`"),
    ] {
        let (suppressions, messages) = read(&format!("# maasc:{comment}\n- a\n"));
        assert!(suppressions.is_empty(), "{comment}");
        assert_eq!(messages[0], format!("this `# maasc:` comment allows nothing: {what}"));
    }
    assert_eq!(read("# maasc is a compiler\n- a\n").1.len(), 1);
}

fn check_effect(comment: &str, rule: &'static Rule, expected: &[&str]) {
    let text = format!("# maasc: allow {comment}\n- a\n");
    let suppressions = read(&text).0;
    let mut acc = Diagnostics::default();
    let start = u32::try_from(text.find("- a").unwrap()).unwrap() + 2;
    acc.push(Diagnostic::new(rule, Span { file: FileId(0), start, end: start + 1 }, "found"));
    let dropped = apply_suppressions(&mut acc, &suppressions, &[&LOUD, &SHAPE], "2026-11-25");
    assert_eq!(acc.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!(dropped, usize::from(!expected.contains(&"found")));
}

#[test]
fn findings_are_dropped_only_as_written() {
    check_effect("loud reason=x until=2027-01-31", &LOUD, &[]);
    check_effect("loud reason=x until=2026-11-25", &LOUD, &["found", "the permission for `loud` ended on 2026-11-25"]);
    check_effect(
        "loud reason=x until=2027-01-31",
        &SHAPE,
        &["found", "`loud` finds nothing on the line that this comment covers"],
    );
    check_effect("shape reason=x until=2027-01-31", &SHAPE, &["found", "findings of `shape` cannot be allowed"]);
    check_effect("lound reason=x until=2027-01-31", &LOUD, &["found", "there is no rule `lound` to allow"]);
}
