//! Runs a rule's page: its *Wrong* raises exactly what the comments say, its *Right* is silent.
//!
//! A comment at the end of a line names code and underlined text: `# error: [MAAS0201] "granite-8d"`. It is taken out
//! before the YAML is read. A page whose YAML has no `Organization` gets a plain one beside it.

use maasc::compile::Compiled;
use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::workspaces;

/// The organization of pages that do not write one.
const ORGANIZATION: &str = "apiVersion: maasc.dev/v1alpha1\nkind: Organization\nmetadata: {name: acme}\nspec:\n  \
    identityProviders:\n    - {name: corp, issuer: https://sso.acme.example, audiences: [maas]}\n";

/// What a comment expects, or what a compile found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    line: usize,
    level: String,
    code: String,
    text: String,
}

/// Runs a page and returns what is wrong with it, empty when nothing is.
#[must_use]
pub fn run(rule: &Rule) -> Vec<String> {
    let mut problems = Vec::new();
    let title = format!("# `{}` (`{}`)", rule.name, rule.code);
    if rule.page.lines().next() != Some(title.as_str()) {
        problems.push(format!("the page does not open with `{title}`"));
    }
    if !rule.page.contains("\n## Why\n") {
        problems.push("the page has no `## Why`".to_owned());
    }
    let wrong = fences(rule.page, "Wrong");
    let right = fences(rule.page, "Right");
    if wrong.is_empty() || right.is_empty() {
        problems.push("the page has no YAML under `## Wrong` or `## Right`".to_owned());
    }
    for fence in &wrong {
        let (text, expected) = expectations(fence);
        if !expected.iter().any(|expected| expected.code == rule.code) {
            problems.push(format!("nothing under `## Wrong` expects {}", rule.code));
        }
        compare(&text, expected, rule, &mut problems);
    }
    for fence in &right {
        compare(fence, Vec::new(), rule, &mut problems);
    }
    problems
}

fn compare(text: &str, expected: Vec<Expected>, rule: &Rule, problems: &mut Vec<String>) {
    let compiled = compile(text, rule);
    let mut found = Vec::new();
    // A note of another rule is no mistake: a small page has, say, models that nobody uses.
    let counts = |finding: &&Diagnostic| finding.level > Level::Note || finding.rule == rule;
    for finding in compiled.diagnostics.iter().filter(counts) {
        let (line, text) = finding.primary.as_ref().map_or((0, ""), |label| {
            let (_, position) = compiled.sources.locate(label.span);
            (position.line as usize, compiled.sources.slice(label.span))
        });
        let first = text.lines().next().unwrap_or("").to_owned();
        let (level, code) = (finding.level.name().to_owned(), finding.rule.code.to_owned());
        found.push(Expected { line, level, code, text: first });
    }
    found.sort();
    let mut expected = expected;
    expected.sort();
    let same = found.len() == expected.len()
        && found.iter().zip(&expected).all(|(found, expected)| {
            found.line == expected.line
                && found.level == expected.level
                && found.code == expected.code
                && found.text.starts_with(&expected.text)
        });
    if !same {
        let messages = workspaces::findings(&compiled);
        problems.push(format!("expected {expected:#?}\nfound {found:#?}\n{messages}in\n{text}"));
    }
}

fn compile(text: &str, rule: &Rule) -> Compiled {
    let has_organization = text.contains("kind: Organization") || rule.name == "no-organization";
    let mut files = vec![("page.yaml", text)];
    if !has_organization {
        files.push(("maasc.yaml", ORGANIZATION));
    }
    workspaces::from_texts(&files)
}

/// Returns the YAML fences of a section.
fn fences(page: &str, section: &str) -> Vec<String> {
    let mut fences = Vec::new();
    let mut inside = false;
    let mut fence: Option<String> = None;
    for line in page.lines() {
        match &mut fence {
            Some(text) if line.trim_end() == "```" => {
                if inside {
                    fences.push(std::mem::take(text));
                }
                fence = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```yaml") => fence = Some(String::new()),
            None if line.starts_with("## ") => inside = line == format!("## {section}"),
            None => {}
        }
    }
    fences
}

/// Takes the comments out of a text and returns what they expect.
fn expectations(text: &str) -> (String, Vec<Expected>) {
    let mut clean = String::new();
    let mut expected = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((before, found)) = last_expectation(rest, index + 1) {
            expected.push(found);
            rest = before;
        }
        clean.push_str(rest);
        clean.push('\n');
    }
    (clean, expected)
}

fn last_expectation(line: &str, number: usize) -> Option<(&str, Expected)> {
    let (level, at) = ["error", "warn", "note"]
        .iter()
        .filter_map(|level| line.rfind(&format!("# {level}: [MAAS")).map(|at| (*level, at)))
        .max_by_key(|(_, at)| *at)?;
    let (before, comment) = line.split_at_checked(at)?;
    let (code, rest) = comment.split_once('[')?.1.split_once(']')?;
    let text = rest.trim().strip_prefix('"')?.strip_suffix('"')?;
    let text = text.replace("\\\"", "\"").replace("\\\\", "\\");
    let found = Expected { line: number, level: level.to_owned(), code: code.to_owned(), text };
    Some((before.trim_end(), found))
}
