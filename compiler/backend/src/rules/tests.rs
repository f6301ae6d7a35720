//! Every page is a test: what is wrong raises exactly its rule at the place it names, what is right is silent.

use maasc_diagnostics::{Diagnostic, Diagnostics, FileId, Span};
use maasc_hir::ids::GatewayId;
use maasc_hir::units::Time;
use maasc_syntax::Limits;

use super::{RULES, is_acceptable};

/// 2026-12-01.
const AT: Time = Time(1_796_083_200_000);

/// Everything that the compiler finds in a text on its way to manifests.
fn findings(text: &str) -> Diagnostics {
    let parse = maasc_syntax::parse(FileId(0), text, &Limits::default());
    let (hir, mut acc) = maasc_hir::lower(&parse.documents);
    maasc_hir::check(&hir, AT, &mut acc);
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).filter(|name| is_acceptable(name)).collect();
    maasc_hir::check_catalogue(&parse.documents, &names, &[], &mut acc);
    acc.extend(parse.diagnostics);
    for gateway in 0..u32::try_from(hir.gateways.len()).unwrap() {
        let (built, found) = maasc_ir::build(&hir, GatewayId(gateway), AT);
        acc.extend(found);
        crate::check(&built, &mut acc);
    }
    acc.finish();
    acc
}

/// The comments `# error: [MAAS0701] "month"` with the numbers of their lines.
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
        let [wrong, right] = fences(rule.page)[..] else { continue };
        let acc = findings(wrong);
        let messages: Vec<&str> = acc.iter().map(|finding| finding.message.as_str()).collect();
        let only_its_rule = !acc.is_empty() && acc.iter().all(|finding| finding.rule == *rule);
        if found(wrong, &acc) != expected(wrong) || !only_its_rule {
            failures.push(format!("{}: wrong raises {:?} {messages:?}", rule.name, found(wrong, &acc)));
        }
        let acc = findings(right);
        if !acc.is_empty() {
            failures.push(format!("{}: right raises {:?}", rule.name, found(right, &acc)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn only_sizes_and_mistakes_of_the_compiler_have_no_example() {
    let without: Vec<_> = RULES.iter().filter(|rule| fences(rule.page).len() != 2).map(|rule| rule.name).collect();
    assert_eq!(without, ["large-object", "too-large-object", "unwritable-object", "large-bundle"]);
}

#[test]
fn messages_are_short_and_plain() {
    for rule in RULES {
        let Some(wrong) = fences(rule.page).first().copied() else { continue };
        for finding in findings(wrong).iter() {
            let message = &finding.message;
            assert!(message.chars().count() <= 100, "{message}");
            assert!(!message.ends_with('.'), "{message}");
            assert_eq!(message.matches('`').count() % 2, 0, "{message}");
        }
    }
}
