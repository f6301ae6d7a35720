//! Every page is a test: what is wrong raises exactly its rule at the place it names, what is right is silent.

use std::collections::BTreeSet;

use maasc_diagnostics::{Diagnostic, Diagnostics, FileId, Span, levels};
use maasc_syntax::Limits;

use super::RULES;
use crate::units::Time;
use crate::{Context, Hir, check, check_catalogue, lower_in};

/// 2026-12-01.
const AT: Time = Time(1_796_083_200_000);

/// Everything that this crate and the ones before it find in a text.
fn findings(text: &str) -> (Hir, Diagnostics) {
    let parse = maasc_syntax::parse(FileId(0), text, &Limits::default());
    let context = Context { lost: &parse.lost, findings: Some(&parse.diagnostics) };
    let (hir, mut acc) = lower_in(&parse.documents, &context);
    check(&hir, AT, &mut acc);
    check_catalogue(&parse.documents, &["window-from-first-use"], &["baseline"], &mut acc);
    acc.extend(parse.diagnostics);
    levels::apply_levels(&hir.organization.rules, RULES, &mut acc);
    acc.finish();
    (hir, acc)
}

/// `error: [MAAS0201] "granite-8d"` of line 7 as (7, that text).
fn expected(text: &str) -> Vec<String> {
    let comment = |line: &str| {
        let (_, comment) = line.rsplit_once("# ")?;
        let level = comment.split(": [").next()?;
        ["error", "warn", "note"].contains(&level).then(|| comment.trim_end().to_owned())
    };
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| Some(format!("{}: {}", index + 1, comment(line)?))).collect()
}

fn found(text: &str, acc: &Diagnostics) -> Vec<String> {
    let slice = |from: u32, to: u32| text.get(from as usize..to as usize).unwrap();
    let line = |span: Span| slice(0, span.start).matches('\n').count() + 1;
    let describe = |finding: &Diagnostic| {
        let span = finding.primary.as_ref().unwrap().span;
        let underlined = slice(span.start, span.end);
        format!("{}: {}: [{}] \"{underlined}\"", line(span), finding.level, finding.rule.code)
    };
    acc.iter().map(describe).collect()
}

fn fences(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_page_raises_exactly_its_rule() {
    let mut failures = Vec::new();
    for rule in RULES {
        let title = format!("# `{}` (`{}`)\n", rule.name, rule.code);
        assert!(rule.page.starts_with(&title), "{}: the page begins with {:?}", rule.name, rule.page.lines().next());
        let [wrong, right] = fences(rule.page)[..] else { panic!("{}: two fences", rule.name) };
        let (_, acc) = findings(wrong);
        let messages: Vec<&str> = acc.iter().map(|finding| finding.message.as_str()).collect();
        let only_its_rule = !acc.is_empty() && acc.iter().all(|finding| finding.rule == *rule);
        if found(wrong, &acc) != expected(wrong) || !only_its_rule {
            failures.push(format!("{}: wrong raises {:?} {messages:?}", rule.name, found(wrong, &acc)));
        }
        let (_, acc) = findings(right);
        if !acc.is_empty() {
            failures.push(format!("{}: right raises {:?}", rule.name, found(right, &acc)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn messages_are_short_and_plain() {
    for rule in RULES {
        let (_, acc) = findings(fences(rule.page)[0]);
        for finding in acc.iter() {
            let message = &finding.message;
            assert!(message.chars().count() <= 100, "{message}");
            assert!(!message.ends_with('.') && !message.starts_with(char::is_uppercase), "{message}");
            assert_eq!(message.matches('`').count() % 2, 0, "{message}");
        }
    }
}

#[test]
fn fixes_of_pages_remove_the_finding() {
    let mut n_fixed = 0;
    for rule in RULES {
        let wrong = fences(rule.page)[0];
        let (_, acc) = findings(wrong);
        let fixes: Vec<_> = acc.iter().filter_map(|finding| finding.fixes.first()).collect();
        if fixes.len() != acc.len() {
            continue;
        }
        let mut edits: Vec<_> = fixes.iter().flat_map(|fix| &fix.edits).collect();
        edits.sort();
        let mut text = wrong.to_owned();
        for edit in edits.into_iter().rev() {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.insert);
        }
        let (_, after) = findings(&text);
        assert_eq!(found(&text, &after), Vec::<String>::new(), "{}", rule.name);
        n_fixed += 1;
    }
    assert!(n_fixed > 15, "{n_fixed}");
}

#[test]
fn codes_and_names_are_unique_and_sorted() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted());
    let codes: BTreeSet<&str> = RULES.iter().chain(maasc_syntax::RULES).map(|rule| rule.code).collect();
    let names: BTreeSet<&str> = RULES.iter().chain(maasc_syntax::RULES).map(|rule| rule.name).collect();
    assert_eq!(codes.len(), RULES.len() + maasc_syntax::RULES.len());
    assert_eq!(names.len(), RULES.len() + maasc_syntax::RULES.len());
}
