//! Levels that an organization may set, and those that it may not.

use std::collections::BTreeMap;

use super::{LEVEL_TOO_LOW, UNKNOWN_RULE, apply_levels};
use crate::{Diagnostic, Diagnostics, FileId, Level, Rule, Span, Spanned};

static UNKNOWN_MODEL: Rule =
    Rule { code: "MAAS0201", name: "unknown-model", summary: "", level: Level::Error, page: "" };
static NO_PRICE: Rule =
    Rule { code: "MAAS0501", name: "model-without-price", summary: "", level: Level::Warn, page: "" };
static MISSING: Rule = Rule { code: "MAAS0401", name: "approval-missing", summary: "", level: Level::Error, page: "" };
static KNOWN: &[&Rule] = &[&UNKNOWN_MODEL, &NO_PRICE, &MISSING];

const SPAN: Span = Span { file: FileId(0), start: 0, end: 4 };

/// Returns (name, level) of all findings after the levels of a workspace that has one finding of each rule.
fn check(settings: &[(&str, Level)]) -> Vec<(&'static str, Level)> {
    let settings: BTreeMap<String, Spanned<Level>> =
        settings.iter().map(|(name, level)| ((*name).to_owned(), Spanned::new(*level, SPAN))).collect();
    let mut acc = Diagnostics::default();
    for rule in KNOWN {
        acc.push(Diagnostic::new(rule, SPAN, "found"));
    }
    apply_levels(&settings, KNOWN, &mut acc);
    acc.finish();
    acc.iter().map(|finding| (finding.rule.name, finding.level)).collect()
}

#[test]
fn levels_are_set_by_name_and_by_code() {
    let levels = check(&[("model-without-price", Level::Error), ("MAAS0401", Level::Note)]);
    assert_eq!(
        levels,
        [("unknown-model", Level::Error), ("approval-missing", Level::Note), ("model-without-price", Level::Error)]
    );
}

#[test]
fn a_rule_that_is_off_says_nothing() {
    let levels = check(&[("model-without-price", Level::Off)]);
    assert_eq!(levels, [("unknown-model", Level::Error), ("approval-missing", Level::Error)]);
}

#[test]
fn what_cannot_be_compiled_stays_an_error() {
    let levels = check(&[("unknown-model", Level::Warn)]);
    assert!(levels.contains(&("unknown-model", Level::Error)));
    assert!(levels.contains(&(LEVEL_TOO_LOW.name, Level::Error)));
    assert!(!check(&[("unknown-model", Level::Error)]).iter().any(|(name, _)| *name == LEVEL_TOO_LOW.name));
}

#[test]
fn a_name_that_no_rule_has_is_found() {
    let settings = BTreeMap::from([("model-without-prize".to_owned(), Spanned::new(Level::Off, SPAN))]);
    let mut acc = Diagnostics::default();
    apply_levels(&settings, KNOWN, &mut acc);
    let finding = acc.iter().next().unwrap();
    assert_eq!(finding.rule, &UNKNOWN_RULE);
    assert_eq!(finding.help.as_deref(), Some("a rule with a similar name exists: `model-without-price`"));
}
