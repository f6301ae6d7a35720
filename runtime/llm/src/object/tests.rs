//! Tests of object.

use bytes::Bytes;

use super::{Object, ObjectError};

fn object(text: &str) -> Object {
    Object::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

#[test]
fn values_keep_their_bytes() {
    let object = object(r#" { "a" : 1.50 , "model":"x", "deep": {"n": [1,  2]} } "#);
    let written = object.with(&[("model", Some(b"\"y\"")), ("cap", Some(b"7"))]);
    assert_eq!(written, r#"{"a":1.50,"model":"y","deep":{"n": [1,  2]},"cap":7}"#);
}

#[test]
fn members_are_removed_wherever_they_stand() {
    for (text, expected) in [
        (r#"{"x":1,"b":2}"#, r#"{"b":2}"#),
        (r#"{"a":1,"x":2}"#, r#"{"a":1}"#),
        (r#"{"a":1,"x":2,"c":3}"#, r#"{"a":1,"c":3}"#),
        (r#"{"x":1}"#, "{}"),
        ("{}", "{}"),
    ] {
        assert_eq!(object(text).with(&[("x", None)]), expected);
    }
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let object = object(r#"{"mod\u0065l":"a"}"#);
    assert_eq!(object.get("model"), Some(&b"\"a\""[..]));
    assert_eq!(object.with(&[("x", Some(b"1"))]), r#"{"model":"a","x":1}"#);
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    for text in [r#"{"model":"a","model":"b"}"#, r#"{"model":"a","x":1,"mod\u0065l":"b"}"#] {
        let error = Object::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap_err();
        assert_eq!(error, ObjectError::Duplicate("model".into()));
    }
    let many: String = (0..100).map(|i| format!("\"k{}\":0,", i % 99)).collect();
    let text = format!("{{{many}\"z\":1}}");
    assert_eq!(Object::parse(Bytes::from(text)).unwrap_err(), ObjectError::Duplicate("k0".into()));
}

#[test]
fn what_is_no_object_is_refused() {
    for text in ["", "[]", "1", "{", "{}x", r#"{"a":}"#, r#"{"a":1,}"#, "\u{feff}{}", "{'a':1}"] {
        assert!(
            matches!(Object::parse(Bytes::copy_from_slice(text.as_bytes())), Err(ObjectError::Syntax(_))),
            "{text}"
        );
    }
    assert!(Object::parse(Bytes::from_static(b"{\"a\":\"\xff\"}")).is_err());
}

#[test]
fn null_counts_as_absent() {
    let object = object(r#"{"a":null,"b":0}"#);
    assert!(!object.has("a"));
    assert_eq!(object.read::<u64>("a").unwrap(), None);
    assert_eq!(object.read::<u64>("b").unwrap(), Some(0));
    assert!(object.read::<String>("b").is_err());
}
