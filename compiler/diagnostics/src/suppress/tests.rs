use super::{Suppression, suppress};
use crate::{Diagnostic, Diagnostics, FileId, Level, Rule, SourceMap, Span, Spanned};

static NO_PRICE: Rule =
    Rule { code: "MAAS0501", name: "model-without-price", summary: "", level: Level::Warn, page: "" };
static MISSING: Rule = Rule { code: "MAAS0401", name: "approval-missing", summary: "", level: Level::Error, page: "" };
static KNOWN: &[&Rule] = &[&NO_PRICE, &MISSING];

const TEXT: &str = "# comment\nfirst\n# comment\nsecond\n";

/// Returns the count of silenced findings and the names of the rest; one finding of the rule is on line 2.
fn check(rule: &'static Rule, name: &str, line: u32, until_ms: Option<i64>) -> (u32, Vec<&'static str>) {
    let mut sources = SourceMap::default();
    sources.add("a.yaml", TEXT);
    let mut acc = Diagnostics::default();
    acc.push(Diagnostic::new(rule, Span { file: FileId(0), start: 10, end: 15 }, "found"));
    let span = Span { file: FileId(0), start: 0, end: 9 };
    let rule = Spanned::new(name.to_owned(), span);
    let suppression = Suppression { rule, line, reason: "because".into(), until_ms, span };
    let n_suppressed = suppress(&[suppression], &sources, KNOWN, 1_000, &mut acc);
    (n_suppressed, acc.iter().map(|finding| finding.rule.name).collect())
}

#[test]
fn a_comment_silences_the_line_below() {
    assert_eq!(check(&NO_PRICE, "model-without-price", 2, None), (1, vec![]));
    assert_eq!(check(&NO_PRICE, "MAAS0501", 2, Some(1_001)), (1, vec![]));
}

#[test]
fn a_comment_on_another_line_or_rule_is_unused() {
    let unused = (0, vec!["model-without-price", "unused-suppression"]);
    assert_eq!(check(&NO_PRICE, "model-without-price", 4, None), unused);
    assert_eq!(check(&NO_PRICE, "approval-missing", 2, None), unused);
}

#[test]
fn a_comment_ends() {
    let over = (0, vec!["model-without-price", "expired-suppression"]);
    assert_eq!(check(&NO_PRICE, "model-without-price", 2, Some(1_000)), over);
}

#[test]
fn nobody_writes_consent_into_a_comment() {
    let refused = (0, vec!["approval-missing", "suppression-refused"]);
    assert_eq!(check(&MISSING, "approval-missing", 2, None), refused);
}

#[test]
fn a_comment_for_no_rule_is_found() {
    assert_eq!(check(&NO_PRICE, "modell", 2, None), (0, vec!["model-without-price", "unknown-rule"]));
}
