//! Fixes that meet each other.

use maasc_diagnostics::{Applicability, Edit, FileId, Fix, SourceMap, Span};

use super::apply_fixes;
use crate::{Limits, parse};

fn fix(edits: &[(u32, u32, &str)]) -> Fix {
    let edits = edits
        .iter()
        .map(|(start, end, insert)| Edit {
            span: Span { file: FileId(0), start: *start, end: *end },
            insert: (*insert).to_owned(),
        })
        .collect();
    Fix { message: String::new(), edits, applicability: Applicability::Safe }
}

fn check(fixes: &[Fix], expected: &str, n_skipped: usize) {
    let mut sources = SourceMap::default();
    sources.add("a.yaml", "0123456789é");
    let applied = apply_fixes(&sources, fixes);
    let text = applied.texts.get(&FileId(0)).map_or("0123456789é", String::as_str);
    assert_eq!((text, applied.n_skipped), (expected, n_skipped));
    assert_eq!(applied.n_applied + applied.n_skipped, fixes.len());
}

#[test]
fn edits_keep_out_of_each_others_way() {
    check(&[], "0123456789é", 0);
    check(&[fix(&[(8, 9, "x")]), fix(&[(0, 2, "")])], "234567x9é", 0);
    check(&[fix(&[(2, 4, "x")]), fix(&[(4, 4, "y")])], "01xy456789é", 0);
    check(&[fix(&[(2, 5, "x")]), fix(&[(4, 6, "y")])], "01x56789é", 1);
    check(&[fix(&[(2, 5, "x")]), fix(&[(0, 9, "y")])], "01x56789é", 1);
    check(&[fix(&[(3, 3, "x")]), fix(&[(3, 3, "y")])], "012x3456789é", 1);
    check(&[fix(&[(3, 4, "x")]), fix(&[(3, 4, "x")])], "012x456789é", 0);
}

#[test]
fn a_fix_is_made_whole_or_not_at_all() {
    check(&[fix(&[(0, 1, "a")]), fix(&[(5, 6, "b"), (0, 1, "c")])], "a123456789é", 1);
    check(&[fix(&[(0, 4, "a"), (2, 3, "b")])], "0123456789é", 1);
    check(&[fix(&[(0, 1, "a"), (90, 91, "b")])], "0123456789é", 1);
    check(&[fix(&[(11, 12, "a")])], "0123456789é", 1);
}

#[test]
fn fixes_of_findings_remove_them() {
    let text =
        "apiVersion: maasc.dev/v1alpah1\nkind: Taem\nmetadata: {name: a}\nspec:\n  ownrs: [b]\n  costCenter: c\n";
    let mut sources = SourceMap::default();
    let mut text = text.to_owned();
    for _ in 0..2 {
        let file = sources.add("a.yaml", text.clone());
        let result = parse(file, &text, &Limits::DEFAULT);
        let fixes: Vec<Fix> = result.diagnostics.iter().flat_map(|finding| finding.fixes.clone()).collect();
        text = apply_fixes(&sources, &fixes).texts.remove(&file).unwrap();
    }
    assert_eq!(
        text,
        "apiVersion: maasc.dev/v1alpha1\nkind: Team\nmetadata: {name: a}\nspec:\n  owners: [b]\n  costCentre: c\n"
    );
}
