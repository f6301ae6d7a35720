//! Every page is a test: what is wrong raises exactly its rule at the place it names, what is right is silent.

use std::collections::BTreeSet;

use maasc_diagnostics::{Diagnostic, Diagnostics, Span};

use super::RULES;
use crate::testing::{World, all_rules};

fn findings(text: &str) -> Diagnostics {
    World::new(&[("page.yaml", text)]).findings
}

/// `# error: [MAAS0201] "granite-8d"` at the end of line 7 as `7: error: [MAAS0201] "granite-8d"`.
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
    let line = |span: Span| text.get(..span.start as usize).unwrap().matches('\n').count() + 1;
    let describe = |finding: &Diagnostic| {
        let span = finding.primary.as_ref().unwrap().span;
        let underlined = text.get(span.start as usize..span.end as usize).unwrap();
        format!("{}: {}: [{}] \"{underlined}\"", line(span), finding.level, finding.rule.code)
    };
    acc.iter().map(describe).collect()
}

fn fences(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_page_raises_exactly_its_rule() {
    // The rules about levels need the rules of all rooms, so their pages are tested here too.
    for rule in RULES.iter().chain(maasc_diagnostics::RULES) {
        let title = format!("# `{}` (`{}`)\n", rule.name, rule.code);
        assert!(rule.page.starts_with(&title), "{}: the page begins with {:?}", rule.name, rule.page.lines().next());
        let [wrong, right] = fences(rule.page)[..] else { panic!("{}: two fences", rule.name) };
        let acc = findings(wrong);
        let messages: Vec<&str> = acc.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found(wrong, &acc), expected(wrong), "{}: wrong, {messages:?}", rule.name);
        assert!(!acc.is_empty() && acc.iter().all(|finding| finding.rule == *rule), "{}: another rule", rule.name);
        let acc = findings(right);
        let notes: Vec<_> = acc.iter().map(|finding| (&finding.message, &finding.notes)).collect();
        assert_eq!(found(right, &acc), expected(right), "{}: right, {notes:?}", rule.name);
    }
}

#[test]
fn messages_are_short_and_plain() {
    for rule in RULES {
        for finding in findings(fences(rule.page)[0]).iter() {
            let message = &finding.message;
            assert!(message.chars().count() <= 100, "{message}");
            assert!(!message.ends_with('.') && !message.starts_with(char::is_uppercase), "{message}");
            assert_eq!(message.matches('`').count() % 2, 0, "{message}");
        }
    }
}

#[test]
fn codes_and_names_are_unique_and_sorted() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted());
    let all = all_rules();
    assert_eq!(all.iter().map(|rule| rule.code).collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(all.iter().map(|rule| rule.name).collect::<BTreeSet<_>>().len(), all.len());
}
