//! Layouts before and after; whatever comes out says the same and stays.

use proptest::prelude::*;

use super::{FormatError, format};
use crate::Limits;

fn check(text: &str, expected: &str) {
    let formatted = format(text, &Limits::DEFAULT);
    assert_eq!(formatted.as_deref(), Ok(expected), "of\n{text}");
    assert_eq!(format(expected, &Limits::DEFAULT).as_deref(), Ok(expected), "again");
}

#[test]
fn what_is_canonical_stays() {
    let text = include_str!("../parse/example.yaml");
    check(text, text);
    check("", "");
    check("# only a comment\n", "# only a comment\n");
}

#[test]
fn indentation_is_two_blanks_also_before_dashes() {
    check("a:\n    b:\n    - c: 1\n      d: 2\n    -   e\n", "a:\n  b:\n    - c: 1\n      d: 2\n    - e\n");
    check("a:\n- - 1\n  - 2\n- 3\n", "a:\n  - - 1\n    - 2\n  - 3\n");
    check("a:\n -\n    b: 1\n    c: 2\n -\td: 1\n", "a:\n  -\n    b: 1\n    c: 2\n  - d: 1\n");
    check("  a: 1\n  b:\n     c: 2\n", "a: 1\nb:\n  c: 2\n");
    check("a: &x\n   b: 1\nc: !!map\n   d: *x\n", "a: &x\n  b: 1\nc: !!map\n  d: *x\n");
}

#[test]
fn texts_of_several_lines_move_with_their_key() {
    check(
        "a:\n    b: |\n        x\n          y\n\n        z\n    c: 1\n",
        "a:\n  b: |\n    x\n      y\n\n    z\n  c: 1\n",
    );
    check(
        "a:\n    - >-\n          x\n    - |+\n      y\n\n\n    - z\n",
        "a:\n  - >-\n    x\n  - |+\n    y\n\n\n  - z\n",
    );
    check(
        "a:\n    b: \"x\n      y\n\n\n      z\"\n    c: p\n       q\n",
        "a:\n  b: \"x\n    y\n\n\n    z\"\n  c: p\n    q\n",
    );
    check("a:\n    b: |2\n          x\n        y\n", "a:\n  b: |2\n        x\n      y\n");
    check("a:\n   - 'x\n     y'\n   - b: 'x\n       y'\n", "a:\n  - 'x\n    y'\n  - b: 'x\n      y'\n");
    check("a: |\n  x  \n \nb: 1\n", "a: |\n  x  \n\nb: 1\n");
}

#[test]
fn brackets_are_tidied_and_their_lines_kept() {
    check("a: { b: [ 1 ,2,  3 ],\"c\":4 , }\n", "a: {b: [1, 2,  3], \"c\": 4,}\n");
    check("a: [ ]\nb: { }\n", "a: []\nb: {}\n");
    check(
        "a:\n    b: [\n     1, # one\n     [2,\n     3],\n     ]\n",
        "a:\n  b: [\n      1, # one\n      [2,\n        3],\n    ]\n",
    );
    check("rows:\n  x:  [allow, allow]\n  yy: [deny,  allow]\n", "rows:\n  x:  [allow, allow]\n  yy: [deny,  allow]\n");
    check("a: [b: 1, c: \"x, y\"]\n", "a: [b: 1, c: \"x, y\"]\n");
}

#[test]
fn comments_keep_every_byte_and_stand_with_what_they_speak_of() {
    check(
        "#  top \t\na:\n      # of b\n    b: 1   # right  \n    # end of a\n# of c\nc: 2\n",
        "#  top \t\na:\n  # of b\n  b: 1   # right  \n  # end of a\n# of c\nc: 2\n",
    );
    check("a: 1\n---  # next\n# x\nb: 2\n", "a: 1\n---  # next\n# x\nb: 2\n");
    check("a:\n    -   # first\n        b: 1\n    - c # second\n", "a:\n  - # first\n    b: 1\n  - c # second\n");
}

#[test]
fn blank_lines_and_line_ends_are_made_alike() {
    check("\u{feff}\n\na: 1\r\n\r\n\r\n\r\nb: 2  \r\n\r\n---\r\n\r\nc: 3", "a: 1\n\nb: 2\n---\nc: 3\n");
}

#[test]
fn broken_texts_are_left_alone() {
    for text in ["a: [1\n", "a: b: c\n", "a:\n\tb: 1\n", "a: \"x\n"] {
        assert_eq!(format(text, &Limits::DEFAULT), Err(FormatError::Broken), "{text}");
    }
}

/// YAML that people could write, with odd layouts.
fn documents() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("a: 1"),
        Just("b:"),
        Just("- c"),
        Just("- d: x"),
        Just("- - e"),
        Just("-"),
        Just("f: {g: [1 , 2 ], h: 3}"),
        Just("i: |"),
        Just("j: >-"),
        Just("text # of"),
        Just("# comment"),
        Just(""),
        Just("k: \"x"),
        Just("y\""),
        Just("l: [ 1,"),
        Just("2 ]"),
        Just("---"),
        Just("m: &n o"),
        Just("p: *n"),
        Just("? q"),
        Just(": r"),
        Just("s: 'é'"),
    ];
    prop::collection::vec((0_usize..6, line, prop_oneof![Just(""), Just("  "), Just(" # c")]), 0..12).prop_map(
        |lines| {
            let mut text = String::new();
            for (indent, line, end) in lines {
                text.push_str(&" ".repeat(indent));
                text.push_str(line);
                text.push_str(end);
                text.push('\n');
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_comes_out_stays(text in documents()) {
        if let Ok(formatted) = format(&text, &Limits::DEFAULT) {
            prop_assert_eq!(format(&formatted, &Limits::DEFAULT), Ok(formatted.clone()), "of {:?}", text);
            let comments = |text: &str| text.matches("# c").count();
            prop_assert_eq!(comments(&text), comments(&formatted));
        }
    }

    #[test]
    fn nothing_panics(text in "[ \\n\\t\\r:\\-\\[\\]{}#&*!|>'\",a-c?%@é\u{feff}\u{0}]{0,60}") {
        drop(format(&text, &Limits::DEFAULT));
    }
}
