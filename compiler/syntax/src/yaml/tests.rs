//! Byte-exact places, anchors, duplicate keys and the bounds of a file.

use maasc_diagnostics::FileId;

use super::{Yaml, read};
use crate::findings::Findings;
use crate::limits::Limits;
use crate::test_support::slice;
use crate::tree::{NodeId, NodeKind, Style};

const LIMITS: Limits = Limits { max_file_size: 1 << 20, max_nodes: 1_000, max_depth: 8 };

fn with<T>(text: &str, limits: &Limits, look: impl FnOnce(&Yaml<'_>, &[String]) -> T) -> T {
    let mut acc = Findings::default();
    let yaml = read(FileId(0), text, limits, &mut acc);
    let findings: Vec<String> = acc
        .finish(FileId(0))
        .iter()
        .map(|finding| {
            let span = finding.primary.as_ref().map(|label| label.span).unwrap_or_default();
            format!("{} {:?}", finding.rule.code, slice(text, span))
        })
        .collect();
    look(&yaml, &findings)
}

/// Writes a node with the source text of each scalar, so that a wrong place shows.
fn show(yaml: &Yaml<'_>, text: &str, id: NodeId) -> String {
    let node = yaml.tree.node(id);
    match &node.kind {
        NodeKind::Scalar { text: value, style: Style::Plain } => {
            assert_eq!(slice(text, node.span).split_whitespace().collect::<Vec<_>>().join(" "), value.trim());
            value.to_string()
        }
        NodeKind::Scalar { style: Style::Missing, .. } => {
            assert_eq!(node.span.start, node.span.end);
            "-".to_owned()
        }
        NodeKind::Scalar { .. } => format!("{:?}", slice(text, node.span)),
        NodeKind::Sequence(_) => {
            let items: Vec<String> = yaml.tree.items(id).iter().map(|item| show(yaml, text, *item)).collect();
            format!("[{}]", items.join(", "))
        }
        NodeKind::Mapping(_) => {
            let entries: Vec<String> = yaml
                .tree
                .entries(id)
                .map(|(key, value)| format!("{}: {}", show(yaml, text, key), show(yaml, text, value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        NodeKind::Broken => "!".to_owned(),
    }
}

fn check(text: &str, trees: &[&str], expected: &[&str]) {
    with(text, &LIMITS, |yaml, findings| {
        let shown: Vec<String> = yaml.roots.iter().map(|root| show(yaml, text, root.node)).collect();
        assert_eq!(shown, trees, "in\n{text}");
        assert_eq!(findings, expected, "in\n{text}");
    });
}

/// Checks the place of the value of `a`.
fn check_place(text: &str, expected: &str) {
    with(text, &LIMITS, |yaml, findings| {
        assert!(findings.is_empty(), "{findings:?}");
        let value = yaml.tree.get(yaml.roots[0].node, "a").unwrap();
        assert_eq!(slice(text, yaml.tree.span(value)), expected);
    });
}

#[test]
fn scalars_have_byte_exact_places() {
    check("a: b\nc: 'd'\n\"e\": \"f\\n\"\n", &["{a: b, c: \"'d'\", \"\\\"e\\\"\": \"\\\"f\\\\n\\\"\"}"], &[]);
    check("\u{feff}ä: 日本 😀\r\nb:\tc\r\nd: {e: [1, ü]}\r\n", &["{ä: 日本 😀, b: c, d: {e: [1, ü]}}"], &[]);
    check("a:\nb: ~\nc: \"\"\n", &["{a: -, b: ~, c: \"\\\"\\\"\"}"], &[]);
    check("a: one\n  two\n", &["{a: one two}"], &[]);
    check_place("a: |\n  x\n\n  y\n\n\nb: 1\n", "x\n\n  y");
    check_place("a: >-\r\n  x\r\n  ü\r\nb: 1\r\n", "x\r\n  ü");
    check_place("# c\na: 'it''s' # d\n", "'it''s'");
}

#[test]
fn collections_reach_from_their_first_to_their_last_byte() {
    check_place("a:\n  b: 1\n  c: [2,\n     3 ]\n\n# x\nd: 4\n", "b: 1\n  c: [2,\n     3 ]");
    check_place("a: { b: 1 } # x\n", "{ b: 1 }");
    check_place("a:\n- 1\n- b: 2\n  c: \"é\"\n\n", "1\n- b: 2\n  c: \"é\"");
    check_place("a: [b: c]\n", "[b: c]");
    with("a:\n  b:\n", &LIMITS, |yaml, _| {
        let missing = yaml.tree.lookup(yaml.roots[0].node, &["a", "b"]).unwrap();
        assert_eq!(yaml.tree.span(missing).start, 7);
    });
}

#[test]
fn documents_are_separate_and_empty_ones_do_not_count() {
    check("---\n---\n# only\n...\na: 1\n---\n~\n", &["{a: 1}", "~"], &[]);
    check("a: [1\n---\nb: 2\n", &["{a: []}", "{b: 2}"], &["MAAS0001 \"[\""]);
    check("a: &x 1\n---\nb: *x\n", &["{a: 1}", "{b: !}"], &["MAAS0008 \"*x\""]);
}

#[test]
fn an_alias_is_the_node_it_stands_for() {
    let text = "a: &x {b: 1}\nc: *x\n*y : 2\n";
    check(text, &["{a: {b: 1}, c: {b: 1}}"], &["MAAS0008 \"*y\""]);
    check("a: &x [1, *x]\n", &["{a: [1, !]}"], &["MAAS0008 \"*x\""]);
    check("a: &x k\n*x : 2\n", &["{a: k, k: 2}"], &[]);
}

#[test]
fn keys_occur_once_and_are_texts() {
    check("a: 1\nb: 2\na: 3\n", &["{a: 1, b: 2}"], &["MAAS0006 \"a\""]);
    let many: String = (0..40).map(|index| format!("k{}: {index}\n", index % 30)).collect();
    with(&many, &LIMITS, |yaml, findings| {
        assert_eq!(yaml.tree.entries(yaml.roots[0].node).len(), 30);
        assert_eq!(findings.len(), 10);
    });
    check(
        "a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n\"<<\": 2\n",
        &["{a: {b: 1}, c: {d: 1}, \"\\\"<<\\\"\": 2}"],
        &["MAAS0007 \"<<\""],
    );
    check("? [a]\n: 1\nb: 2\n", &["{b: 2}"], &["MAAS0016 \"[a]\""]);
}

#[test]
fn tags_of_the_core_schema_work_and_others_do_not() {
    check("a: !!str 1\nb: ! 2\nc: !!int 3\nd: !!map {e: f}\n", &["{a: \"1\", b: \"2\", c: 3, d: {e: f}}"], &[]);
    check(
        "a: !secret x\nb: !!binary x\nc: !!seq {}\n",
        &["{a: !, b: !, c: {}}"],
        &["MAAS0011 \"!secret\"", "MAAS0011 \"!!binary\"", "MAAS0011 \"!!seq\""],
    );
}

#[test]
fn a_bomb_of_aliases_is_found_and_not_followed() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in "bcdefghi".chars().zip("abcdefgh".chars()) {
        let items = vec![format!("*{before}"); 9].join(", ");
        text.push_str(&format!("{name}: &{name} [{items}]\n"));
    }
    with(&text, &Limits::DEFAULT, |yaml, findings| {
        assert!(yaml.tree.len() < 200);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("MAAS0009"), "{findings:?}");
    });
    let long = "y".repeat(1 << 16);
    let text = format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 500].join(", "));
    with(&text, &LIMITS, |_, findings| assert!(findings[0].starts_with("MAAS0009"), "{findings:?}"));
}

#[test]
fn nesting_is_bounded_also_through_aliases() {
    with(&"[".repeat(9), &LIMITS, |_, findings| assert_eq!(findings[0], "MAAS0010 \"[\""));
    with(&format!("a: &a {}{}\nb: [[[[*a]]]]\n", "[".repeat(5), "]".repeat(5)), &LIMITS, |_, findings| {
        assert_eq!(findings, ["MAAS0010 \"*a\""]);
    });
    with(&"[".repeat(1 << 16), &Limits::DEFAULT, |_, findings| assert_eq!(findings.len(), 1));
    with(&"- ".repeat(1 << 12), &Limits::DEFAULT, |_, findings| assert_eq!(findings.len(), 1));
}

#[test]
fn mistakes_are_found_where_they_are() {
    check("a: b: c\n", &["{a: b}"], &["MAAS0001 \":\""]);
    check("a: @b\n", &["{}"], &["MAAS0001 \"@\""]);
    check("a: \"b\n", &["{}"], &["MAAS0001 \"\""]);
    check("a:\n\tb: 1\n", &["{}"], &["MAAS0001 \"\\t\""]);
}
