//! Every rule's page is run: its *Wrong* raises exactly what its comments say, its *Right* is silent.

use std::collections::BTreeSet;

use maas_tests::mdtest;
use maasc::compile::all_rules;

/// Rules that no text can break on its own: files that cannot be read, output that is too large, a broken target.
fn needs_more_than_text(code: &str) -> bool {
    code.starts_with("MAAS07") || code.starts_with("MAAS08")
}

#[test]
fn every_page_raises_its_rule_and_its_remedy_is_silent() {
    let mut problems = Vec::new();
    let mut n_run = 0;
    for rule in all_rules() {
        if needs_more_than_text(rule.code) || !rule.page.contains("```yaml") {
            continue;
        }
        n_run += 1;
        problems.extend(mdtest::run(rule).into_iter().map(|problem| format!("{} {}: {problem}", rule.code, rule.name)));
    }
    assert!(n_run >= 60, "only {n_run} pages were run");
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n\n"));
}

#[test]
fn codes_and_names_are_unique() {
    let rules = all_rules();
    let codes: BTreeSet<&str> = rules.iter().map(|rule| rule.code).collect();
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name).collect();
    assert_eq!(codes.len(), rules.len(), "a code is used twice");
    assert_eq!(names.len(), rules.len(), "a name is used twice");
}
