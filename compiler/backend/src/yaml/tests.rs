//! Text that readers of YAML like to misread.

use std::collections::BTreeMap;

use super::to_yaml;

/// What some reader of YAML takes for something else than a string, or for markup.
const NASTY: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "Null",
    "true",
    "True",
    "yes",
    "Yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "0",
    "0755",
    "0o17",
    "0x1F",
    "1e3",
    "1.5",
    ".5",
    "1_000",
    "12:30:45",
    "190:20:30",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    ".inf",
    ".nan",
    "=",
    "<<",
    "*",
    "*a",
    "&a",
    "!",
    "!a",
    "%a",
    "@a",
    "`a",
    "?",
    "? a",
    "-",
    "- a",
    ":",
    "a: b",
    "a:b",
    "a :b",
    "#",
    "a #b",
    "a#b",
    "[",
    "]",
    "{",
    "}",
    "{}",
    "[a]",
    ",",
    "|",
    ">",
    "'",
    "\"",
    "'a'",
    "\"a\"",
    "\\",
    "\\n",
    "a\nb",
    "a\n",
    "\n",
    "\ta",
    "a\t",
    " a",
    "a ",
    "---",
    "...",
    "--- a",
    "\u{85}",
    "\u{2028}",
    "\u{feff}a",
    "é",
    "日本",
    "😀",
    "\u{0}",
    "\u{7}",
    "\u{7f}",
    "${HOME}",
    "{{ .Values }}",
    "a\r\nb",
];

#[test]
fn nasty_strings_come_back_as_values_and_as_keys() {
    for text in NASTY {
        let value = BTreeMap::from([("v", *text)]);
        let written = to_yaml(&value).unwrap();
        let read: BTreeMap<String, serde_yaml::Value> = serde_yaml::from_str(&written).unwrap();
        assert_eq!(read["v"], serde_yaml::Value::String((*text).to_owned()), "{written}");
        let key = BTreeMap::from([(*text, "v")]);
        let written = to_yaml(&key).unwrap();
        let read: serde_yaml::Mapping = serde_yaml::from_str(&written).unwrap();
        assert_eq!(read.keys().next(), Some(&serde_yaml::Value::String((*text).to_owned())), "{written}");
    }
}

#[test]
fn nasty_strings_are_written_like_this() {
    let written = to_yaml(&NASTY).unwrap();
    assert!(written.lines().all(|line| line.starts_with("- ")), "one line for each");
    insta::assert_snapshot!(written);
}

#[test]
fn long_text_stays_on_one_line() {
    let long = "word ".repeat(100);
    let written = to_yaml(&BTreeMap::from([("expression", long.trim())])).unwrap();
    assert_eq!(written.lines().count(), 1);
    assert!(written.ends_with('\n'));
}
