//! The table of rules, their pages, and what messages show of a user's text.

use maasc_diagnostics::FileId;

use super::{RULES, all_of, any_of, quote};
use crate::test_support::slice;
use crate::{Limits, apply_suppressions, parse};

#[test]
fn the_table_is_sorted_and_the_pages_open_with_their_rule() {
    for pair in RULES.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
    }
    for rule in RULES {
        assert!(rule.page.starts_with(&format!("# `{}` (`{}`)\n\n", rule.name, rule.code)), "{}", rule.name);
        for section in ["\n## Wrong\n", "\n## Right\n", "\n## Why\n"] {
            assert!(rule.page.contains(section), "{} lacks{section}", rule.name);
        }
        assert!(rule.summary.len() <= 80 && !rule.summary.ends_with('.'));
    }
}

/// Returns the YAML of a section, or nothing where the page shows a command instead.
fn fence<'page>(page: &'page str, section: &str) -> &'page str {
    let after = page.split(&format!("\n## {section}\n")).nth(1).unwrap_or("");
    let after = after.split("\n## ").next().unwrap_or("");
    after.split("```yaml\n").nth(1).and_then(|text| text.split("```").next()).unwrap_or("")
}

#[test]
fn wrong_raises_what_the_page_says_and_right_is_silent() {
    let mut n_pages = 0;
    for rule in RULES {
        let wrong = fence(rule.page, "Wrong");
        if wrong.is_empty() {
            continue;
        }
        n_pages += 1;
        let mut text = String::new();
        let mut expected = Vec::new();
        for (number, line) in wrong.lines().enumerate() {
            let marker =
                ["  # error: [", "  # warn: ["].iter().find_map(|marker| Some((line.find(marker)?, marker.len())));
            let Some((at, length)) = marker else {
                text.push_str(line);
                text.push('\n');
                continue;
            };
            let (code, underlined) = line.get(at + length..).unwrap().split_once("] ").unwrap();
            let underlined = underlined.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap();
            expected.push((number, code.to_owned(), underlined.replace("\\\"", "\"")));
            text.push_str(line.get(..at).unwrap());
            text.push('\n');
        }
        assert!(expected.iter().any(|(_, code, _)| code == rule.code), "{} expects itself", rule.name);
        let mut result = parse(FileId(0), &text, &Limits::DEFAULT);
        apply_suppressions(&mut result.diagnostics, &result.suppressions, &all_rules(), "2026-11-25");
        let mut found: Vec<(usize, String, String)> = Vec::new();
        for finding in result.diagnostics.iter() {
            let span = finding.primary.as_ref().unwrap().span;
            let line = text.get(..span.start as usize).unwrap().matches('\n').count();
            found.push((line, finding.rule.code.to_owned(), slice(&text, span).to_owned()));
        }
        let same = found.len() == expected.len()
            && found.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && a.1 == b.1 && a.2.starts_with(&b.2));
        assert!(same, "{}: expected {expected:?}, found {found:?} in\n{text}", rule.name);
        let right = parse(FileId(0), fence(rule.page, "Right"), &Limits::DEFAULT);
        assert!(right.diagnostics.is_empty(), "{}: {:?}", rule.name, right.diagnostics);
    }
    assert!(n_pages >= 22, "{n_pages}");
}

/// Rules of other crates that pages allow.
fn all_rules() -> Vec<&'static maasc_diagnostics::Rule> {
    static LIMIT_NEVER_BINDS: maasc_diagnostics::Rule = maasc_diagnostics::Rule {
        code: "MAAS0310",
        name: "limit-never-binds",
        summary: "",
        level: maasc_diagnostics::Level::Warn,
        page: "",
    };
    let mut rules = RULES.to_vec();
    rules.push(&LIMIT_NEVER_BINDS);
    rules
}

#[test]
fn messages_show_one_short_line_without_secrets() {
    assert_eq!(quote("a\nb\tc"), "a b c");
    assert_eq!(quote(&"x".repeat(100)).chars().count(), 61);
    assert_eq!(quote(&["see ", "AKIA", "IOSFODNN7EXAMPLE"].concat()), "********");
    assert_eq!(any_of(&["a"]), "`a`");
    assert_eq!(any_of(&["a", "b"]), "`a` or `b`");
    assert_eq!(all_of(&["a", "b", "c"]), "`a`, `b` and `c`");
}
